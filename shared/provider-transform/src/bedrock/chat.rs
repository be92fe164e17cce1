//! Conversations at Amazon Bedrock: which of its two protocols a model is called by.

use std::borrow::Cow;

use super::{ModelId, Protocol, Route};
use crate::bedrock_converse::ConverseChat;
use crate::bedrock_invoke::InvokeChat;
use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

/// Bedrock by the protocol that suits the model.
pub struct BedrockChat;

impl ChatDialect for BedrockChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        let model = ModelId::parse(cx.model);
        if let Route::Other(route) = model.route {
            let message = format!("Bedrock's route `{route}/` is not served");
            return Err(TransformError::Invalid { param: "model".into(), message });
        }
        dialect(&model).request(cx, req)
    }

    fn tool_name<'a>(&self, cx: &Cx<'_>, name: &'a str) -> Cow<'a, str> {
        dialect(&ModelId::parse(cx.model)).tool_name(cx, name)
    }

    fn prefilled<'a>(&self, cx: &Cx<'_>, req: &'a ChatRequest) -> Option<&'a str> {
        dialect(&ModelId::parse(cx.model)).prefilled(cx, req)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        dialect(&ModelId::parse(cx.model)).response(cx, body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        dialect(&ModelId::parse(cx.model)).stream(cx)
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        dialect(&ModelId::parse(cx.model)).error(cx, status, body)
    }
}

fn dialect(model: &ModelId<'_>) -> &'static dyn ChatDialect {
    match model.protocol() {
        Protocol::Converse => &ConverseChat,
        Protocol::Invoke => &InvokeChat,
    }
}
