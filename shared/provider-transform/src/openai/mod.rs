//! OpenAI's chat completions, and everything compatible with it by the quirks of its row.

pub(crate) mod address;
pub(crate) mod audio;
pub(crate) mod compat;
pub(crate) mod embeddings;
pub(crate) mod error;
pub(crate) mod files;
pub mod format;
pub(crate) mod images;
pub(crate) mod messages;
pub(crate) mod models;
pub(crate) mod moderations;
pub(crate) mod request;
pub(crate) mod response;
mod stream;
mod structured;
#[cfg(test)]
mod tests;

use crate::chat::response::ChatResponse;
use crate::{ChatDialect, ChatRequest, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage};

/// The protocol.
pub struct OpenAiChat;

impl ChatDialect for OpenAiChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        request::render(cx, req)
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
