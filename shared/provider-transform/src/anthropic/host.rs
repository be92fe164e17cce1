//! Where Claude is served, and what each host of the messages protocol does in its own way.

pub(crate) mod betas;

use crate::{Auth, Cx, TransformError};

use super::address;
use betas::Betas;

/// Output limit where nobody says how much a model writes.
const DEFAULT_MAX_TOKENS: u64 = 4096;

/// A host. Bodies are the same everywhere but for what is said here.
pub(crate) struct Host {
    /// Where a call goes and how it authenticates there. Errors when the deployment lacks a part of the address.
    pub(crate) address: fn(&Cx<'_>, Delivery) -> Address,
    /// `anthropic_version` of the body; where there is one, the address names the model and the body does not.
    pub(crate) version: Option<&'static str>,
    /// Whether the header `anthropic-version` is sent.
    pub(crate) has_version_header: bool,
    /// Whether the body says `stream`; elsewhere the address does.
    pub(crate) has_stream_field: bool,
    /// Whether it is Anthropic's own API, which knows what we may not know yet.
    pub(crate) is_own: bool,
    /// How a stream's events are framed.
    pub(crate) framing: Framing,
    /// Values of `anthropic-beta` that the host takes.
    pub(crate) betas: &'static Betas,
    /// Tools that need a beta here and not at Anthropic: (start of the type, beta).
    pub(crate) tool_betas: &'static [(&'static str, &'static str)],
    /// Whether the body repeats the betas as `anthropic_beta`.
    pub(crate) has_betas_in_body: bool,
    /// What the host downloads itself.
    pub(crate) fetches: Fetches,
    /// What Anthropic's own API has and the host has not.
    pub(crate) lacks: &'static [Feature],
    /// The field of a schema for the whole answer.
    pub(crate) schema_field: SchemaField,
    /// Whether an answer names its model as the host does; elsewhere it is the one that was asked.
    pub(crate) answers_own_name: bool,
    /// `max_tokens` of a request that states none and does not think by budget.
    pub(crate) default_max_tokens: fn(&Cx<'_>) -> u64,
}

/// A URL and how to authenticate there, or what the deployment lacks for it.
pub(crate) type Address = Result<(String, Auth), TransformError>;

/// How an answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// At once.
    Whole,
    /// Event by event.
    Stream,
    /// None: how many tokens the request is.
    Count,
}

/// How the events of a stream are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// As server-sent events.
    ServerSent,
    /// In AWS event streams.
    Aws,
}

/// Which URLs in a request a host downloads itself; the others become bytes on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetches {
    /// Images and documents.
    All,
    /// Documents alone.
    Documents,
    /// Nothing.
    Nothing,
}

/// Something that not every host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    /// Cache marks with a scope.
    CacheScope,
    /// Files stored at Anthropic.
    Files,
    /// MCP servers that Anthropic calls.
    McpServers,
    /// A choice of service tiers.
    ServiceTier,
    /// Searches that Anthropic runs.
    WebSearch,
}

/// Where the schema of an answer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SchemaField {
    /// `output_format`.
    OutputFormat,
    /// `output_config.format`.
    OutputConfig,
}

impl Host {
    /// Whether the host has a feature.
    pub(crate) fn has(&self, feature: Feature) -> bool {
        !self.lacks.contains(&feature)
    }
}

/// Anthropic's own API.
pub(crate) static ANTHROPIC: Host = Host {
    address: address::find,
    version: None,
    has_version_header: true,
    has_stream_field: true,
    is_own: true,
    framing: Framing::ServerSent,
    betas: &betas::ANTHROPIC,
    tool_betas: &[],
    has_betas_in_body: false,
    fetches: Fetches::All,
    lacks: &[],
    schema_field: SchemaField::OutputFormat,
    answers_own_name: true,
    default_max_tokens: most_of_model,
};

/// Azure AI Foundry ("Deploy and use Claude models in Microsoft Foundry").
pub(crate) static AZURE_AI: Host = Host {
    address: crate::azure_ai::claude_address,
    version: None,
    has_version_header: true,
    has_stream_field: true,
    is_own: false,
    framing: Framing::ServerSent,
    betas: &betas::AZURE_AI,
    tool_betas: &[],
    has_betas_in_body: false,
    fetches: Fetches::All,
    lacks: &[],
    schema_field: SchemaField::OutputFormat,
    answers_own_name: true,
    default_max_tokens: most_of_model,
};

/// Google Vertex AI ("Use Claude models", "Request predictions with Claude models").
pub(crate) static VERTEX: Host = Host {
    address: crate::vertex::claude_address,
    version: Some("vertex-2023-10-16"),
    has_version_header: true,
    has_stream_field: true,
    is_own: false,
    framing: Framing::ServerSent,
    betas: &betas::VERTEX,
    tool_betas: &[("web_search", "web-search-2025-03-05")],
    has_betas_in_body: false,
    fetches: Fetches::Documents,
    lacks: &[Feature::CacheScope, Feature::Files, Feature::ServiceTier],
    schema_field: SchemaField::OutputFormat,
    answers_own_name: false,
    default_max_tokens: most_of_unversioned,
};

/// Amazon Bedrock's `InvokeModel` ("Anthropic Claude Messages API").
pub(crate) static BEDROCK: Host = Host {
    address: crate::bedrock_invoke::address,
    version: Some("bedrock-2023-05-31"),
    has_version_header: false,
    has_stream_field: false,
    is_own: false,
    framing: Framing::Aws,
    betas: &betas::BEDROCK,
    tool_betas: &[],
    has_betas_in_body: true,
    fetches: Fetches::Nothing,
    lacks: &[Feature::CacheScope, Feature::Files, Feature::McpServers, Feature::ServiceTier, Feature::WebSearch],
    schema_field: SchemaField::OutputConfig,
    answers_own_name: true,
    default_max_tokens: |_| DEFAULT_MAX_TOKENS,
};

fn most_of_model(cx: &Cx<'_>) -> u64 {
    cx.info.max_output_tokens.unwrap_or(DEFAULT_MAX_TOKENS)
}

/// LiteLLM knows the limits of Vertex's names only as far as they are Anthropic's, without `@` and a version.
fn most_of_unversioned(cx: &Cx<'_>) -> u64 {
    if cx.model.contains('@') { DEFAULT_MAX_TOKENS } else { most_of_model(cx) }
}
