//! The Response object of an answer that came through the hub.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{Fault, Object, Usage};

/// What an answer repeats of its request.
#[derive(Clone)]
pub(super) struct Echo(pub(super) Arc<Object>);

/// What all objects of one answer say.
pub(super) struct Head<'a> {
    pub(super) id: &'a str,
    pub(super) created: u64,
    pub(super) model: &'a str,
}

/// How an answer ended.
pub(super) struct End<'a> {
    pub(super) status: &'a str,
    /// Why it is incomplete.
    pub(super) cut: Option<&'a str>,
    pub(super) error: Value,
    pub(super) output: Vec<Value>,
    pub(super) usage: Value,
}

impl Echo {
    fn get(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or_default()
    }

    fn or(&self, name: &str, default: Value) -> Value {
        match self.get(name) {
            Value::Null => default,
            given => given,
        }
    }

    /// An answer that has begun, with the API's defaults.
    pub(super) fn begun(&self, head: &Head<'_>) -> Value {
        json!({
            "id": head.id,
            "object": "response",
            "created_at": head.created,
            "status": "in_progress",
            "error": null,
            "incomplete_details": null,
            "instructions": self.get("instructions"),
            "max_output_tokens": null,
            "metadata": self.or("metadata", json!({})),
            "model": head.model,
            "output": [],
            "parallel_tool_calls": true,
            "previous_response_id": null,
            "reasoning": {"effort": null, "summary": null},
            "store": true,
            "temperature": self.get("temperature"),
            "text": self.or("text", json!({})),
            "tool_choice": self.or("tool_choice", "auto".into()),
            "tools": self.or("tools", json!([])),
            "top_p": self.or("top_p", json!(1.0)),
            "truncation": self.get("truncation"),
            "usage": null,
            "user": self.get("user"),
        })
    }

    /// An answer that has ended.
    pub(super) fn ended(&self, head: &Head<'_>, end: End<'_>) -> Value {
        let incomplete_details = end.cut.map_or(Value::Null, |reason| json!({"reason": reason}));
        json!({
            "id": head.id,
            "object": "response",
            "created_at": head.created,
            "status": end.status,
            "error": end.error,
            "incomplete_details": incomplete_details,
            "instructions": self.get("instructions"),
            "max_output_tokens": self.get("max_output_tokens"),
            "metadata": self.or("metadata", json!({})),
            "model": head.model,
            "output": end.output,
            "parallel_tool_calls": self.or("parallel_tool_calls", false.into()),
            "previous_response_id": self.get("previous_response_id"),
            "reasoning": self.get("reasoning"),
            "store": self.get("store"),
            "temperature": self.get("temperature"),
            "text": self.or("text", json!({})),
            "tool_choice": self.or("tool_choice", "auto".into()),
            "tools": self.or("tools", json!([])),
            "top_p": self.get("top_p"),
            "truncation": self.get("truncation"),
            "usage": end.usage,
            "user": self.get("user"),
        })
    }
}

/// A failure as a response tells it, in the API's own codes ("The response object", error).
pub(super) fn failure(fault: &Fault) -> Value {
    let code = match fault.status {
        429 => "rate_limit_exceeded",
        400..=499 => "invalid_prompt",
        _ => "server_error",
    };
    json!({"code": code, "message": fault.message})
}

/// Counts in this API's words: from chat's where the provider gave them, else as they are billed; null when nobody
/// counted.
pub(super) fn usage(chat: Option<&Object>, billed: Option<&Usage>) -> Value {
    match (chat, billed) {
        (Some(chat), _) => renamed(chat),
        (None, Some(billed)) => counted(billed),
        (None, None) => Value::Null,
    }
}

/// Counts as they are billed.
pub(super) fn counted(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cache_read_tokens},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.prompt_tokens.saturating_add(usage.completion_tokens),
    })
}

fn renamed(chat: &Object) -> Value {
    let count = |name: &str| chat.get(name).and_then(Value::as_u64).unwrap_or(0);
    let none = Object::new();
    let details = |name: &str| chat.get(name).and_then(Value::as_object).unwrap_or(&none);
    let (read, written) = (details("prompt_tokens_details"), details("completion_tokens_details"));
    let mut input = Object::new();
    input.insert("cached_tokens".into(), read.get("cached_tokens").and_then(Value::as_u64).unwrap_or(0).into());
    copy(read, &["audio_tokens", "image_tokens", "text_tokens", "video_tokens", "web_search_requests"], &mut input);
    let cached = ["cache_write_tokens", "cache_creation_tokens"].map(|it| read.get(it).and_then(Value::as_u64));
    if let Some(cached) = cached.into_iter().flatten().max() {
        input.insert("cache_write_tokens".into(), cached.into());
    }
    let mut output = Object::new();
    output
        .insert("reasoning_tokens".into(), written.get("reasoning_tokens").and_then(Value::as_u64).unwrap_or(0).into());
    copy(written, &["audio_tokens", "image_tokens", "text_tokens"], &mut output);
    let total = chat.get("total_tokens").and_then(Value::as_u64);
    let sum = count("prompt_tokens").saturating_add(count("completion_tokens"));
    json!({
        "input_tokens": count("prompt_tokens"),
        "input_tokens_details": input,
        "output_tokens": count("completion_tokens"),
        "output_tokens_details": output,
        "total_tokens": total.unwrap_or(sum),
    })
}

fn copy(from: &Object, names: &[&str], to: &mut Object) {
    for name in names {
        if let Some(value) = from.get(*name).filter(|it| !it.is_null()) {
            to.insert((*name).to_owned(), value.clone());
        }
    }
}
