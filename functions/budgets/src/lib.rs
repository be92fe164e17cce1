//! Manages named budgets: `/budget/*`. Who may is in policy's table of routes: admins, and viewers what only reads.

mod change;
mod delete;
mod show;

use gateway::{ApiError, App, Reply, Request};
use http::Method;
use policy::entity::Budget;
use store::{StoreError, Stored};

/// Answers one `/budget` route.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    match (&req.method, req.path.trim_end_matches('/')) {
        (&Method::POST, "/budget/new") => change::new(app, &req, &caller).await,
        (&Method::POST, "/budget/update") => change::update(app, &req, &caller).await,
        (&Method::POST, "/budget/delete") => delete::handle(app, &req).await,
        (&Method::POST, "/budget/info") => show::info(app, &req).await,
        (&Method::GET, "/budget/settings") => show::settings(app, &req).await,
        (&Method::GET, "/budget/list") => show::list(app).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}

fn stored(error: StoreError) -> ApiError {
    ApiError::stored(error, "Budget", "budget_id")
}

async fn find(app: &App, id: &str) -> Result<Stored<Budget>, ApiError> {
    let found = app.store.find(id).await.map_err(stored)?;
    found.ok_or_else(|| ApiError::missing("Budget", "budget_id"))
}
