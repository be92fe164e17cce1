//! Manages virtual keys: `/key/*`.

mod access;
mod block;
mod delete;
mod errors;
mod generate;
mod info;
mod list;
mod regenerate;
mod update;

use gateway::{ApiError, App, Reply, Request};
use http::Method;

/// Answers one `/key` route.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    match (&req.method, req.path.trim_end_matches('/')) {
        (&Method::POST, "/key/generate") => generate::handle(app, &req, &caller).await,
        (&Method::GET, "/key/info") => info::handle(app, &req, &caller).await,
        (&Method::GET, "/key/list") => list::handle(app, &req, &caller).await,
        (&Method::POST, "/key/update") => update::handle(app, &req, &caller).await,
        (&Method::POST, "/key/delete") => delete::handle(app, &req, &caller).await,
        (&Method::POST, "/key/block") => block::handle(app, &req, &caller, true).await,
        (&Method::POST, "/key/unblock") => block::handle(app, &req, &caller, false).await,
        (&Method::POST, path) if path.ends_with("/regenerate") => regenerate::handle(app, &req, &caller).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}
