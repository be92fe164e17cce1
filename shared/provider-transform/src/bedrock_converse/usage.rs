//! Converse's token counts ("TokenUsage"): `inputTokens` leaves out what was read from or written to a cache, and no
//! count is kept of thinking, which Claude's own fields say.

use serde::Deserialize;

use crate::anthropic::usage::{Counts, Parts};

/// Counts as Converse reports them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenUsage {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(alias = "cacheReadInputTokenCount")]
    cache_read_input_tokens: Option<u64>,
    #[serde(alias = "cacheWriteInputTokenCount")]
    cache_write_input_tokens: Option<u64>,
    #[serde(default)]
    cache_details: Option<Vec<CacheDetail>>,
}

/// Writes to a cache of one lifetime.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CacheDetail {
    ttl: String,
    input_tokens: u64,
}

/// The model's own fields of an answer, as far as we ask for them.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ModelFields {
    usage: Option<ModelUsage>,
}

#[derive(Clone, Debug, Deserialize)]
struct ModelUsage {
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Clone, Debug, Deserialize)]
struct OutputDetails {
    #[serde(alias = "reasoning_tokens")]
    thinking_tokens: Option<u64>,
}

/// The tier that served a call.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ServiceTier {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

impl ModelFields {
    /// Tokens of thinking, where the model says how many.
    pub(super) fn thinking_tokens(&self) -> Option<u64> {
        self.usage.as_ref()?.output_tokens_details.as_ref()?.thinking_tokens
    }
}

impl TokenUsage {
    /// The counts in the form that Claude's have: the same parts with other names.
    pub(super) fn counts(&self, thinking: Option<u64>, tier: Option<&ServiceTier>) -> Counts {
        let written = self.cache_write_input_tokens.unwrap_or_default();
        Counts::from_parts(Parts {
            input: self.input_tokens,
            output: self.output_tokens,
            cache_read: self.cache_read_input_tokens.unwrap_or_default(),
            cache_write: written,
            cache_write_1h: self.written_for_an_hour(written),
            thinking,
            service_tier: tier.map(|it| it.kind.clone()),
        })
    }

    /// The hour's part of what was written; `None` unless the parts make up the whole, since a part that is missing
    /// would be charged as nothing.
    fn written_for_an_hour(&self, written: u64) -> Option<u64> {
        let details = self.cache_details.as_ref().filter(|it| !it.is_empty())?;
        let of = |ttl: &str| {
            let parts = details.iter().filter(|it| it.ttl == ttl).map(|it| it.input_tokens);
            parts.fold(0, u64::saturating_add)
        };
        (of("5m").saturating_add(of("1h")) == written).then(|| of("1h"))
    }
}
