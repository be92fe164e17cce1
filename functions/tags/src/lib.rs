//! Manages tags: `/tag/*`. Who may is in policy's table of routes: admins, viewers what only reads, and users the list
//! of what their own calls carried.

mod change;
mod list;

use gateway::{ApiError, App, Reply, Request};
use http::Method;
use policy::entity::Tag;
use store::{StoreError, Stored};

/// Answers one `/tag` route.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    match (&req.method, req.path.trim_end_matches('/')) {
        (&Method::POST, "/tag/new") => change::new(app, &req, &caller).await,
        (&Method::POST, "/tag/update") => change::update(app, &req, &caller).await,
        (&Method::POST, "/tag/delete") => change::delete(app, &req).await,
        (&Method::POST, "/tag/info") => list::info(app, &req).await,
        (&Method::GET, "/tag/list") => list::handle(app, &req, &caller).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}

fn stored(error: StoreError) -> ApiError {
    ApiError::stored(error, "Tag", "name")
}

async fn find(app: &App, name: &str) -> Result<Stored<Tag>, ApiError> {
    app.store.find(name).await.map_err(stored)?.ok_or_else(|| missing(&[name], "name"))
}

fn missing(names: &[&str], field: &str) -> ApiError {
    let message = format!("Tags not found: {}", names.join(", "));
    ApiError::new(http::StatusCode::NOT_FOUND, "not_found", message).param(field)
}
