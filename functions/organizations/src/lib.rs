//! Manages organizations and who belongs to them: `/organization/*`.

mod access;
mod delete;
mod info;
mod list;
mod members;
mod new;
mod show;
mod update;

use gateway::{ApiError, App, Reply, Request};
use http::Method;

/// Answers one route about organizations.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    let (app, req, caller) = (app, &req, &caller);
    match (&req.method, req.path.trim_end_matches('/')) {
        (&Method::POST, "/organization/new") => new::handle(app, req, caller).await,
        (&Method::PATCH, "/organization/update") => update::handle(app, req, caller).await,
        (&Method::DELETE, "/organization/delete") => delete::handle(app, req, caller).await,
        (&Method::GET, "/organization/list") => list::handle(app, req, caller).await,
        (&Method::GET, "/organization/info") => info::one(app, req, caller).await,
        (&Method::POST, "/organization/info") => info::several(app, req, caller).await,
        (&Method::POST, "/organization/member_add") => members::add::handle(app, req, caller).await,
        (&Method::PATCH, "/organization/member_update") => members::update::handle(app, req, caller).await,
        (&Method::DELETE, "/organization/member_delete") => members::delete::handle(app, req, caller).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}
