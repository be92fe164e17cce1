//! Counting a request's tokens ("Method: models.countTokens" of the Gemini API and of Vertex AI).

use bytes::Bytes;
use serde_json::{Value, json};

use crate::format::Counting;
use crate::{ChatRequest, Cx, Object, TransformError};

use super::{Service, request};

/// Asks Google AI Studio.
///
/// # Errors
/// As a request for an answer.
pub(crate) fn at_ai_studio(cx: &Cx<'_>, req: &ChatRequest) -> Result<Counting, TransformError> {
    let model = cx.model.strip_prefix("models/").unwrap_or(cx.model);
    ask(cx, Service::AiStudio, req, |mut body| {
        body.insert("model".into(), format!("models/{model}").into());
        json!({"generateContentRequest": body})
    })
}

/// Asks Vertex AI.
///
/// # Errors
/// As a request for an answer.
pub(crate) fn at_vertex_ai(cx: &Cx<'_>, req: &ChatRequest) -> Result<Counting, TransformError> {
    ask(cx, Service::VertexAi, req, |mut body| {
        let counted = ["contents", "generationConfig", "systemInstruction", "system_instruction", "tools"];
        body.retain(|name, _| counted.contains(&name.as_str()));
        Value::Object(body)
    })
}

fn ask(
    cx: &Cx<'_>,
    service: Service,
    req: &ChatRequest,
    question: impl FnOnce(Object) -> Value,
) -> Result<Counting, TransformError> {
    let mut whole = req.clone();
    whole.params.shift_remove("stream");
    let mut request = request::render(cx, service, &whole)?;
    let body = serde_json::from_slice(&request.body).unwrap_or_default();
    request.body = Bytes::from(question(body).to_string());
    if let Some(model) = request.url.strip_suffix(":generateContent") {
        request.url = format!("{model}:countTokens");
    }
    Ok(Counting { request, read })
}

fn read(answer: &[u8]) -> Option<u64> {
    serde_json::from_slice::<Object>(answer).ok()?.get("totalTokens")?.as_u64()
}
