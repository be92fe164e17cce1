//! Answers Google's generateContent: `/v1beta/models/<model>:generateContent`, `:streamGenerateContent`, `:countTokens`.

mod count;
mod generate;

use gateway::{ApiError, App, Reply, Request, Shape};

use generate::Delivery;

/// Answers one call. Every refusal is in Google's shape.
///
/// # Errors
/// [`ApiError`] for every refusal, and for a failure before the first content.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    answer(app, &req).await.map_err(|error| error.shaped(Shape::Google))
}

async fn answer(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, req).await?;
    // A model's name may hold slashes and colons; the method is behind the last of them.
    let (model, method) = req.path_param("id").and_then(|it| it.rsplit_once(':')).unwrap_or_default();
    match method {
        _ if model.is_empty() => Err(ApiError::not_found("Not Found")),
        "generateContent" => generate::handle(app, req, caller, model, Delivery::Whole).await,
        "streamGenerateContent" => generate::handle(app, req, caller, model, Delivery::Stream).await,
        "countTokens" => count::handle(app, req, caller, model).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}
