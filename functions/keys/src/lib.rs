//! Manages virtual keys: `/key/*` and `/team/key/bulk_update`, and the tokens that stand for them: `/jwt/key/mapping/*`.

mod access;
mod aliases;
mod around;
mod block;
mod bulk_update;
mod delete;
mod deleted;
mod generate;
mod health;
mod info;
mod list;
mod mapping;
mod regenerate;
mod reset_spend;
mod show;
mod team_bulk_update;
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
        (&Method::POST, "/key/generate") => Box::pin(generate::handle(app, &req, &caller)).await,
        (&Method::POST, "/key/service-account/generate") => {
            Box::pin(generate::service_account(app, &req, &caller)).await
        }
        (&Method::GET, "/key/info") => Box::pin(info::handle(app, &req, &caller)).await,
        (&Method::POST, "/v2/key/info") => Box::pin(info::several(app, &req, &caller)).await,
        (&Method::GET, "/key/list") => Box::pin(list::handle(app, &req, &caller)).await,
        (&Method::GET, "/key/aliases") => Box::pin(aliases::handle(app, &req, &caller)).await,
        (&Method::POST, "/key/health") => health::handle(app, &caller),
        (&Method::POST, "/key/update") => Box::pin(update::handle(app, &req, &caller)).await,
        (&Method::POST, "/key/bulk_update") => Box::pin(bulk_update::handle(app, &req, &caller)).await,
        (&Method::POST, "/team/key/bulk_update") => Box::pin(team_bulk_update::handle(app, &req, &caller)).await,
        (&Method::POST, "/key/delete") => Box::pin(delete::handle(app, &req, &caller)).await,
        (&Method::POST, "/key/block") => Box::pin(block::handle(app, &req, &caller, true)).await,
        (&Method::POST, "/key/unblock") => Box::pin(block::handle(app, &req, &caller, false)).await,
        (_, path) if path.starts_with("/jwt/key/mapping/") => Box::pin(mapping::handle(app, &req, &caller)).await,
        (&Method::POST, path) if path.ends_with("/regenerate") => {
            Box::pin(regenerate::handle(app, &req, &caller)).await
        }
        (&Method::POST, path) if path.ends_with("/reset_spend") => {
            Box::pin(reset_spend::handle(app, &req, &caller)).await
        }
        _ => Err(ApiError::not_found("Not Found")),
    }
}
