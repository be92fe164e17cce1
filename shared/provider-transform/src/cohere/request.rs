//! A chat request as Cohere takes it: OpenAI's messages and tools, other names for parameters.

use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use crate::openai::{address, compat, messages};
use crate::rules::{self, Prepared};
use crate::{ChatRequest, Cx, ProviderRequest, TransformError};

/// Before models that LiteLLM sends to Cohere's first API, which the second serves too ("Migrating From API v1 to
/// API v2").
const V1_PREFIX: &str = "v1/";

pub(super) fn render(cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
    let quirks = &cx.provider.quirks;
    let mut prepared = rules::prepare(cx, req, &|it| quirks.takes(it, cx.model, &cx.info).unwrap_or(false))?;
    choose_tool(&mut prepared)?;
    compat::adapt(cx, &mut prepared)?;
    if let Some(stop) = prepared.params.get_mut("stop_sequences").filter(|it| it.is_string()) {
        *stop = json!([stop.take()]);
    }
    messages::strip_tool_marks(&mut prepared.params);
    let adapted = messages::adapt(&prepared.messages, quirks);
    let messages = adapted.as_deref().unwrap_or(&prepared.messages);
    let model = cx.model.strip_prefix(V1_PREFIX).unwrap_or(cx.model);
    let mut body = json!({"model": model, "messages": messages});
    if let Some(body) = body.as_object_mut() {
        body.extend(std::mem::take(&mut prepared.params));
        body.extend(std::mem::take(&mut prepared.extra_body));
    }
    let mut headers = prepared.headers;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(ProviderRequest {
        method: Method::POST,
        url: url(cx)?,
        headers,
        body: body.to_string().into(),
        auth: cx.provider.auth.clone(),
        dropped: prepared.dropped,
    })
}

fn url(cx: &Cx<'_>) -> Result<String, TransformError> {
    let base = address::base(cx)?;
    if base.ends_with("/chat") {
        return Ok(base.into());
    }
    let base = ["/v1", "/v2"].iter().find_map(|it| base.strip_suffix(it)).unwrap_or(base);
    Ok(format!("{base}/v2/chat"))
}

/// Cohere can be told to call some tool or none; a named one is called when it is the only one that is offered
/// ("Chat API v2", `tool_choice`).
fn choose_tool(prepared: &mut Prepared<'_>) -> Result<(), TransformError> {
    let Some(choice) = prepared.params.shift_remove("tool_choice") else { return Ok(()) };
    let name = choice.pointer("/function/name").and_then(Value::as_str);
    let word = match (choice.as_str(), name) {
        (Some("auto"), _) => return Ok(()),
        (Some("none"), _) => "NONE",
        (Some("required"), _) => "REQUIRED",
        (_, Some(name)) => {
            let is_it = |it: &Value| it.pointer("/function/name").and_then(Value::as_str) == Some(name);
            if let Some(tools) = prepared.params.get_mut("tools").and_then(Value::as_array_mut) {
                tools.retain(is_it);
            }
            "REQUIRED"
        }
        _ => return prepared.reject("tool_choice"),
    };
    prepared.params.insert("tool_choice".into(), word.into());
    Ok(())
}
