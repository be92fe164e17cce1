//! Google's generateContent protocol ("Method: models.generateContent"): a chat request out, an answer, a stream or an
//! error back; at Google AI Studio and at Vertex AI.

mod candidate;
pub(crate) mod count;
pub(crate) mod embeddings;
pub(crate) mod error;
mod grounding;
pub(crate) mod images;
mod models;
pub(crate) mod native;
mod operation;
mod request;
mod response;
mod stream;
mod usage;
pub(crate) mod wire;

#[cfg(test)]
mod tests;

use crate::provider::GoogleService;
use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

/// The protocol, as one of Google's services speaks it.
pub struct GeminiChat(GoogleService);

impl GeminiChat {
    /// At Google AI Studio.
    pub const AI_STUDIO: Self = Self(GoogleService::AiStudio);
    /// At Vertex AI.
    pub const VERTEX_AI: Self = Self(GoogleService::VertexAi);
}

impl ChatDialect for GeminiChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        request::render(cx, self.0, req)
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
