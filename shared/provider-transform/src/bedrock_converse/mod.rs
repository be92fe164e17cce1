//! Amazon Bedrock's `Converse` and `ConverseStream`: one protocol for the models of all makers.

use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

/// The protocol.
pub struct ConverseChat;

impl ChatDialect for ConverseChat {
    fn request(&self, cx: &Cx<'_>, _: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        Err(TransformError::NoOperation { provider: cx.provider.slug, operation: "Converse" })
    }

    fn response(&self, cx: &Cx<'_>, _: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        Err(ProviderError::unreadable(cx.provider.slug, "Converse was not called"))
    }

    fn stream(&self, _: &Cx<'_>) -> Box<dyn ChatStream> {
        Box::new(Stub)
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        crate::bedrock::error(cx.provider.slug, status, body)
    }
}

struct Stub;

impl ChatStream for Stub {
    fn push(&mut self, _: &[u8], _: &mut Vec<crate::ChatChunk>) -> Result<(), ProviderError> {
        Ok(())
    }
    fn finish(&mut self, _: &mut Vec<crate::ChatChunk>) -> Result<(), ProviderError> {
        Ok(())
    }
    fn usage(&self) -> Option<&Usage> {
        None
    }
}
