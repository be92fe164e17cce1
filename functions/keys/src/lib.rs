//! Manages virtual keys: `/key/*`, and the tokens that stand for them: `/jwt/key/mapping/*`.

mod access;
mod aliases;
mod around;
mod block;
mod bulk_update;
mod delete;
mod generate;
mod health;
mod info;
mod list;
mod mapping;
mod regenerate;
mod reset_spend;
mod show;
mod update;
mod views;

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
        (&Method::POST, "/key/service-account/generate") => generate::service_account(app, &req, &caller).await,
        (&Method::GET, "/key/info") => info::handle(app, &req, &caller).await,
        (&Method::POST, "/v2/key/info") => info::several(app, &req, &caller).await,
        (&Method::GET, "/key/list") => list::handle(app, &req, &caller).await,
        (&Method::GET, "/key/aliases") => aliases::handle(app, &req, &caller).await,
        (&Method::POST, "/key/health") => health::handle(app, &caller),
        (&Method::POST, "/key/update") => update::handle(app, &req, &caller).await,
        (&Method::POST, "/key/bulk_update") => bulk_update::handle(app, &req, &caller).await,
        (&Method::POST, "/key/delete") => delete::handle(app, &req, &caller).await,
        (&Method::POST, "/key/block") => block::handle(app, &req, &caller, true).await,
        (&Method::POST, "/key/unblock") => block::handle(app, &req, &caller, false).await,
        (_, path) if path.starts_with("/jwt/key/mapping/") => mapping::handle(app, &req, &caller).await,
        (&Method::POST, path) if path.ends_with("/regenerate") => regenerate::handle(app, &req, &caller).await,
        (&Method::POST, path) if path.ends_with("/reset_spend") => reset_spend::handle(app, &req, &caller).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}
