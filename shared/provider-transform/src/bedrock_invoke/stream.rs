//! A streamed answer of `InvokeModelWithResponseStream`: AWS event stream outside, the model's own events inside.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::event_stream::{Decoder, Kind, Malformed, Message};
use crate::{ChatChunk, ChatStream, ErrorClass, ProviderError, Usage, bedrock};

/// Reads the events of one model's protocol.
pub(super) trait Events: Send {
    /// Takes one event, as JSON, and appends what it says. After an error no call may follow.
    fn event(&mut self, json: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError>;
    /// The provider closed the stream in good order; errors when the answer was not complete.
    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError>;
    /// Usage as far as the provider has reported it.
    fn usage(&self) -> Option<&Usage>;
}

/// Takes the envelope off.
pub(super) struct Stream {
    provider: &'static str,
    decoder: Decoder,
    has_events: bool,
    events: Box<dyn Events>,
}

/// `PayloadPart` ("InvokeModelWithResponseStream", response syntax).
#[derive(Deserialize)]
struct Part<'a> {
    bytes: &'a str,
}

/// Why decoding stopped.
enum Broken {
    Frame(Malformed),
    Error(ProviderError),
}

impl Stream {
    pub(super) fn new(provider: &'static str, events: Box<dyn Events>) -> Self {
        Self { provider, decoder: Decoder::default(), has_events: false, events }
    }

    /// Somebody between us and the model ended the answer.
    fn gateway_fault(&self, message: impl Into<String>) -> ProviderError {
        ProviderError::new(self.provider, ErrorClass::BadGateway, 502, message)
    }
}

impl ChatStream for Stream {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { provider, decoder, has_events, events } = self;
        let pushed = decoder.push(bytes, |message| {
            *has_events = true;
            match open(provider, &message).map_err(Broken::Error)? {
                Some(json) => events.event(&json, out).map_err(Broken::Error),
                None => Ok(()),
            }
        });
        pushed.map_err(|it| match it {
            Broken::Frame(it) => ProviderError::unreadable(provider, it.to_string()),
            Broken::Error(it) => it,
        })
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        self.decoder.finish().map_err(|it| self.gateway_fault(it.to_string()))?;
        if !self.has_events {
            return Err(self.gateway_fault("the event stream holds no event"));
        }
        self.events.finish(out)
    }

    fn usage(&self) -> Option<&Usage> {
        self.events.usage()
    }
}

/// The model's own event in a message, as JSON; `None` in messages of types that AWS may add.
///
/// # Errors
/// [`ProviderError`] when the message is a failure or cannot be read.
pub(crate) fn open(provider: &'static str, message: &Message<'_>) -> Result<Option<Vec<u8>>, ProviderError> {
    match (message.kind, message.name) {
        (Kind::Event, "chunk") => {
            let unreadable = |message: &str| ProviderError::unreadable(provider, message);
            let part: Part<'_> =
                serde_json::from_slice(message.payload).map_err(|_| unreadable("a chunk has no bytes"))?;
            STANDARD.decode(part.bytes).map(Some).map_err(|_| unreadable("a chunk's bytes are no base64"))
        }
        (Kind::Event, _) => Ok(None),
        (Kind::Exception | Kind::Error, _) => Err(bedrock::exception(provider, message)),
    }
}

impl From<Malformed> for Broken {
    fn from(it: Malformed) -> Self {
        Self::Frame(it)
    }
}

/// Events of a protocol that is spoken as server-sent events elsewhere: they are given to its decoder in that form.
pub(super) struct ViaSse {
    stream: Box<dyn ChatStream>,
    line: Vec<u8>,
}

impl ViaSse {
    pub(super) fn new(stream: Box<dyn ChatStream>) -> Self {
        Self { stream, line: Vec::new() }
    }
}

impl Events for ViaSse {
    fn event(&mut self, json: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        self.line.clear();
        self.line.extend_from_slice(b"data: ");
        // Between JSON's tokens any white space is the same, and inside of them there are no line breaks.
        self.line.extend(json.iter().map(|it| if matches!(it, b'\n' | b'\r') { b' ' } else { *it }));
        self.line.extend_from_slice(b"\n\n");
        self.stream.push(&self.line, out)
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        self.stream.finish(out)
    }

    fn usage(&self) -> Option<&Usage> {
        self.stream.usage()
    }
}
