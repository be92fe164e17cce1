//! Manages teams, who belongs to them, and their projects: `/team/*`, `/project/*`.

mod access;
mod available;
mod block;
mod callback;
mod delete;
mod deleted;
mod info;
mod list;
mod members;
mod models;
mod new;
mod page;
mod permissions;
mod projects;
mod show;
mod update;

use gateway::{ApiError, App, Reply, Request};
use http::Method;

/// Answers one route about teams or projects.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    let (app, req, caller) = (app, &req, &caller);
    match (&req.method, req.path.trim_end_matches('/')) {
        (&Method::POST, "/team/new") => new::handle(app, req, caller).await,
        (&Method::POST, "/team/update") => update::handle(app, req, caller).await,
        (&Method::POST, "/team/delete") => delete::handle(app, req, caller).await,
        (&Method::POST, "/team/block") => block::handle(app, req, caller, true).await,
        (&Method::POST, "/team/unblock") => block::handle(app, req, caller, false).await,
        (&Method::GET, "/team/info") => info::handle(app, req, caller).await,
        (&Method::GET, "/team/list") => list::handle(app, req, caller).await,
        (&Method::GET, "/v2/team/list") => page::handle(app, req, caller).await,
        (&Method::GET, "/team/available") => available::handle(app, caller).await,
        (&Method::POST, "/team/model/add") => models::handle(app, req, caller, models::Change::Add).await,
        (&Method::POST, "/team/model/delete") => models::handle(app, req, caller, models::Change::Delete).await,
        (&Method::GET, "/team/permissions_list") => permissions::list(app, req, caller).await,
        (&Method::POST, "/team/permissions_update") => permissions::update(app, req, caller).await,
        (&Method::POST, "/team/member_add") => members::add::one(app, req, caller).await,
        (&Method::POST, "/team/bulk_member_add") => members::bulk::handle(app, req, caller).await,
        (&Method::POST, "/team/member_update") => members::update::handle(app, req, caller).await,
        (&Method::POST, "/team/member_delete") => members::delete::handle(app, req, caller).await,
        (&Method::POST, "/project/new") => projects::new::handle(app, req, caller).await,
        (&Method::POST, "/project/update") => projects::update::handle(app, req, caller).await,
        (&Method::DELETE, "/project/delete") => projects::delete::handle(app, req, caller).await,
        (&Method::GET, "/project/info") => projects::info::handle(app, req, caller).await,
        (&Method::GET, "/project/list") => projects::list::handle(app, caller).await,
        (&Method::POST, path) if path.ends_with("/reset_spend") => members::reset::spend(app, req, caller).await,
        (&Method::POST, path) if path.ends_with("/reset_budget") => members::reset::budget(app, req, caller).await,
        (&Method::GET, path) if path.ends_with("/members/me") => members::me::handle(app, req, caller).await,
        (_, path) if path.contains("/callback") => callback::handle(app, req, caller, "callback").await,
        (&Method::POST, path) if path.ends_with("/disable_logging") => {
            callback::handle(app, req, caller, "disable_logging").await
        }
        (&Method::PATCH, _) => update::patch(app, req, caller).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}
