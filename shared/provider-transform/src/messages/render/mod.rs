//! The hub's answers in the shape of the messages API.

mod blocks;
mod calls;
mod whole;

use serde_json::{Value, json};

use crate::format::{Fault, Frames, Renderer, View, Whole};
use crate::{ChatChunk, ChatResponse, Object, Usage};

use super::fault::error_object;
use super::names::Names;
use blocks::Blocks;

/// Writes one answer.
pub(super) struct MessagesRenderer {
    model: String,
    prompt_tokens: u64,
    blocks: Blocks,
    finish: Option<String>,
    refusal: String,
    written: usize,
    has_begun: bool,
}

impl MessagesRenderer {
    pub(super) fn new(view: &View<'_>, names: Names) -> Self {
        Self {
            model: view.model.to_owned(),
            prompt_tokens: view.prompt_tokens,
            blocks: Blocks::new(names),
            finish: None,
            refusal: String::new(),
            written: 0,
            has_begun: false,
        }
    }

    fn begin(&mut self, id: &str, out: &mut Frames) {
        if self.has_begun {
            return;
        }
        self.has_begun = true;
        let counts = [
            ("input_tokens", self.prompt_tokens),
            ("output_tokens", 0),
            ("cache_creation_input_tokens", 0),
            ("cache_read_input_tokens", 0),
        ];
        let usage: Object = counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect();
        let message = json!({
            "id": message_id(id),
            "type": "message",
            "role": "assistant",
            "content": [],
            "model": self.model,
            "stop_reason": null,
            "stop_sequence": null,
            "usage": usage,
        });
        send(out, "message_start", &json!({"type": "message_start", "message": message}));
    }
}

impl Renderer for MessagesRenderer {
    fn whole(&mut self, response: ChatResponse, usage: Option<&Usage>) -> Whole {
        whole::render(response, usage, &self.model, self.prompt_tokens, self.blocks.names())
    }

    fn chunk(&mut self, mut chunk: ChatChunk, out: &mut Frames) {
        self.written += chunk.text_len();
        self.begin(&chunk.id, out);
        // The messages API has one answer.
        let Some(choice) = chunk.choices.drain(..).find(|it| it.index == 0) else { return };
        if let Some(refusal) = choice.delta.rest.get("refusal").and_then(Value::as_str) {
            self.refusal.push_str(refusal);
        }
        self.blocks.delta(choice.delta, out);
        if choice.finish_reason.is_some() {
            self.blocks.close(out);
            self.finish = choice.finish_reason;
        }
    }

    fn end(&mut self, usage: Option<&Usage>, out: &mut Frames) {
        self.begin("", out);
        self.blocks.close(out);
        let (reason, details) = stop(self.finish.as_deref(), &self.refusal);
        let mut delta = json!({"stop_reason": reason, "stop_sequence": null});
        if let Some(details) = details.filter(|_| !self.refusal.is_empty()) {
            delta["stop_details"] = details;
        }
        let estimated = Usage::estimated(self.prompt_tokens, self.written);
        let usage = counts(usage.unwrap_or(&estimated));
        send(out, "message_delta", &json!({"type": "message_delta", "delta": delta, "usage": usage}));
        send(out, "message_stop", &json!({"type": "message_stop"}));
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        send(out, "error", &error_object(fault));
    }
}

/// One event; its name is its type.
fn send(out: &mut Frames, name: &str, data: &Value) {
    out.event(Some(name), data);
}

/// A message's id of an answer's.
fn message_id(id: &str) -> String {
    let bare = ["chatcmpl-", "resp_", "msg_"].iter().find_map(|it| id.strip_prefix(it)).unwrap_or(id);
    format!("msg_{bare}")
}

/// Anthropic's reason to stop, and what it says of a refusal ("Handling stop reasons").
fn stop(finish: Option<&str>, refusal: &str) -> (&'static str, Option<Value>) {
    let reason = match finish.unwrap_or_default() {
        "content_filter" => "refusal",
        _ if !refusal.is_empty() => "refusal",
        "length" => "max_tokens",
        "tool_calls" | "function_call" => "tool_use",
        _ => "end_turn",
    };
    let explanation = (!refusal.is_empty()).then_some(refusal);
    let details = json!({"type": "refusal", "category": null, "explanation": explanation});
    (reason, (reason == "refusal").then_some(details))
}

/// Counts in Anthropic's meaning: `input_tokens` leaves out what was read from or written to a cache.
fn counts(usage: &Usage) -> Value {
    let written = usage.cache_write_5m_tokens.saturating_add(usage.cache_write_1h_tokens);
    let cached = written.saturating_add(usage.cache_read_tokens);
    let mut counts = json!({
        "input_tokens": usage.prompt_tokens.saturating_sub(cached),
        "output_tokens": usage.completion_tokens,
    });
    let parts = [("cache_creation_input_tokens", written), ("cache_read_input_tokens", usage.cache_read_tokens)];
    for (name, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
        counts[name] = count.into();
    }
    counts
}
