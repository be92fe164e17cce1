//! Says whether the gateway, its store and its models work.

mod probe;

use gateway::{ApiError, App, Reply, Request};
use http::StatusCode;
use serde_json::json;

/// Answers one health route.
///
/// # Errors
/// [`ApiError`] for a caller who may not ask.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    match req.path.trim_end_matches('/') {
        "" => Ok(Reply::json(StatusCode::OK, &json!({"name": "sluice", "version": env!("CARGO_PKG_VERSION")}))),
        "/health/liveliness" | "/health/liveness" => Ok(Reply::json(StatusCode::OK, &"I'm alive!")),
        "/health/readiness" => Ok(readiness(app).await),
        "/health" => probe::all(app, &req, &caller).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}

/// Ready means that keys can be read; models may still be down.
async fn readiness(app: &App) -> Reply {
    let reachable = app.store.find::<policy::key::Key>("readiness").await;
    let (status, word, db) = match &reachable {
        Ok(_) => (StatusCode::OK, "healthy", "connected"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", "Not connected"),
    };
    let body = json!({"status": word, "db": db, "litellm_version": env!("CARGO_PKG_VERSION")});
    Reply::json(status, &body)
}
