//! Amazon Bedrock's `Converse` and `ConverseStream`: one protocol for the models of all makers.

mod names;
mod request;
mod response;
mod stream;
#[cfg(test)]
mod tests;
mod usage;
mod wire;

use std::borrow::Cow;

use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
    bedrock,
};

pub(crate) use stream::Events;

/// The protocol.
pub struct ConverseChat;

impl ChatDialect for ConverseChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        request::render(cx, req)
    }

    fn tool_name<'a>(&self, _: &Cx<'_>, name: &'a str) -> Cow<'a, str> {
        names::tool(name)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        response::parse(cx, body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        Box::new(stream::Stream::new(cx))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        bedrock::error(cx.provider.slug, status, body)
    }
}
