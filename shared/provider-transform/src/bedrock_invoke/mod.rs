//! Amazon Bedrock's `InvokeModel`: the models' own protocols in Bedrock's envelope.

use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

/// The protocol.
pub struct InvokeChat;

impl ChatDialect for InvokeChat {
    fn request(&self, cx: &Cx<'_>, _: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        Err(TransformError::NoOperation { provider: cx.provider.slug, operation: "InvokeModel" })
    }

    fn response(&self, cx: &Cx<'_>, _: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        Err(ProviderError::unreadable(cx.provider.slug, "InvokeModel was not called"))
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        crate::bedrock_converse::ConverseChat.stream(cx)
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        crate::bedrock::error(cx.provider.slug, status, body)
    }
}
