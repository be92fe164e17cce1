//! What an incoming wire format implements, and what a way to a provider consists of.

pub(crate) mod hub;

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use serde_json::Value;

use crate::{ChatChunk, ChatRequest, ChatResponse, Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// A caller's request in its own format.
pub trait Format: Send + Sync {
    /// The request in the hub's form: by it the gateway routes, estimates and limits, and by it every provider is
    /// reached that does not speak the caller's format.
    fn chat(&self) -> &ChatRequest;
    /// How many answers are asked for: by it the gateway estimates what the request may cost.
    fn choices(&self) -> u64 {
        self.chat().n()
    }
    /// What the hub's form does not say; `None` where it says all.
    fn losses(&self) -> Option<&Losses> {
        None
    }
    /// Sets parameters, named as OpenAI names them: a fallback's own, or the `max_tokens` that a budget allows.
    fn set(&mut self, params: &Object);
    /// A copy, to be changed for another try.
    fn duplicate(&self) -> Box<dyn Format>;
    /// The direct way, where the provider speaks the caller's format; `None` where it does not.
    fn native(&self, cx: &Cx<'_>, view: &View<'_>) -> Option<Result<Plan, TransformError>> {
        let _ = (cx, view);
        None
    }
    /// Asks the provider how many tokens the request is; `None` where it cannot be asked.
    fn count(&self, cx: &Cx<'_>) -> Option<Result<Counting, TransformError>> {
        cx.provider.count.map(|it| it(cx, self.chat()))
    }
    /// Writes the hub's answers in the caller's format.
    fn renderer(&self, view: &View<'_>) -> Box<dyn Renderer>;
}

/// A question how many tokens a request is.
pub struct Counting {
    /// What is sent.
    pub request: ProviderRequest,
    /// Reads the number out of the answer; `None` when it is not there.
    pub read: fn(&[u8]) -> Option<u64>,
}

/// How a call reaches a provider and how the answer is read.
pub struct Plan {
    /// What is sent.
    pub request: ProviderRequest,
    /// Reads what comes back.
    pub reader: Box<dyn Reader>,
}

/// What an answer shows to its caller.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The model's name as the caller is to see it.
    pub model: &'a str,
    /// Whether a chat stream ends with its usage; the other formats always say it.
    pub shows_usage: bool,
    /// Estimated prompt tokens, shown when the provider counts nothing.
    pub prompt_tokens: u64,
    /// The provider's slug, for formats whose answers' ids lead back to it.
    pub provider: &'static str,
    /// The deployment's id, for the same.
    pub model_id: Option<&'a str>,
}

/// What a caller's request loses where it goes through the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// What the hub's form leaves out without changing what is asked, by name.
    pub dropped: Vec<String>,
    /// What only a provider that speaks the caller's format can do, by name: refused elsewhere unless parameters may
    /// be dropped.
    pub refused: Vec<String>,
    /// Parameters of the hub's form that a provider may go without.
    pub optional: Vec<&'static str>,
}

/// Reads a provider's answer to one request, and writes it in the caller's format.
pub trait Reader: Send {
    /// A whole answer. Errors when the body cannot be read or says that the call failed.
    fn whole(self: Box<Self>, cx: &Cx<'_>, body: &[u8]) -> Result<Whole, ProviderError>;
    /// A decoder for one streamed answer.
    fn stream(self: Box<Self>, cx: &Cx<'_>) -> Box<dyn FrameStream>;
    /// An answer with an error status as a typed error.
    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError;
}

/// A whole answer in the caller's format.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The body.
    pub body: Bytes,
    /// Tokens as the provider counts them; all zero when it counts none.
    pub usage: Usage,
    /// The answer's id.
    pub id: String,
    /// The model that says it answered.
    pub model: String,
    /// Length of the written text, by which tokens are estimated that nobody counted.
    pub text_len: usize,
    /// What the gateway stores under the answer's id, if the format can be asked for it later.
    pub keep: Option<Value>,
}

/// Decodes one streamed answer into the caller's events; bytes may be cut anywhere.
pub trait FrameStream: Send {
    /// Takes the next bytes and appends what they complete. After an error only [`FrameStream::fail`] may follow;
    /// what was appended before is valid.
    fn push(&mut self, bytes: &[u8], out: &mut Frames) -> Result<(), ProviderError>;
    /// The provider closed the stream in good order: writes the end, or errors when the answer was not complete.
    fn finish(&mut self, out: &mut Frames) -> Result<(), ProviderError>;
    /// Ends the caller's stream with an error.
    fn fail(&mut self, fault: &Fault, out: &mut Frames);
    /// Usage as far as the provider has reported it.
    fn usage(&self) -> Option<&Usage>;
}

/// Writes the hub's answers in a caller's format.
pub trait Renderer: Send {
    /// A whole answer. `usage` is absent when the provider counts nothing.
    fn whole(&mut self, response: ChatResponse, usage: Option<&Usage>) -> Whole;
    /// One chunk of a stream.
    fn chunk(&mut self, chunk: ChatChunk, out: &mut Frames);
    /// The end of a stream that is whole. `usage` is absent when the provider counts nothing.
    fn end(&mut self, usage: Option<&Usage>, out: &mut Frames);
    /// The end of a stream that failed.
    fn fail(&mut self, fault: &Fault, out: &mut Frames);
}

/// A failure as a caller is told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// HTTP status.
    pub status: u16,
    /// OpenAI's `type`.
    pub kind: String,
    /// OpenAI's `code`.
    pub code: Option<String>,
    /// The parameter complained about.
    pub param: Option<String>,
    /// For the client.
    pub message: String,
}

/// Events on their way to a caller, as they go over the wire.
#[derive(Debug, Default)]
pub struct Frames {
    /// What is to be sent.
    pub bytes: BytesMut,
    /// Something of the answer itself has been written since the stream began: from here on no other provider can
    /// take over unseen.
    pub has_content: bool,
    /// Length of the text written since the stream began.
    pub text_len: usize,
    /// The answer's id, once known.
    pub id: Option<String>,
    /// What the gateway stores under the answer's id, once the stream has ended.
    pub keep: Option<Value>,
}

impl Frames {
    /// Appends a chunk of the hub as `renderer` writes it, and notes what it holds.
    pub fn write(&mut self, renderer: &mut dyn Renderer, chunk: ChatChunk) {
        self.has_content |= chunk.has_content();
        self.text_len += chunk.text_len();
        if self.id.is_none() && !chunk.id.is_empty() {
            self.id = Some(chunk.id.clone());
        }
        renderer.chunk(chunk, self);
    }

    /// Appends one server-sent event; without a name it has no `event:` line.
    pub fn event(&mut self, name: Option<&str>, data: &impl Serialize) {
        let Ok(data) = serde_json::to_vec(data) else { return };
        self.raw_event(name, &data);
    }

    /// Appends one server-sent event whose data is written already and has no line breaks. A name with line breaks,
    /// which a provider could smuggle events in with, is left out.
    pub fn raw_event(&mut self, name: Option<&str>, data: &[u8]) {
        if let Some(name) = name.filter(|it| !it.contains(['\n', '\r'])) {
            self.bytes.extend_from_slice(b"event: ");
            self.bytes.extend_from_slice(name.as_bytes());
            self.bytes.extend_from_slice(b"\n");
        }
        self.bytes.extend_from_slice(b"data: ");
        self.bytes.extend_from_slice(data);
        self.bytes.extend_from_slice(b"\n\n");
    }
}
