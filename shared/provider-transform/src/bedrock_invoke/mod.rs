//! Amazon Bedrock's `InvokeModel` and `InvokeModelWithResponseStream`: the models' own protocols in Bedrock's envelope.

mod stream;

#[cfg(test)]
mod tests;

use crate::anthropic::AnthropicChat;
use crate::anthropic::host::{self, Address, Delivery};
use crate::bedrock::{self, ModelId, Operation};
use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

use stream::{Stream, ViaSse};

/// The protocols, chosen by the model's maker.
pub struct InvokeChat;

/// Claude at Bedrock.
static CLAUDE: AnthropicChat = AnthropicChat(&host::BEDROCK);

impl ChatDialect for InvokeChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        dialect(cx)?.request(cx, req)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        CLAUDE.response(cx, body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        Box::new(Stream::new(cx.provider.slug, Box::new(ViaSse::new(CLAUDE.stream(cx)))))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        bedrock::error(cx.provider.slug, status, body)
    }
}

/// Where a call of `InvokeModel` goes ("Actions, Amazon Bedrock Runtime").
///
/// # Errors
/// Never: what the deployment leaves out has a default.
pub(crate) fn address(cx: &Cx<'_>, delivery: Delivery) -> Address {
    let operation = match delivery {
        Delivery::Whole => Operation::Invoke,
        Delivery::Stream => Operation::InvokeStream,
    };
    Ok((bedrock::url(cx, operation), bedrock::auth(cx)))
}

fn dialect(cx: &Cx<'_>) -> Result<&'static dyn ChatDialect, TransformError> {
    if ModelId::parse(cx.model).is_of("anthropic.") {
        return Ok(&CLAUDE);
    }
    Err(TransformError::NoOperation { provider: cx.provider.slug, operation: "InvokeModel for this maker's models" })
}
