//! Anthropic's own API as a host of its protocol, and which betas each host takes.

pub(crate) mod betas;

use crate::Cx;
use crate::provider::claude::{Fetches, Framing, Host, SchemaField};

use super::address;

/// Output limit where nobody says how much a model writes.
pub(crate) const DEFAULT_MAX_TOKENS: u64 = 4096;

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

/// All that the model can write.
pub(crate) fn most_of_model(cx: &Cx<'_>) -> u64 {
    cx.info.max_output_tokens.unwrap_or(DEFAULT_MAX_TOKENS)
}
