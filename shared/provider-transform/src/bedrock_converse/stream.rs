//! A streamed answer as chat completion chunks ("ConverseStream").

mod block;
mod event;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::anthropic::usage::Thought;
use crate::chat::chunk::Delta as Said;
use crate::event_stream::{Decoder, Kind, Malformed, Message};
use crate::finish::finish_reason;
use crate::{ChatChunk, ChatStream, Cx, ErrorClass, ProviderError, Usage, bedrock};

use block::{Block, Calls};
use event::{BlockDelta, BlockStart, Metadata, Stop};

/// Decodes one stream.
pub(super) struct Stream {
    decoder: Decoder,
    events: Events,
}

/// Reads the events of one answer; keeps the open block's state and the counts, nothing that has been handed on.
pub(crate) struct Events {
    provider: &'static str,
    id: String,
    created: u64,
    model: String,
    phase: Phase,
    spoke: bool,
    block: Option<Block>,
    calls: Calls,
    thinking_chars: u64,
    has_thought: bool,
    thinking_tokens: Option<u64>,
    stop_reason: Option<String>,
    usage: Option<Usage>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Before the first event.
    Waiting,
    /// Blocks come.
    Speaking,
    /// After `messageStop`: the answer is whole, its counts may follow.
    Whole,
    /// The last chunk is out.
    Over,
}

/// Why decoding stopped.
enum Broken {
    Bytes(Malformed),
    Error(ProviderError),
}

impl Stream {
    pub(super) fn new(cx: &Cx<'_>) -> Self {
        Self { decoder: Decoder::default(), events: Events::new(cx) }
    }
}

impl ChatStream for Stream {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, events } = self;
        let pushed = decoder.push(bytes, |message| events.message(&message, out).map_err(Broken::Error));
        pushed.map_err(|it| match it {
            Broken::Bytes(it) => ProviderError::unreadable(events.provider, it.to_string()),
            Broken::Error(it) => it,
        })
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        self.decoder.finish().map_err(|it| self.events.nothing(&it.to_string()))?;
        self.events.finish(out)
    }

    fn usage(&self) -> Option<&Usage> {
        self.events.usage()
    }
}

impl Events {
    /// The decoder of an answer that is about to begin.
    pub(crate) fn new(cx: &Cx<'_>) -> Self {
        Self {
            provider: cx.provider.slug,
            id: cx.response_id.to_owned(),
            created: cx.now,
            model: bedrock::ModelId::parse(cx.model).placed.to_owned(),
            phase: Phase::Waiting,
            spoke: false,
            block: None,
            calls: Calls::default(),
            thinking_chars: 0,
            has_thought: false,
            thinking_tokens: None,
            stop_reason: None,
            usage: None,
        }
    }

    /// The provider closed the stream in good order; errors when the answer was not complete.
    pub(crate) fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        match self.phase {
            Phase::Waiting => Err(self.nothing("the stream ended before its first event")),
            Phase::Speaking => Err(ProviderError::cut(self.provider)),
            Phase::Whole => {
                self.end(Metadata::default(), out);
                Ok(())
            }
            Phase::Over => Ok(()),
        }
    }

    /// Usage as far as the provider has reported it.
    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    fn nothing(&self, message: &str) -> ProviderError {
        ProviderError::new(self.provider, ErrorClass::BadGateway, 502, message)
    }

    /// Takes one event and appends what it says. After an error no call may follow.
    pub(crate) fn message(&mut self, message: &Message<'_>, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        if message.kind != Kind::Event {
            return Err(bedrock::exception(self.provider, message));
        }
        if self.phase == Phase::Over {
            return Ok(());
        }
        match message.name {
            "messageStart" => self.phase = Phase::Speaking,
            "contentBlockStart" => {
                let start: BlockStart = self.read(message)?;
                self.close_block(out);
                let (block, said) = Block::open(start, &mut self.calls);
                self.block = Some(block);
                self.say(said, out);
            }
            "contentBlockDelta" => {
                let delta: BlockDelta = self.read(message)?;
                // Text and thinking begin without a start of their own.
                let block = self.block.get_or_insert(Block::Prose);
                let said = block.delta(delta);
                self.say(said, out);
            }
            "contentBlockStop" => {
                self.close_block(out);
                if !self.spoke {
                    self.say(Some(Said { content: Some(String::new()), ..Said::default() }), out);
                }
            }
            "messageStop" => {
                let stop: Stop = self.read(message)?;
                self.close_block(out);
                self.thinking_tokens = stop.thinking_tokens();
                self.stop_reason = stop.stop_reason;
                self.phase = Phase::Whole;
            }
            "metadata" => {
                let metadata: Metadata = self.read(message)?;
                if self.phase == Phase::Whole {
                    self.end(metadata, out);
                } else {
                    self.count(&metadata);
                }
            }
            // "New event types may be added."
            _ => {}
        }
        Ok(())
    }

    fn read<T: DeserializeOwned>(&mut self, message: &Message<'_>) -> Result<T, ProviderError> {
        if self.phase == Phase::Waiting {
            self.phase = Phase::Speaking;
        }
        let unreadable = |_| ProviderError::unreadable(self.provider, format!("`{}` cannot be read", message.name));
        serde_json::from_slice(message.payload).map_err(unreadable)
    }

    fn close_block(&mut self, out: &mut Vec<ChatChunk>) {
        let said = self.block.take().and_then(Block::close);
        self.say(said, out);
    }

    fn end(&mut self, metadata: Metadata, out: &mut Vec<ChatChunk>) {
        self.phase = Phase::Over;
        let finish = finish_reason(self.stop_reason.as_deref().unwrap_or_default());
        let finish = if finish == "tool_calls" && self.calls.is_json_only() { "stop" } else { finish };
        let mut last = self.chunk().with_finish(finish);
        let wire = self.count(&metadata);
        let tier = metadata.service_tier.map(|it| ("service_tier".to_owned(), Value::from(it.kind)));
        let trace = metadata.trace.map(|it| ("trace".to_owned(), it));
        last.rest.extend(tier.into_iter().chain(trace));
        out.push(last);
        out.extend(wire.map(|it| self.chunk().with_usage(it)));
    }

    fn count(&mut self, metadata: &Metadata) -> Option<crate::Object> {
        let counts = metadata.usage.as_ref()?.counts(self.thinking_tokens, metadata.service_tier.as_ref());
        let thought = match (self.has_thought, self.thinking_chars) {
            (false, _) => Thought::None,
            (true, 0) => Thought::Hidden,
            (true, chars) => Thought::Chars(chars),
        };
        let usage = counts.usage(thought);
        let wire = counts.wire(&usage, thought);
        self.usage = Some(usage);
        Some(wire)
    }

    fn say(&mut self, said: Option<Said>, out: &mut Vec<ChatChunk>) {
        let Some(mut said) = said else { return };
        if let Some(thinking) = &said.reasoning_content {
            self.has_thought = true;
            self.thinking_chars += thinking.chars().count() as u64;
        }
        if !self.spoke {
            self.spoke = true;
            said.role = Some("assistant".into());
        }
        out.push(self.chunk().with_delta(said));
    }

    fn chunk(&self) -> ChatChunk {
        ChatChunk::new(&self.id, self.created, &self.model)
    }
}

impl From<Malformed> for Broken {
    fn from(it: Malformed) -> Self {
        Self::Bytes(it)
    }
}
