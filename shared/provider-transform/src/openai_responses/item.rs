//! What an answer and its events have in common: output items, the reason to stop, and the counts.

use serde_json::{Value, json};

use crate::finish::finish_reason;
use crate::{Object, Usage};

/// A string field, empty when absent.
pub(crate) fn text<'a>(fields: &'a Object, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A list of objects, empty when absent.
pub(crate) fn objects<'a>(fields: &'a Object, name: &str) -> impl Iterator<Item = &'a Object> {
    fields.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// Whether an item is a call that the client is to answer.
pub(crate) fn is_call(item: &Object) -> bool {
    matches!(text(item, "type"), "function_call" | "custom_tool_call")
}

/// Arguments of a call; a custom tool has plain text instead.
pub(crate) fn arguments(call: &Object) -> &str {
    text(call, if text(call, "type") == "custom_tool_call" { "input" } else { "arguments" })
}

/// Whether an item is the provider's own doing, such as a search, which chat has no place for.
pub(crate) fn is_hosted(item: &Object) -> bool {
    !is_call(item) && !matches!(text(item, "type"), "message" | "reasoning" | "image_generation_call" | "")
}

/// What a reasoning item says: its summaries, else the reasoning itself.
pub(crate) fn thought(item: &Object) -> String {
    let join = |name: &str| {
        let texts: Vec<&str> = objects(item, name).map(|it| text(it, "text")).collect();
        texts.join("\n\n")
    };
    Some(join("summary")).filter(|it| !it.is_empty()).unwrap_or_else(|| join("content"))
}

/// A reasoning item as it can be sent back.
pub(crate) fn kept_reasoning(item: &Object) -> Value {
    let kept = item.iter().filter(|(name, value)| !value.is_null() && *name != "status");
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Sealed reasoning as a thinking block with a signature, if there is any.
pub(crate) fn sealed(item: &Object, thought: &str) -> Option<Value> {
    let seal = Some(text(item, "encrypted_content")).filter(|it| !it.is_empty())?;
    Some(json!({"type": "thinking", "thinking": thought, "signature": seal}))
}

/// A citation with chat's inner object ("Create chat completion", annotations).
pub(crate) fn annotation(given: &Value) -> Value {
    match given.as_object() {
        Some(fields) if text(fields, "type") == "url_citation" && !fields.contains_key("url_citation") => {
            let mut inner = fields.clone();
            inner.shift_remove("type");
            json!({"type": "url_citation", "url_citation": inner})
        }
        _ => given.clone(),
    }
}

/// A generated image as chat answers carry it.
pub(crate) fn image(item: &Object) -> Option<Value> {
    let data = Some(text(item, "result")).filter(|it| !it.is_empty())?;
    let format = Some(text(item, "output_format")).filter(|it| !it.is_empty()).unwrap_or("png");
    Some(json!({"type": "image_url", "image_url": {"url": format!("data:image/{format};base64,{data}")}}))
}

/// Why an answer ended: calls to make come before everything but a cut.
pub(crate) fn reason(response: &Object, has_calls: bool) -> &'static str {
    let cut = response.get("incomplete_details").and_then(|it| it.get("reason")).and_then(Value::as_str);
    match cut {
        Some("max_output_tokens") => "length",
        Some(other) => finish_reason(other),
        None if has_calls => "tool_calls",
        None => "stop",
    }
}

/// Counts in chat's words, and as they are billed.
pub(crate) fn counts(response: &Object) -> (Option<Object>, Usage) {
    let Some(wire) = response.get("usage").and_then(Value::as_object) else { return (None, Usage::default()) };
    let Some(mut usage) = Usage::from_openai(wire) else { return (None, Usage::default()) };
    usage.service_tier = Some(text(response, "service_tier")).filter(|it| !it.is_empty()).map(str::to_owned);
    usage.web_search_requests =
        objects(response, "output").filter(|it| text(it, "type") == "web_search_call").count() as u64;
    let renamed = wire.iter().map(|(name, value)| {
        let name = match name.as_str() {
            "input_tokens" => "prompt_tokens",
            "output_tokens" => "completion_tokens",
            "input_tokens_details" => "prompt_tokens_details",
            "output_tokens_details" => "completion_tokens_details",
            other => other,
        };
        (name.to_owned(), value.clone())
    });
    let mut counted: Object = renamed.collect();
    let total = usage.prompt_tokens.saturating_add(usage.completion_tokens);
    counted.entry("total_tokens").or_insert_with(|| total.into());
    (Some(counted), usage)
}
