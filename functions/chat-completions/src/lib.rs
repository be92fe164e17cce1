//! Answers `/v1/chat/completions` and its other spellings.

mod format;
#[cfg(test)]
mod tests;

use gateway::chat::{ChatCall, Extras};
use gateway::{ApiError, App, Reply, Request};
use provider_transform::ChatRequest;

use format::OpenAi;

/// Answers one chat completion.
///
/// # Errors
/// [`ApiError`] for every refusal, and for a failure before the first content.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    let mut chat = parse(&req)?;
    let extras = Extras::take(&mut chat, &req)?;
    let call = ChatCall::new(&req, chat, extras, caller, "acompletion");
    gateway::chat::chat(app, call, OpenAi::default()).await
}

/// Reads the body; a model in the path wins over the body's.
fn parse(req: &Request) -> Result<ChatRequest, ApiError> {
    let mut body = gateway::json_object(req)?;
    if let Some(model) = req.path_param("model") {
        body.insert("model".to_owned(), model.into());
    }
    ChatRequest::from_object(body).map_err(gateway::transform_error)
}
