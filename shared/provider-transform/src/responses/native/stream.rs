//! A streamed answer handed on event by event; the open event is all that is kept.

use serde_json::{Value, json};

use crate::chat::chunk::DONE;
use crate::format::{Fault, FrameStream, Frames};
use crate::openai::error;
use crate::openai_responses::item;
use crate::responses::{Shown, object};
use crate::sse::{Decoder, Event, LineTooLong};
use crate::{Cx, Object, ProviderError, Usage};

pub(super) struct NativeStream {
    decoder: Decoder,
    state: State,
}

struct State {
    provider: &'static str,
    shown: Shown,
    /// The response as its first event told it, without output.
    begun: Object,
    /// The provider's id, and the one that callers see.
    id: Option<(String, String)>,
    next: u64,
    usage: Option<Usage>,
    is_done: bool,
}

/// Why decoding stopped.
enum Broken {
    Line(LineTooLong),
    Error(ProviderError),
}

impl From<LineTooLong> for Broken {
    fn from(it: LineTooLong) -> Self {
        Self::Line(it)
    }
}

impl NativeStream {
    pub(super) fn new(cx: &Cx<'_>, shown: Shown) -> Self {
        let state = State {
            provider: cx.provider.slug,
            shown,
            begun: Object::new(),
            id: None,
            next: 0,
            usage: None,
            is_done: false,
        };
        Self { decoder: Decoder::default(), state }
    }
}

impl FrameStream for NativeStream {
    fn push(&mut self, bytes: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, state } = self;
        let pushed = decoder.push(bytes, |event| state.event(&event, out).map_err(Broken::Error));
        pushed.or_else(|it| state.broken(it))
    }

    fn finish(&mut self, out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, state } = self;
        let ended = decoder.finish(|event| state.event(&event, out).map_err(Broken::Error));
        ended.or_else(|it| state.broken(it))?;
        if !state.is_done {
            return Err(ProviderError::cut(state.provider));
        }
        out.bytes.extend_from_slice(DONE);
        Ok(())
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        let state = &mut self.state;
        let error = object::failure(fault);
        let (name, event) = if state.begun.is_empty() {
            (
                "error",
                json!({"type": "error", "code": error["code"], "message": fault.message, "param": fault.param,
                "sequence_number": state.next}),
            )
        } else {
            let mut response = std::mem::take(&mut state.begun);
            response.insert("status".into(), "failed".into());
            response.insert("error".into(), error);
            let fields = json!({"type": "response.failed", "response": response, "sequence_number": state.next});
            ("response.failed", fields)
        };
        out.event(Some(name), &event);
        out.bytes.extend_from_slice(DONE);
    }

    fn usage(&self) -> Option<&Usage> {
        self.state.usage.as_ref()
    }
}

impl State {
    /// What breaks after the end is nobody's.
    fn broken(&self, broken: Broken) -> Result<(), ProviderError> {
        match broken {
            _ if self.is_done => Ok(()),
            Broken::Line(it) => Err(ProviderError::unreadable(self.provider, it.to_string())),
            Broken::Error(it) => Err(it),
        }
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Frames) -> Result<(), ProviderError> {
        let data = event.data.trim_ascii();
        if self.is_done || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let mut fields: Object = serde_json::from_slice(data)
            .map_err(|_| ProviderError::unreadable(self.provider, "an event is no JSON object"))?;
        let kind = item::text(&fields, "type").to_owned();
        if kind == "error" || (kind.is_empty() && fields.contains_key("error")) {
            return Err(error::inline(self.provider, &fields));
        }
        let is_start = matches!(kind.as_str(), "response.created" | "response.in_progress" | "response.queued");
        if let Some(Value::Object(response)) = fields.get_mut("response") {
            self.response(response, out);
            match kind.as_str() {
                "response.failed" => return Err(error::inline(self.provider, response)),
                "response.completed" | "response.incomplete" => self.is_done = true,
                _ if is_start && self.begun.is_empty() => self.begun = response.clone(),
                _ => {}
            }
        } else if matches!(kind.as_str(), "response.completed" | "response.incomplete" | "response.failed") {
            return Err(ProviderError::unreadable(self.provider, "the last event has no response"));
        } else {
            out.text_len += item::text(&fields, "delta").chars().count();
        }
        if let Some(number) = fields.get("sequence_number").and_then(Value::as_u64) {
            self.next = number.saturating_add(1);
        }
        out.has_content |= !is_start;
        out.event(Some(&kind).filter(|it| !it.is_empty()).map(String::as_str), &fields);
        Ok(())
    }

    /// Counts, and puts in what callers see.
    fn response(&mut self, response: &mut Object, out: &mut Frames) {
        if response.get("usage").is_some_and(Value::is_object) {
            self.usage = Some(item::counts(response).1);
        }
        let given = item::text(response, "id").to_owned();
        if self.id.as_ref().is_none_or(|(id, _)| *id != given) {
            self.id = Some((given.clone(), self.shown.id(&given)));
            out.id = Some(given);
        }
        if let Some((_, shown)) = &self.id {
            response.insert("id".into(), shown.as_str().into());
        }
        response.insert("model".into(), self.shown.model.as_str().into());
    }
}
