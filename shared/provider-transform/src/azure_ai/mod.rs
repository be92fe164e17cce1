//! Azure AI Foundry: models of many makers at one resource, Claude in Anthropic's protocol, the others in OpenAI's.

#[cfg(test)]
mod tests;

use crate::anthropic::{AnthropicChat, host};
use crate::openai::{OpenAiChat, address};
use crate::provider::claude::{Address, Delivery, Fetches, Framing, Host, SchemaField};
use crate::{
    Auth, ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

/// The protocols of Foundry, chosen by the model's name.
pub struct AzureAiChat;

/// Azure AI Foundry ("Deploy and use Claude models in Microsoft Foundry").
static HOST: Host = Host {
    address: claude_address,
    version: None,
    has_version_header: true,
    has_stream_field: true,
    is_own: false,
    framing: Framing::ServerSent,
    betas: &host::betas::AZURE_AI,
    tool_betas: &[],
    has_betas_in_body: false,
    fetches: Fetches::All,
    lacks: &[],
    schema_field: SchemaField::OutputFormat,
    answers_own_name: true,
    default_max_tokens: host::most_of_model,
};

static CLAUDE: AnthropicChat = AnthropicChat(&HOST);

impl ChatDialect for AzureAiChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        dialect(cx).request(cx, req)
    }

    fn prefilled<'a>(&self, cx: &Cx<'_>, req: &'a ChatRequest) -> Option<&'a str> {
        dialect(cx).prefilled(cx, req)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        dialect(cx).response(cx, body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        dialect(cx).stream(cx)
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        dialect(cx).error(cx, status, body)
    }
}

fn dialect(cx: &Cx<'_>) -> &'static dyn ChatDialect {
    if is_claude(cx) { &CLAUDE } else { &OpenAiChat }
}

fn is_claude(cx: &Cx<'_>) -> bool {
    cx.model.starts_with("claude")
}

/// The host of the messages protocol, for Claude.
pub(crate) fn claude_host(cx: &Cx<'_>) -> Option<&'static Host> {
    is_claude(cx).then_some(&HOST)
}

/// The deployment's base is the resource, or goes on to any part of the address.
pub(crate) fn claude_address(cx: &Cx<'_>, delivery: Delivery) -> Address {
    let base = address::base(cx)?;
    let parts = ["/v1/messages", "/v1", "/anthropic"];
    let resource = parts.iter().fold(base, |base, part| base.strip_suffix(part).unwrap_or(base));
    let question = if delivery == Delivery::Count { "/count_tokens" } else { "" };
    Ok((format!("{resource}/anthropic/v1/messages{question}"), Auth::Azure))
}
