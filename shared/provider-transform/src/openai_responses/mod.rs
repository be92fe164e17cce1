//! OpenAI's Responses API ("Create a model response") as a protocol for conversations: for models that speak nothing
//! else, for what the chat API refuses, and for callers of the messages API.

mod choice;
pub(crate) mod item;
mod request;
mod response;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use choice::{instead, model};
pub(crate) use request::text_format;

use crate::openai::error;
use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

/// The protocol.
pub struct OpenAiResponses {
    caller: Caller,
}

/// Whose request it is; the formats leave different things unsaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// A chat completion.
    Chat,
    /// Anthropic's messages API; whether the conversation starts with the request's `system`.
    Messages { has_system: bool },
}

static FOR_CHAT: OpenAiResponses = OpenAiResponses { caller: Caller::Chat };
static FOR_MESSAGES: OpenAiResponses = OpenAiResponses { caller: Caller::Messages { has_system: false } };
static FOR_MESSAGES_WITH_SYSTEM: OpenAiResponses = OpenAiResponses { caller: Caller::Messages { has_system: true } };

/// The protocol for requests of Anthropic's messages API. `has_system` says that the hub's first message is the
/// request's `system`; system messages inside the conversation stay where they are.
pub fn for_messages(has_system: bool) -> &'static dyn ChatDialect {
    if has_system { &FOR_MESSAGES_WITH_SYSTEM } else { &FOR_MESSAGES }
}

impl ChatDialect for OpenAiResponses {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        request::render(self.caller, cx, req)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        response::parse(cx, body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        Box::new(stream::Stream::new(cx))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}
