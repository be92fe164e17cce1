//! What hosts of Anthropic's messages API do each in its own way.

use crate::{Auth, Cx, TransformError};

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

/// The values that one host takes. Both lists are sorted.
#[derive(Debug)]
pub(crate) struct Betas {
    /// By Anthropic's names.
    pub(crate) taken: &'static [&'static str],
    /// Values with another name at the host: (Anthropic's, the host's).
    pub(crate) renamed: &'static [(&'static str, &'static str)],
}

impl Betas {
    /// The host's name of a value; `None` where the host does not take it.
    pub(crate) fn name(&self, beta: &str) -> Option<&'static str> {
        let renamed = self.renamed.iter().find(|(ours, _)| *ours == beta).map(|(_, theirs)| *theirs);
        renamed.or_else(|| self.taken.iter().find(|it| **it == beta).copied())
    }
}
