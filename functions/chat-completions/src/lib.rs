//! Answers `/v1/chat/completions`, the older `/v1/completions`, and their other spellings.

use gateway::chat::{Asked, Extras, Route, serve};
use gateway::{ApiError, App, Caller, Reply, Request, Shape};
use provider_transform::completions::CompletionsFormat;
use provider_transform::openai::format::ChatFormat;
use provider_transform::{ChatRequest, Object};

const CHAT: Route = Route { call_type: "acompletion", shape: Shape::OpenAi };
const TEXT: Route = Route { call_type: "atext_completion", shape: Shape::OpenAi };

/// Answers one completion of a chat or of a text.
///
/// # Errors
/// [`ApiError`] for every refusal, and for a failure before the first content.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    let is_chat = req.path.trim_end_matches('/').ends_with("/chat/completions");
    let route = if is_chat { CHAT } else { TEXT };
    let read = |body| std::future::ready(parse(app, &caller, &req, body, is_chat));
    serve(app, &req, &caller, route, read).await
}

/// Reads the body; a model in the path wins over the body's.
fn parse(app: &App, caller: &Caller, req: &Request, mut body: Object, is_chat: bool) -> Result<Asked, ApiError> {
    if let Some(model) = req.path_param("model") {
        body.insert("model".to_owned(), model.into());
    }
    let extras = Extras::take(app, caller, &mut body, req)?;
    if !is_chat {
        let format = CompletionsFormat::from_object(body).map_err(gateway::transform_error)?;
        return Ok(Asked::new(format, extras));
    }
    let chat = ChatRequest::from_object(body).map_err(gateway::transform_error)?;
    Ok(Asked::new(ChatFormat::new(chat).with_betas(req.header("anthropic-beta")), extras))
}
