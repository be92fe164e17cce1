//! Answers Anthropic's messages API: `/v1/messages` and the count of tokens beside it.

mod body;
mod count;
mod create;

use gateway::{ApiError, App, Reply, Request, Shape};
use http::Method;

/// Answers one call. Every refusal is in Anthropic's shape.
///
/// # Errors
/// [`ApiError`] for every refusal, and for a failure before the first content.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    answer(app, &req).await.map_err(|error| error.shaped(Shape::Anthropic))
}

async fn answer(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, req).await?;
    match (&req.method, req.path.trim_end_matches('/')) {
        (&Method::POST, "/v1/messages/count_tokens") => count::handle(app, req, caller).await,
        (&Method::POST, "/v1/messages") => create::handle(app, req, caller).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}
