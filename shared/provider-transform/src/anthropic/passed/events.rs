//! A streamed answer as it came ("Streaming messages"): events are handed on, usage and the end are watched.

mod aws;
mod sent;

use serde::Deserialize;
use serde_json::Value;

use crate::anthropic::answer::Event;
use crate::anthropic::error;
use crate::anthropic::usage::{Counts, Thought};
use crate::format::Frames;
use crate::{Object, ProviderError, Usage};

pub(super) use aws::Aws;
pub(super) use sent::ServerSent;

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Speaking,
    /// The reason to stop has come.
    Whole,
    Over,
}

/// What is known of the answer that passes.
pub(super) struct Passing {
    provider: &'static str,
    model: String,
    phase: Phase,
    counts: Counts,
    usage: Option<Usage>,
    thinking_chars: u64,
}

impl Passing {
    pub(super) fn new(provider: &'static str, model: String) -> Self {
        let (counts, usage) = (Counts::default(), None);
        Self { provider, model, phase: Phase::Speaking, counts, usage, thinking_chars: 0 }
    }

    /// Hands one event on; after the end only signs of life are. Errors when it tells of a failure or cannot be read.
    fn event(&mut self, name: &str, data: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let read = self.read(name, data, out);
        read.or_else(|it| self.broken(it))
    }

    fn read(&mut self, name: &str, data: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        // What is skipped in reading is handed on all the same, and has to be text.
        let text = std::str::from_utf8(data).map_err(|_| self.unreadable("an event is no text"))?;
        let event: Event<'_> = serde_json::from_str(text).map_err(|_| self.unreadable("an event cannot be read"))?;
        if self.phase == Phase::Over && event.kind != "ping" {
            return Ok(());
        }
        match &*event.kind {
            "message_start" => return self.start(data, out),
            "content_block_start" => {
                let kind = event.content_block.as_ref().and_then(|it| it.get("type")).and_then(Value::as_str);
                out.has_content |= !matches!(kind, Some("text" | "thinking") | None);
            }
            "content_block_delta" => self.delta(&event, out),
            "message_delta" => {
                if event.delta.as_ref().is_some_and(|it| it.stop_reason.is_some()) {
                    self.phase = Phase::Whole;
                }
                self.count(event.usage);
            }
            "message_stop" => self.phase = Phase::Over,
            "error" => {
                let failure = event.error.ok_or_else(|| self.unreadable("an error event without its error"))?;
                return Err(error::typed(self.provider, None, failure));
            }
            _ => {}
        }
        let name = if name.is_empty() { &*event.kind } else { name };
        pass(name, data, out);
        Ok(())
    }

    /// The provider closed the stream.
    fn finish(&mut self, out: &mut Frames) -> Result<(), ProviderError> {
        match self.phase {
            Phase::Over => Ok(()),
            Phase::Whole => {
                self.phase = Phase::Over;
                pass("message_stop", br#"{"type":"message_stop"}"#, out);
                Ok(())
            }
            Phase::Speaking => Err(ProviderError::cut(self.provider)),
        }
    }

    fn start(&mut self, data: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let mut event: Object = serde_json::from_slice(data).map_err(|_| self.unreadable("an event cannot be read"))?;
        let Some(message) = event.get_mut("message").and_then(Value::as_object_mut) else {
            return Err(self.unreadable("a start without its message"));
        };
        message.insert("model".into(), self.model.as_str().into());
        out.id = message.get("id").and_then(Value::as_str).map(str::to_owned).or(out.id.take());
        let counts = message.get("usage").and_then(|it| Counts::deserialize(it).ok());
        self.count(counts.map(Counts::of_prompt));
        out.event(Some("message_start"), &event);
        Ok(())
    }

    fn delta(&mut self, event: &Event<'_>, out: &mut Frames) {
        let Some(delta) = &event.delta else { return };
        let chars = |it: &Option<std::borrow::Cow<'_, str>>| it.as_deref().map_or(0, |it| it.chars().count());
        let thought = chars(&delta.thinking);
        let written = chars(&delta.text) + chars(&delta.partial_json) + thought;
        self.thinking_chars += thought as u64;
        out.text_len += written;
        out.has_content |= written > 0;
    }

    fn count(&mut self, counts: Option<Counts>) {
        let Some(counts) = counts else { return };
        self.counts.update(counts);
        let thought = if self.thinking_chars == 0 { Thought::None } else { Thought::Chars(self.thinking_chars) };
        self.usage = Some(self.counts.usage(thought));
    }

    /// What breaks after the end is nobody's.
    fn broken(&self, error: ProviderError) -> Result<(), ProviderError> {
        if self.phase == Phase::Over { Ok(()) } else { Err(error) }
    }

    fn unreadable(&self, message: &str) -> ProviderError {
        ProviderError::unreadable(self.provider, message)
    }
}

/// Writes an event as it came; data of several lines is written anew.
fn pass(name: &str, data: &[u8], out: &mut Frames) {
    if memchr::memchr2(b'\n', b'\r', data).is_none() {
        out.raw_event(Some(name), data);
    } else if let Ok(data) = serde_json::from_slice::<Value>(data) {
        out.event(Some(name), &data);
    }
}
