//! Answers `/v1/chat/completions` and its other spellings.

use gateway::chat::{ChatCall, Extras};
use gateway::{ApiError, App, Reply, Request};
use provider_transform::ChatRequest;
use provider_transform::openai::format::ChatFormat;

/// LiteLLM's name of this operation in spend rows.
const CALL_TYPE: &str = "acompletion";

/// Answers one chat completion.
///
/// # Errors
/// [`ApiError`] for every refusal, and for a failure before the first content.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    match parse(app, &req) {
        Ok((chat, extras)) => {
            let format = Box::new(ChatFormat::new(chat).with_betas(req.header("anthropic-beta")));
            gateway::chat::chat(app, ChatCall::new(&req, format, extras, caller, CALL_TYPE)).await
        }
        Err(error) => {
            gateway::chat::account_refusal(app, &req, &caller, CALL_TYPE, &error);
            Err(error)
        }
    }
}

/// Reads the body; a model in the path wins over the body's.
fn parse(app: &App, req: &Request) -> Result<(ChatRequest, Extras), ApiError> {
    let mut body = gateway::json_object(app, req)?;
    if let Some(model) = req.path_param("model") {
        body.insert("model".to_owned(), model.into());
    }
    let extras = Extras::take(&mut body, req)?;
    let chat = ChatRequest::from_object(body).map_err(gateway::transform_error)?;
    Ok((chat, extras))
}
