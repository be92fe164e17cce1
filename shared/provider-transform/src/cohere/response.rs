//! Cohere's whole answer.

use serde_json::{Value, json};

use crate::chat::response::{Answer, ChatResponse, Choice};
use crate::finish::finish_reason;
use crate::openai::error;
use crate::openai::response::{keep_native_reason, tool_call};
use crate::{Cx, Object, ProviderError, Usage};

pub(super) fn parse(cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
    let slug = cx.provider.slug;
    let unreadable = |message: &str| ProviderError::unreadable(slug, message);
    let fields: Object = serde_json::from_slice(body).map_err(|_| unreadable("the answer is no JSON object"))?;
    let Some(message) = fields.get("message").and_then(Value::as_object) else {
        let said = ["message", "error"].iter().any(|it| fields.get(*it).is_some_and(Value::is_string));
        return Err(if said { error::inline(slug, &fields) } else { unreadable("the answer has no message") });
    };
    let native = fields.get("finish_reason").and_then(Value::as_str).unwrap_or_default();
    let message = answer(cx, message).ok_or_else(|| unreadable("the answer has a call that is none"))?;
    let mut rest = Object::new();
    let reason = reason(native, !message.tool_calls.is_empty());
    if finish_reason(native) == "content_filter" {
        keep_native_reason(native, &mut rest);
    }
    let usage = fields.get("usage").and_then(usage);
    let response = ChatResponse {
        id: cx.response_id.into(),
        created: cx.now,
        model: cx.model.into(),
        object: "chat.completion".into(),
        choices: vec![Choice { index: 0, message, finish_reason: Some(reason.into()), rest }],
        usage: usage.as_ref().map(wire_usage),
        rest: Object::new(),
    };
    Ok((response, usage.unwrap_or_default()))
}

fn answer(cx: &Cx<'_>, message: &Object) -> Option<Answer> {
    let list = |name: &str| message.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let texts = |name: &'static str| list("content").iter().filter_map(move |it| it.get(name)?.as_str());
    let plan = message.get("tool_plan").and_then(Value::as_str);
    let thought: String = texts("thinking").chain(plan).collect();
    let text: String = texts("text").collect();
    let calls = list("tool_calls").iter().enumerate().map(|(at, it)| tool_call(cx, at, it.clone()));
    let tool_calls = calls.collect::<Option<Vec<_>>>()?;
    let annotations: Vec<Value> = list("citations").iter().flat_map(annotations).collect();
    let mut rest = Object::new();
    if !annotations.is_empty() {
        rest.insert("annotations".into(), annotations.into());
    }
    Some(Answer {
        role: "assistant".into(),
        content: Some(text).filter(|it| !it.is_empty() || tool_calls.is_empty()),
        reasoning_content: Some(thought).filter(|it| !it.is_empty()),
        tool_calls,
        rest,
    })
}

/// Calls decide over the provider's word; a plan without calls is an answer.
pub(super) fn reason(native: &str, has_calls: bool) -> &'static str {
    match finish_reason(native) {
        "stop" if has_calls => "tool_calls",
        "tool_calls" if !has_calls => "stop",
        reason => reason,
    }
}

/// A citation as OpenAI's annotations, one a source.
pub(super) fn annotations(citation: &Value) -> Vec<Value> {
    let position = |name: &str| citation.get(name).and_then(Value::as_u64).unwrap_or(0);
    let sources = citation.get("sources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let annotation = |source: &Value| {
        let text = |path: &str| source.pointer(path).and_then(Value::as_str);
        let id = text("/id").unwrap_or_default();
        let url = text("/document/url").map_or_else(|| format!("source:{id}"), str::to_owned);
        json!({"type": "url_citation", "url_citation": {
            "start_index": position("start"),
            "end_index": position("end"),
            "title": text("/document/title").unwrap_or_default(),
            "url": url,
        }})
    };
    sources.iter().map(annotation).collect()
}

/// `tokens` is what was read and written, `billed_units` leaves Cohere's own prompts out.
pub(super) fn usage(usage: &Value) -> Option<Usage> {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64);
    let prompt = count("/tokens/input_tokens").or_else(|| count("/billed_units/input_tokens"))?;
    let completion = count("/tokens/output_tokens").or_else(|| count("/billed_units/output_tokens"));
    Some(Usage {
        prompt_tokens: prompt,
        completion_tokens: completion.unwrap_or(0),
        cache_read_tokens: count("/cached_tokens").unwrap_or(0).min(prompt),
        ..Usage::default()
    })
}

pub(super) fn wire_usage(usage: &Usage) -> Object {
    let mut counts = json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens.saturating_add(usage.completion_tokens),
    });
    if usage.cache_read_tokens > 0 {
        counts["prompt_tokens_details"] = json!({"cached_tokens": usage.cache_read_tokens});
    }
    counts.as_object().cloned().unwrap_or_default()
}
