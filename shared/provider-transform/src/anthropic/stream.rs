//! A streamed answer as chat completion chunks ("Streaming messages").

mod block;

use serde_json::Value;

use crate::chat::chunk::Delta as Said;
use crate::finish::finish_reason;
use crate::sse::{Decoder, LineTooLong};
use crate::{ChatChunk, ChatStream, Cx, Object, ProviderError, Usage};

use super::answer::{Delta, Event};
use super::error;
use super::usage::{Counts, Thought};
use block::{Block, Calls};

/// Decodes one stream; keeps the open block's state and the counts, nothing that has been handed on.
pub(super) struct Stream {
    decoder: Decoder,
    answer: State,
}

struct State {
    provider: &'static str,
    id: String,
    created: u64,
    model: String,
    phase: Phase,
    spoke: bool,
    block: Option<Block>,
    calls: Calls,
    thinking_chars: u64,
    stop_reason: Option<String>,
    container: Option<Value>,
    counts: Counts,
    usage: Option<Usage>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Before `message_start`.
    Waiting,
    /// Blocks come.
    Speaking,
    /// After a `message_delta` with a stop reason: the answer is whole.
    Whole,
    /// The last chunk is out.
    Over,
}

/// Why decoding stopped.
enum Broken {
    Line(LineTooLong),
    Error(ProviderError),
}

impl Stream {
    pub(super) fn new(cx: &Cx<'_>) -> Self {
        let answer = State {
            provider: cx.provider.slug,
            id: cx.response_id.to_owned(),
            created: cx.now,
            model: cx.model.to_owned(),
            phase: Phase::Waiting,
            spoke: false,
            block: None,
            calls: Calls::default(),
            thinking_chars: 0,
            stop_reason: None,
            container: None,
            counts: Counts::default(),
            usage: None,
        };
        Self { decoder: Decoder::default(), answer }
    }
}

impl ChatStream for Stream {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, answer } = self;
        let pushed = decoder.push(bytes, |event| answer.event(event.data, out).map_err(Broken::Error));
        pushed.map_err(|it| it.typed(answer.provider))
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, answer } = self;
        let ended = decoder.finish(|event| answer.event(event.data, out).map_err(Broken::Error));
        ended.map_err(|it| it.typed(answer.provider))?;
        match answer.phase {
            Phase::Waiting | Phase::Speaking => Err(ProviderError::cut(answer.provider)),
            Phase::Whole => {
                answer.end(out);
                Ok(())
            }
            Phase::Over => Ok(()),
        }
    }

    fn usage(&self) -> Option<&Usage> {
        self.answer.usage.as_ref()
    }
}

impl State {
    fn event(&mut self, data: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        if self.phase == Phase::Over || data.trim_ascii() == b"[DONE]" {
            return Ok(());
        }
        let event: Event<'_> = serde_json::from_slice(data).map_err(|_| self.unreadable("an event cannot be read"))?;
        match &*event.kind {
            "message_start" => {
                self.phase = Phase::Speaking;
                self.count(event.message.and_then(|it| it.usage).map(Counts::of_prompt));
            }
            "content_block_start" => {
                self.expect_speaking()?;
                self.close_block(out);
                let raw = event.content_block.ok_or_else(|| self.unreadable("a block start without its block"))?;
                let (block, said) = Block::open(raw, &mut self.calls);
                self.block = Some(block);
                self.say_all(said, out);
            }
            "content_block_delta" => {
                self.expect_speaking()?;
                self.delta(event.delta.unwrap_or_default(), out)?;
            }
            "content_block_stop" => {
                self.expect_speaking()?;
                self.close_block(out);
            }
            "message_delta" => {
                self.expect_speaking()?;
                self.close_block(out);
                self.message_delta(event.delta.unwrap_or_default());
                self.count(event.usage);
            }
            "message_stop" => {
                self.expect_speaking()?;
                self.close_block(out);
                self.end(out);
            }
            "error" => {
                let failure = event.error.ok_or_else(|| self.unreadable("an error event without its error"))?;
                return Err(error::typed(self.provider, None, failure));
            }
            // "New event types may be added", and `ping`.
            _ => {}
        }
        Ok(())
    }

    fn delta(&mut self, delta: Delta<'_>, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Some(block) = self.block.as_mut() else {
            return Err(self.unreadable("a delta outside of a block"));
        };
        if let Some(said) = block.delta(delta) {
            self.say(said, out);
        }
        Ok(())
    }

    fn message_delta(&mut self, delta: Delta<'_>) {
        if let Some(reason) = delta.stop_reason {
            self.stop_reason = Some(reason.into_owned());
            self.phase = Phase::Whole;
        }
        if delta.container.is_some() {
            self.container = delta.container;
        }
    }

    fn close_block(&mut self, out: &mut Vec<ChatChunk>) {
        if let Some(said) = self.block.take().and_then(|it| it.close(&mut self.calls)) {
            self.say(said, out);
        }
    }

    fn end(&mut self, out: &mut Vec<ChatChunk>) {
        self.phase = Phase::Over;
        let finish = finish_reason(self.stop_reason.as_deref().unwrap_or_default());
        let finish = if finish == "tool_calls" && self.calls.is_json_only() { "stop" } else { finish };
        let mut last = self.chunk().with_finish(finish);
        if let (Some(container), Some(choice)) = (self.container.take(), last.choices.first_mut()) {
            let mut fields = Object::new();
            fields.insert("container".into(), container);
            choice.delta.rest.insert("provider_specific_fields".into(), Value::Object(fields));
        }
        out.push(last);
        let thought = self.thought();
        let usage = self.counts.usage(thought);
        out.push(self.chunk().with_usage(self.counts.wire(&usage, thought)));
        self.usage = Some(usage);
    }

    fn say_all(&mut self, said: Vec<Said>, out: &mut Vec<ChatChunk>) {
        for said in said {
            self.say(said, out);
        }
    }

    fn say(&mut self, mut said: Said, out: &mut Vec<ChatChunk>) {
        if let Some(thinking) = &said.reasoning_content {
            self.thinking_chars += thinking.chars().count() as u64;
        }
        if !self.spoke {
            self.spoke = true;
            said.role = Some("assistant".into());
        }
        out.push(self.chunk().with_delta(said));
    }

    fn count(&mut self, counts: Option<Counts>) {
        if let Some(counts) = counts {
            self.counts.update(counts);
            self.usage = Some(self.counts.usage(self.thought()));
        }
    }

    fn thought(&self) -> Thought {
        if self.thinking_chars == 0 { Thought::None } else { Thought::Chars(self.thinking_chars) }
    }

    fn chunk(&self) -> ChatChunk {
        ChatChunk::new(&self.id, self.created, &self.model)
    }

    fn expect_speaking(&self) -> Result<(), ProviderError> {
        if self.phase == Phase::Waiting {
            return Err(self.unreadable("an event before `message_start`"));
        }
        Ok(())
    }

    fn unreadable(&self, message: &str) -> ProviderError {
        ProviderError::unreadable(self.provider, message)
    }
}

impl From<LineTooLong> for Broken {
    fn from(it: LineTooLong) -> Self {
        Self::Line(it)
    }
}

impl Broken {
    fn typed(self, provider: &'static str) -> ProviderError {
        match self {
            Self::Line(it) => ProviderError::unreadable(provider, it.to_string()),
            Self::Error(it) => it,
        }
    }
}
