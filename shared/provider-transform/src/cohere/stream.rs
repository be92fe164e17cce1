//! Cohere's stream ("Streaming Responses"): one event in, chunks out.

use serde_json::Value;

use crate::chat::chunk::{ChatChunk, Delta, FunctionDelta, ToolCallDelta};
use crate::openai::error;
use crate::recognise::recognise;
use crate::sse::{Decoder, Event, LineTooLong};
use crate::{ChatStream, Cx, Object, ProviderError, Usage};

use super::response::{annotations, reason, usage, wire_usage};

pub(super) struct Stream {
    decoder: Decoder,
    state: State,
}

struct State {
    provider: &'static str,
    model: String,
    response_id: String,
    now: u64,
    has_begun: bool,
    /// Calls begun so far; Cohere numbers them with the answer's other parts.
    calls: u64,
    is_done: bool,
    usage: Option<Usage>,
}

/// Either error an event can end in.
struct Failure(ProviderError);

impl From<LineTooLong> for Failure {
    fn from(it: LineTooLong) -> Self {
        Self(ProviderError::unreadable("", it.to_string()))
    }
}

impl Stream {
    pub(super) fn new(cx: &Cx<'_>) -> Self {
        let state = State {
            provider: cx.provider.slug,
            model: cx.model.into(),
            response_id: cx.response_id.into(),
            now: cx.now,
            has_begun: false,
            calls: 0,
            is_done: false,
            usage: None,
        };
        Self { decoder: Decoder::default(), state }
    }
}

impl ChatStream for Stream {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, state } = self;
        let pushed = decoder.push(bytes, |event| state.event(&event, out).map_err(Failure));
        pushed.map_err(|it| ProviderError { provider: state.provider, ..it.0 })
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, state } = self;
        let finished = decoder.finish(|event| state.event(&event, out).map_err(Failure));
        finished.map_err(|it| ProviderError { provider: state.provider, ..it.0 })?;
        if state.is_done { Ok(()) } else { Err(ProviderError::cut(state.provider)) }
    }

    fn usage(&self) -> Option<&Usage> {
        self.state.usage.as_ref()
    }
}

impl State {
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let data = event.data.trim_ascii();
        if self.is_done || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let unreadable = |message: &str| ProviderError::unreadable(self.provider, message);
        let fields: Object = serde_json::from_slice(data).map_err(|_| unreadable("an event is no JSON object"))?;
        let delta = fields.get("delta").unwrap_or(&Value::Null);
        let message = delta.get("message").unwrap_or(&Value::Null);
        let text = |path: &str| message.pointer(path).and_then(Value::as_str).filter(|it| !it.is_empty());
        let owned = |path: &str| text(path).map(str::to_owned);
        match fields.get("type").and_then(Value::as_str).unwrap_or(event.name) {
            "content-start" | "content-delta" => {
                let (content, thought) = (owned("/content/text"), owned("/content/thinking"));
                self.say(Delta { content, reasoning_content: thought, ..Delta::default() }, out);
            }
            "tool-plan-delta" => {
                self.say(Delta { reasoning_content: owned("/tool_plan"), ..Delta::default() }, out);
            }
            "tool-call-start" => {
                self.calls += 1;
                self.call(text("/tool_calls/id"), text("/tool_calls/function/name"), message, out);
            }
            "tool-call-delta" => self.call(None, None, message, out),
            "citation-start" => {
                let cited = message.get("citations").map(annotations).unwrap_or_default();
                if !cited.is_empty() {
                    let mut rest = Object::new();
                    rest.insert("annotations".into(), cited.into());
                    self.say(Delta { rest, ..Delta::default() }, out);
                }
            }
            "message-end" => return self.end(delta, out),
            "error" => return Err(error::inline(self.provider, &fields)),
            _ => {}
        }
        Ok(())
    }

    fn call(&mut self, id: Option<&str>, name: Option<&str>, message: &Value, out: &mut Vec<ChatChunk>) {
        let arguments = message.pointer("/tool_calls/function/arguments").and_then(Value::as_str).unwrap_or_default();
        if self.calls == 0 || (id.is_none() && arguments.is_empty()) {
            return;
        }
        let call = ToolCallDelta {
            index: self.calls - 1,
            id: id.map(str::to_owned),
            kind: Some("function".into()),
            function: FunctionDelta {
                name: name.map(str::to_owned),
                arguments: Some(arguments.into()),
                rest: Object::new(),
            },
            rest: Object::new(),
        };
        self.say(Delta { tool_calls: vec![call], ..Delta::default() }, out);
    }

    fn say(&mut self, mut delta: Delta, out: &mut Vec<ChatChunk>) {
        if delta.has_content() {
            delta.role = (!self.has_begun).then(|| "assistant".into());
            self.has_begun = true;
            out.push(self.chunk().with_delta(delta));
        }
    }

    fn end(&mut self, delta: &Value, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let native = delta.get("finish_reason").and_then(Value::as_str).unwrap_or_default();
        if let Some(said) = delta.get("error").and_then(Value::as_str) {
            let (class, status) = recognise(None, said);
            return Err(ProviderError::new(self.provider, class, status, said));
        }
        self.is_done = true;
        self.usage = delta.get("usage").and_then(usage);
        out.push(self.chunk().with_finish(reason(native, self.calls > 0)));
        out.extend(self.usage.as_ref().map(|it| self.chunk().with_usage(wire_usage(it))));
        Ok(())
    }

    fn chunk(&self) -> ChatChunk {
        ChatChunk::new(&self.response_id, self.now, &self.model)
    }
}
