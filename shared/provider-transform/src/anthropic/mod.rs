//! Anthropic's messages protocol ("Messages API"): a chat request out, an answer, a stream or an error back.

mod address;
mod answer;
mod error;
pub(crate) mod host;
mod hosted;
mod passed;
pub(crate) mod request;
mod response;
pub(crate) mod spaced;
mod stream;
pub(crate) mod usage;
mod wire;

#[cfg(test)]
mod tests;

use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

use crate::chat::request::Role;
use crate::format::{Counting, Plan, View};
use crate::provider::claude::Host;
pub(crate) use request::{ANSWER_ROOM, thinking_of_effort};

/// The protocol, as a host speaks it.
pub struct AnthropicChat(pub(crate) &'static Host);

/// A call of a host by a caller who speaks the messages API: passed through. `sent` holds Anthropic's turns, and
/// Anthropic's parameters with `system` among them.
///
/// # Errors
/// [`TransformError`] when the host or the model does not take the request, or it needs files.
pub(crate) fn pass(
    host: &'static Host,
    sent: &ChatRequest,
    cx: &Cx<'_>,
    view: &View<'_>,
) -> Result<Plan, TransformError> {
    let request = request::native::render(cx, host, sent)?;
    Ok(Plan { request, reader: Box::new(passed::Passed::new(host, view)) })
}

/// As [`pass`], asking how many tokens the request is.
///
/// # Errors
/// As [`pass`].
pub(crate) fn count(host: &'static Host, sent: &ChatRequest, cx: &Cx<'_>) -> Result<Counting, TransformError> {
    request::native::count(cx, host, sent)
}

/// Whether a model is one of Claude's, by any host's name of it.
pub(crate) fn is_claude(model: &str) -> bool {
    model.contains("claude") || model.contains("anthropic")
}

impl ChatDialect for AnthropicChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        request::render(cx, self.0, req)
    }

    fn prefilled<'a>(&self, _: &Cx<'_>, req: &'a ChatRequest) -> Option<&'a str> {
        let last = req.messages.last().filter(|it| it.role() == Role::Assistant)?;
        last.get("prefix").filter(|it| **it == true)?;
        last.get("content")?.as_str()
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        response::parse(cx, self.0, body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        Box::new(stream::Stream::new(cx))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}
