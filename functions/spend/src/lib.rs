//! Reports spend: `/spend/*` and `/global/spend*`.

mod calculate;
mod global;
mod logs;
mod query;
mod report;
mod row;

use gateway::{ApiError, App, Reply, Request};
use http::Method;

/// Answers one route about spend.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    match (&req.method, req.path.trim_end_matches('/')) {
        (&Method::GET, "/spend/logs") => logs::handle(app, &req, &caller).await,
        (&Method::POST, "/spend/calculate") => calculate::handle(app, &req),
        (&Method::GET, "/global/spend") => global::handle(app).await,
        (&Method::GET, "/global/spend/report") => report::handle(app, &req).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}
