//! Ollama's own API: "Generate a chat completion", and "Generate a completion" for the older slug.

pub(crate) mod embeddings;
mod generate;
mod request;
mod response;
mod stream;
#[cfg(test)]
mod tests;

use crate::openai::error;
use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

/// Conversations over `/api/chat`.
pub struct OllamaChat;

/// Conversations of text over `/api/generate`, as one prompt; those with tools go the way of [`OllamaChat`].
pub struct OllamaGenerate;

impl ChatDialect for OllamaChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        request::render(cx, req, request::Body::chat)
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

impl ChatDialect for OllamaGenerate {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        request::render(cx, req, generate::body)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        response::parse(cx, body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        OllamaChat.stream(cx)
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        OllamaChat.error(cx, status, body)
    }
}
