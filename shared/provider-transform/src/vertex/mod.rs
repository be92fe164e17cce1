//! Google Vertex AI: one address scheme for the models of many publishers, each spoken to in its own protocol.

pub(crate) mod address;
pub(crate) mod embeddings;
mod partners;
pub(crate) mod rank;

#[cfg(test)]
mod tests;

use crate::anthropic::{AnthropicChat, host};
use crate::gemini::{self, GeminiChat};
use crate::provider::GoogleService;
use crate::provider::claude::{Address, Delivery, Feature, Fetches, Framing, Host, SchemaField};
use crate::{
    ChatDialect, ChatRequest, ChatResponse, ChatStream, Counting, Cx, ProviderError, ProviderRequest, TransformError,
    Usage,
};

use partners::Partners;

pub(crate) use address::{Place, segment};

/// The protocols of Vertex AI, chosen by the model's name.
pub struct VertexChat;

/// Google Vertex AI ("Use Claude models", "Request predictions with Claude models").
static HOST: Host = Host {
    address: claude_address,
    version: Some("vertex-2023-10-16"),
    has_version_header: true,
    has_stream_field: true,
    is_own: false,
    framing: Framing::ServerSent,
    betas: &host::betas::VERTEX,
    tool_betas: &[("web_search", "web-search-2025-03-05")],
    has_betas_in_body: false,
    fetches: Fetches::Documents,
    lacks: &[Feature::CacheScope, Feature::Files, Feature::ServiceTier],
    schema_field: SchemaField::OutputFormat,
    answers_own_name: false,
    default_max_tokens: most_of_unversioned,
};

/// Claude at Vertex AI.
static CLAUDE: AnthropicChat = AnthropicChat(&HOST);

/// Gemini at Vertex AI.
static GEMINI: GeminiChat = GeminiChat::VERTEX_AI;

impl ChatDialect for VertexChat {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        if !is_claude(cx.model) && !is_gemini(cx.model) && !partners::has(cx.model) {
            return Err(TransformError::NoOperation {
                provider: cx.provider.slug,
                operation: "chat for this publisher",
            });
        }
        dialect(cx.model).request(cx, req)
    }

    fn prefilled<'a>(&self, cx: &Cx<'_>, req: &'a ChatRequest) -> Option<&'a str> {
        dialect(cx.model).prefilled(cx, req)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        dialect(cx.model).response(cx, body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        dialect(cx.model).stream(cx)
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        dialect(cx.model).error(cx, status, body)
    }
}

/// Whether a model is Anthropic's.
pub(crate) fn is_claude(model: &str) -> bool {
    model.starts_with("claude")
}

/// Whether a model speaks Gemini's protocol: Google's own, one tuned from it (a number), and what LiteLLM calls
/// `gemini/<id>`.
fn is_gemini(model: &str) -> bool {
    model.contains("gemini") || (!model.is_empty() && model.bytes().all(|it| it.is_ascii_digit()))
}

/// The host of the messages API for a model.
pub(crate) fn claude_host(cx: &Cx<'_>) -> Option<&'static Host> {
    is_claude(cx.model).then_some(&HOST)
}

/// The service of generateContent for a model.
pub(crate) fn gemini_service(cx: &Cx<'_>) -> Option<GoogleService> {
    is_gemini(cx.model).then_some(GoogleService::VertexAi)
}

/// Asks for the tokens of a request in the hub's form.
///
/// # Errors
/// [`TransformError::NoOperation`] for models of other publishers than Google; else as a request for an answer.
pub(crate) fn count(cx: &Cx<'_>, req: &ChatRequest) -> Result<Counting, TransformError> {
    if !is_gemini(cx.model) {
        return Err(TransformError::NoOperation { provider: cx.provider.slug, operation: "count of such a request" });
    }
    gemini::count::at_vertex_ai(cx, req)
}

/// Where a call to Claude goes ("Request predictions with Claude models").
///
/// # Errors
/// [`TransformError::Invalid`] when the deployment names no project or an impossible location.
pub(crate) fn claude_address(cx: &Cx<'_>, delivery: Delivery) -> Address {
    let (model, method) = match delivery {
        Delivery::Whole => (cx.model, "rawPredict"),
        Delivery::Stream => (cx.model, "streamRawPredict"),
        Delivery::Count => ("count-tokens", "rawPredict"),
    };
    let url = Place::of(cx)?.model("v1", "anthropic", model, method);
    Ok((url, cx.provider.auth.clone()))
}

fn dialect(model: &str) -> &'static dyn ChatDialect {
    if is_claude(model) {
        &CLAUDE
    } else if partners::has(model) && !is_gemini(model) {
        &Partners
    } else {
        &GEMINI
    }
}

/// LiteLLM knows the limits of Vertex's names only as far as they are Anthropic's, without `@` and a version.
fn most_of_unversioned(cx: &Cx<'_>) -> u64 {
    if cx.model.contains('@') { host::DEFAULT_MAX_TOKENS } else { host::most_of_model(cx) }
}
