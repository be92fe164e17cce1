//! Answers `/v1/responses`, its other spellings, and what is beneath it.

mod cancel;
mod create;
mod delete;
mod get;
mod input_items;
mod kept;

use gateway::{ApiError, App, Reply, Request};
use http::Method;

/// Answers a request, or reads, deletes or cancels an answer that was stored.
///
/// # Errors
/// [`ApiError`] for every refusal, and for a failure before the first content.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    let last = req.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    match (&req.method, req.path_param("id"), last) {
        (&Method::POST, None, "compact") => create::handle(app, &req, caller, create::Operation::Compaction).await,
        (&Method::POST, None, _) => create::handle(app, &req, caller, create::Operation::Answer).await,
        (&Method::GET, Some(id), "input_items") => input_items::handle(app, &req, &caller, id).await,
        (&Method::GET, Some(id), _) => get::handle(app, &req, &caller, id).await,
        (&Method::POST, Some(id), "cancel") => cancel::handle(app, &caller, id).await,
        (&Method::DELETE, Some(id), _) => delete::handle(app, &caller, id).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}
