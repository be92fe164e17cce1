//! Amazon Bedrock's `InvokeModel` and `InvokeModelWithResponseStream`: the models' own protocols in Bedrock's envelope.

mod command_r;
mod completion;
mod metered;
mod nova;
mod openai;
mod stream;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::anthropic::{AnthropicChat, host};
use crate::bedrock::{self, ModelId, Operation, Route};
use crate::provider::claude::{Address, Delivery, Feature, Fetches, Framing, Host, SchemaField};
use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

use stream::{Events, Stream, ViaSse};

pub(crate) use stream::open;

/// The protocols, chosen by the model's maker.
pub struct InvokeChat;

/// One maker's protocol inside of the envelope.
trait Protocol {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError>;
    fn prefilled<'a>(&self, cx: &Cx<'_>, req: &'a ChatRequest) -> Option<&'a str> {
        let _ = (cx, req);
        None
    }
    fn tool_name<'a>(&self, cx: &Cx<'_>, name: &'a str) -> Cow<'a, str> {
        let _ = cx;
        Cow::Borrowed(name)
    }
    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError>;
    fn events(&self, cx: &Cx<'_>) -> Box<dyn Events>;
}

/// Claude at Bedrock.
struct Claude;

/// Amazon Bedrock's `InvokeModel` ("Anthropic Claude Messages API").
static HOST: Host = Host {
    address,
    version: Some("bedrock-2023-05-31"),
    has_version_header: false,
    has_stream_field: false,
    is_own: false,
    framing: Framing::Aws,
    betas: &host::betas::BEDROCK,
    tool_betas: &[],
    has_betas_in_body: true,
    fetches: Fetches::Nothing,
    lacks: &[Feature::CacheScope, Feature::Files, Feature::McpServers, Feature::ServiceTier, Feature::WebSearch],
    schema_field: SchemaField::OutputConfig,
    answers_own_name: true,
    default_max_tokens: |_| host::DEFAULT_MAX_TOKENS,
};

const CLAUDE: AnthropicChat = AnthropicChat(&HOST);

impl ChatDialect for InvokeChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        protocol(cx).request(cx, req)
    }

    fn prefilled<'a>(&self, cx: &Cx<'_>, req: &'a ChatRequest) -> Option<&'a str> {
        protocol(cx).prefilled(cx, req)
    }

    fn tool_name<'a>(&self, cx: &Cx<'_>, name: &'a str) -> Cow<'a, str> {
        protocol(cx).tool_name(cx, name)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        protocol(cx).response(&named(cx), body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        Box::new(Stream::new(cx.provider.slug, protocol(cx).events(&named(cx))))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        bedrock::error(cx.provider.slug, status, body)
    }
}

impl Protocol for Claude {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        CLAUDE.request(cx, req)
    }

    fn prefilled<'a>(&self, cx: &Cx<'_>, req: &'a ChatRequest) -> Option<&'a str> {
        CLAUDE.prefilled(cx, req)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        CLAUDE.response(cx, body)
    }

    fn events(&self, cx: &Cx<'_>) -> Box<dyn Events> {
        Box::new(ViaSse::new(CLAUDE.stream(cx)))
    }
}

fn protocol(cx: &Cx<'_>) -> Box<dyn Protocol> {
    let model = ModelId::parse(cx.model);
    if is_claude(&model) {
        return Box::new(Claude);
    }
    if model.is_of("amazon.nova-") {
        return Box::new(nova::Nova);
    }
    if model.is_of("cohere.command-r") {
        return Box::new(command_r::CommandR);
    }
    completion::protocol(&model).unwrap_or_else(|| Box::new(openai::Completions))
}

/// The surroundings with the model's own name, for answers that show it.
fn named<'a>(cx: &Cx<'a>) -> Cx<'a> {
    Cx { model: ModelId::parse(cx.model).id, ..*cx }
}

fn delivery(req: &ChatRequest) -> Delivery {
    if req.is_stream() { Delivery::Stream } else { Delivery::Whole }
}

/// The host of the messages API for a model: `InvokeModel` speaks it, whichever way chat takes.
pub(crate) fn claude_host(cx: &Cx<'_>) -> Option<&'static Host> {
    let model = ModelId::parse(cx.model);
    let is_invoked = matches!(model.route, Route::Default | Route::Invoke);
    (is_invoked && is_claude(&model)).then_some(&HOST)
}

/// Where a call of `InvokeModel` goes ("Actions, Amazon Bedrock Runtime").
///
/// # Errors
/// Never: what the deployment leaves out has a default.
pub(crate) fn address(cx: &Cx<'_>, delivery: Delivery) -> Address {
    let operation = match delivery {
        Delivery::Whole => Operation::Invoke,
        Delivery::Stream => Operation::InvokeStream,
        Delivery::Count => Operation::CountTokens,
    };
    Ok((bedrock::url(cx, operation), bedrock::auth(cx)))
}

fn is_claude(model: &ModelId<'_>) -> bool {
    model.is_of("anthropic.") || model.spec.is_some_and(|it| it.starts_with("claude") || it == "anthropic")
}
