//! Counting a request's tokens ("Method: models.countTokens" of the Gemini API and of Vertex AI).

use bytes::Bytes;
use serde_json::{Value, json};

use crate::format::Counting;
use crate::{ChatRequest, Cx, Object, ProviderRequest, TransformError};

use super::request;
use super::wire::snake;
use crate::provider::GoogleService;

/// Fields of a request that Vertex AI counts.
const COUNTED: [&str; 4] = ["contents", "generation_config", "system_instruction", "tools"];

/// Asks Google AI Studio.
///
/// # Errors
/// As a request for an answer.
pub(crate) fn at_ai_studio(cx: &Cx<'_>, req: &ChatRequest) -> Result<Counting, TransformError> {
    ask(cx, GoogleService::AiStudio, req)
}

/// Asks Vertex AI.
///
/// # Errors
/// As a request for an answer.
pub(crate) fn at_vertex_ai(cx: &Cx<'_>, req: &ChatRequest) -> Result<Counting, TransformError> {
    ask(cx, GoogleService::VertexAi, req)
}

fn ask(cx: &Cx<'_>, service: GoogleService, req: &ChatRequest) -> Result<Counting, TransformError> {
    let mut whole = req.clone();
    whole.params.shift_remove("stream");
    Ok(asking(cx, service, request::render(cx, service, &whole)?))
}

/// The question about a request for a whole answer.
pub(super) fn asking(cx: &Cx<'_>, service: GoogleService, mut request: ProviderRequest) -> Counting {
    let mut body: Object = serde_json::from_slice(&request.body).unwrap_or_default();
    let question = match service {
        GoogleService::AiStudio => {
            let model = cx.model.strip_prefix("models/").unwrap_or(cx.model);
            body.insert("model".into(), format!("models/{model}").into());
            json!({"generateContentRequest": body})
        }
        GoogleService::VertexAi => {
            body.retain(|name, _| COUNTED.contains(&&*snake(name)));
            Value::Object(body)
        }
    };
    request.body = Bytes::from(question.to_string());
    if let Some(model) = request.url.strip_suffix(":generateContent") {
        request.url = format!("{model}:countTokens");
    }
    Counting { request, read }
}

fn read(answer: &[u8]) -> Option<u64> {
    serde_json::from_slice::<Object>(answer).ok()?.get("totalTokens")?.as_u64()
}
