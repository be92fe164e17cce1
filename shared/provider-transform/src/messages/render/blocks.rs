//! The blocks of a streamed answer ("Streaming messages"): one is open at a time, and each is closed before the next.

use serde_json::{Value, json};

use crate::chat::chunk::Delta;
use crate::format::Frames;
use crate::messages::names::Names;

use super::calls::{Calls, Step};
use super::send;

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Text,
    Thinking,
    Call,
}

/// Writes blocks.
pub(super) struct Blocks {
    names: Names,
    open: Open,
    /// Number of the open block, or of the next.
    index: u64,
    calls: Calls,
}

impl Blocks {
    pub(super) fn new(names: Names) -> Self {
        Self { names, open: Open::Nothing, index: 0, calls: Calls::default() }
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// What is new in the answer.
    pub(super) fn delta(&mut self, mut delta: Delta, out: &mut Frames) {
        self.think(&delta, out);
        let refusal = delta.rest.shift_remove("refusal");
        let words = delta.content.into_iter().chain(refusal.and_then(|it| it.as_str().map(str::to_owned)));
        for text in words.filter(|it| !it.is_empty()) {
            self.enter(Open::Text, &json!({"type": "text", "text": ""}), out);
            self.grow(&json!({"type": "text_delta", "text": text}), out);
        }
        for call in delta.tool_calls {
            let steps = self.calls.take(call);
            self.call(steps, out);
        }
    }

    /// Closes what is open, and says the calls that waited for it.
    pub(super) fn close(&mut self, out: &mut Frames) {
        let steps = self.calls.finish();
        self.call(steps, out);
        self.leave(out);
    }

    fn think(&mut self, delta: &Delta, out: &mut Frames) {
        let blocks = delta.rest.get("thinking_blocks").and_then(Value::as_array);
        let Some(blocks) = blocks.filter(|it| !it.is_empty()) else {
            self.thought(delta.reasoning_content.as_deref().unwrap_or_default(), "", out);
            return;
        };
        for block in blocks {
            let text = |name: &str| block[name].as_str().unwrap_or_default();
            if text("type") == "redacted_thinking" {
                self.leave_for_other(out);
                self.start(&json!({"type": "redacted_thinking", "data": text("data")}), out);
                self.stop(out);
            } else {
                self.thought(text("thinking"), text("signature"), out);
            }
        }
    }

    /// A signature ends a block of thinking: what is thought after it is another.
    fn thought(&mut self, text: &str, signature: &str, out: &mut Frames) {
        if text.is_empty() && signature.is_empty() {
            return;
        }
        self.enter(Open::Thinking, &json!({"type": "thinking", "thinking": "", "signature": ""}), out);
        if !text.is_empty() {
            self.grow(&json!({"type": "thinking_delta", "thinking": text}), out);
        }
        if !signature.is_empty() {
            self.grow(&json!({"type": "signature_delta", "signature": signature}), out);
            self.leave(out);
        }
    }

    fn call(&mut self, steps: Vec<Step>, out: &mut Frames) {
        for step in steps {
            match step {
                Step::Open { id, name } => {
                    self.leave(out);
                    let name = self.names.original(&name);
                    let block = json!({"type": "tool_use", "id": id, "name": name, "input": {}});
                    self.open = Open::Call;
                    self.start(&block, out);
                }
                Step::Grow(piece) => self.grow(&json!({"type": "input_json_delta", "partial_json": piece}), out),
            }
        }
    }

    fn enter(&mut self, kind: Open, block: &Value, out: &mut Frames) {
        if self.open != kind {
            self.leave_for_other(out);
            self.open = kind;
            self.start(block, out);
        }
    }

    /// Calls that waited come before what follows them.
    fn leave_for_other(&mut self, out: &mut Frames) {
        if self.open == Open::Call {
            self.close(out);
        } else {
            self.leave(out);
        }
    }

    fn leave(&mut self, out: &mut Frames) {
        if self.open != Open::Nothing {
            self.open = Open::Nothing;
            self.stop(out);
        }
    }

    fn start(&self, block: &Value, out: &mut Frames) {
        let event = json!({"type": "content_block_start", "index": self.index, "content_block": block});
        send(out, "content_block_start", &event);
    }

    fn grow(&self, delta: &Value, out: &mut Frames) {
        let event = json!({"type": "content_block_delta", "index": self.index, "delta": delta});
        send(out, "content_block_delta", &event);
    }

    fn stop(&mut self, out: &mut Frames) {
        send(out, "content_block_stop", &json!({"type": "content_block_stop", "index": self.index}));
        self.index += 1;
    }
}
