//! Sums over calls, as totals and rollups keep them.

use std::ops::AddAssign;

use policy::money::Usd;

use crate::attributes::{Item, read_count, read_usd};
use crate::spend_rows::{
    CACHE_READ_TOKENS, CACHE_WRITE_TOKENS, COMPLETION_TOKENS, FAILED, PROMPT_TOKENS, REQUESTS, SPEND, SUCCESSFUL,
    TIME_MS,
};

/// Sums over calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Dollars.
    pub spend: Usd,
    /// Calls.
    pub requests: u64,
    /// Calls that were answered.
    pub successful: u64,
    /// Calls that were not.
    pub failed: u64,
    /// Tokens sent, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens produced.
    pub completion_tokens: u64,
    /// Tokens read from a provider's cache.
    pub cache_read_tokens: u64,
    /// Tokens written to a provider's cache.
    pub cache_write_tokens: u64,
    /// Milliseconds that the calls took.
    pub time_ms: u64,
}

impl AddAssign<&Self> for Measures {
    fn add_assign(&mut self, other: &Self) {
        self.spend += other.spend;
        self.requests += other.requests;
        self.successful += other.successful;
        self.failed += other.failed;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.time_ms += other.time_ms;
    }
}

impl Measures {
    pub(crate) fn read(item: &Item) -> Self {
        let count = |name| read_count(item, name).unwrap_or_default();
        Self {
            spend: read_usd(item, SPEND).unwrap_or_default(),
            requests: count(REQUESTS),
            successful: count(SUCCESSFUL),
            failed: count(FAILED),
            prompt_tokens: count(PROMPT_TOKENS),
            completion_tokens: count(COMPLETION_TOKENS),
            cache_read_tokens: count(CACHE_READ_TOKENS),
            cache_write_tokens: count(CACHE_WRITE_TOKENS),
            time_ms: count(TIME_MS),
        }
    }
}
