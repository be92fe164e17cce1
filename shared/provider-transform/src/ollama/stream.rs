//! Ollama's stream: one JSON object a line.

use crate::chat::chunk::{ChatChunk, Delta, FunctionDelta, ToolCallDelta};
use crate::ndjson::Lines;
use crate::openai::error;
use crate::sse::LineTooLong;
use crate::{ChatStream, Cx, Object, ProviderError, Usage};

use super::response::{reason, said, tool_call, usage, wire_usage};

pub(super) struct Stream {
    lines: Lines,
    state: State,
}

struct State {
    provider: &'static str,
    model: String,
    response_id: String,
    now: u64,
    has_begun: bool,
    calls: usize,
    is_done: bool,
    usage: Option<Usage>,
}

/// Either error a line can end in.
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
        Self { lines: Lines::default(), state }
    }
}

impl ChatStream for Stream {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { lines, state } = self;
        let pushed = lines.push(bytes, |line| state.line(line, out).map_err(Failure));
        pushed.map_err(|it| ProviderError { provider: state.provider, ..it.0 })
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { lines, state } = self;
        lines.finish(|line| state.line(line, out))?;
        if state.is_done { Ok(()) } else { Err(ProviderError::cut(state.provider)) }
    }

    fn usage(&self) -> Option<&Usage> {
        self.state.usage.as_ref()
    }
}

impl State {
    fn line(&mut self, line: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        if self.is_done {
            return Ok(());
        }
        let unreadable = |message: &str| ProviderError::unreadable(self.provider, message);
        let fields: Object = serde_json::from_slice(line).map_err(|_| unreadable("a line is no JSON object"))?;
        if fields.get("error").is_some_and(|it| !it.is_null()) {
            return Err(error::inline(self.provider, &fields));
        }
        let said = said(&fields).ok_or_else(|| unreadable("a line has no message"))?;
        let text = |it: &str| Some(it.to_owned()).filter(|it| !it.is_empty());
        let mut delta =
            Delta { content: text(said.text), reasoning_content: said.thought.and_then(text), ..Delta::default() };
        for call in said.calls {
            let call = tool_call(&self.response_id, self.calls, call);
            let function = FunctionDelta {
                name: Some(call.function.name),
                arguments: Some(call.function.arguments),
                rest: Object::new(),
            };
            let (index, kind) = (self.calls as u64, Some(call.kind));
            delta.tool_calls.push(ToolCallDelta { index, id: Some(call.id), kind, function, rest: Object::new() });
            self.calls += 1;
        }
        if delta.has_content() {
            delta.role = (!self.has_begun).then(|| "assistant".into());
            self.has_begun = true;
            out.push(self.chunk().with_delta(delta));
        }
        if fields.get("done") == Some(&true.into()) {
            self.is_done = true;
            self.usage = usage(&fields);
            out.push(self.chunk().with_finish(reason(&fields, self.calls > 0)));
            out.extend(self.usage.as_ref().map(|it| self.chunk().with_usage(wire_usage(it))));
        }
        Ok(())
    }

    fn chunk(&self) -> ChatChunk {
        ChatChunk::new(&self.response_id, self.now, &self.model)
    }
}
