//! Answers `/v1/chat/completions`, the older `/v1/completions`, and their other spellings.

use gateway::chat::{ChatCall, Extras};
use gateway::{ApiError, App, Reply, Request};
use provider_transform::completions::CompletionsFormat;
use provider_transform::openai::format::ChatFormat;
use provider_transform::{ChatRequest, Format};

/// LiteLLM's names of the operations in spend rows.
const CHAT: &str = "acompletion";
const TEXT: &str = "atext_completion";

/// Answers one completion of a chat or of a text.
///
/// # Errors
/// [`ApiError`] for every refusal, and for a failure before the first content.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    let is_chat = req.path.trim_end_matches('/').ends_with("/chat/completions");
    let call_type = if is_chat { CHAT } else { TEXT };
    match parse(app, &req, is_chat) {
        Ok((format, extras)) => gateway::chat::chat(app, ChatCall::new(&req, format, extras, caller, call_type)).await,
        Err(error) => {
            gateway::chat::account_refusal(app, &req, &caller, call_type, &error);
            Err(error)
        }
    }
}

/// Reads the body; a model in the path wins over the body's.
fn parse(app: &App, req: &Request, is_chat: bool) -> Result<(Box<dyn Format>, Extras), ApiError> {
    let mut body = gateway::json_object(app, req)?;
    if let Some(model) = req.path_param("model") {
        body.insert("model".to_owned(), model.into());
    }
    let extras = Extras::take(&mut body, req)?;
    if !is_chat {
        let format = CompletionsFormat::from_object(body).map_err(gateway::transform_error)?;
        return Ok((Box::new(format), extras));
    }
    let chat = ChatRequest::from_object(body).map_err(gateway::transform_error)?;
    Ok((Box::new(ChatFormat::new(chat).with_betas(req.header("anthropic-beta"))), extras))
}
