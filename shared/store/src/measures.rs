//! Sums over calls, as totals and rollups keep them.

use std::ops::AddAssign;

use policy::money::Usd;
use policy::spend::{SpendEvent, Status};

use crate::attributes::{Item, number, read_count, read_usd};
use crate::expression::Expression;

/// Attributes of the sums.
pub(crate) const SPEND: &str = "spend";
const REQUESTS: &str = "requests";
const SUCCESSFUL: &str = "successful";
const FAILED: &str = "failed";
const UNPRICED: &str = "unpriced";
const CACHE_HITS: &str = "cache_hits";
const PROMPT_TOKENS: &str = "prompt_tokens";
const COMPLETION_TOKENS: &str = "completion_tokens";
const CACHED_COMPLETION_TOKENS: &str = "cached_completion_tokens";
const CACHE_READ_TOKENS: &str = "cache_read_tokens";
const CACHE_WRITE_TOKENS: &str = "cache_write_tokens";
const TIME_MS: &str = "time_ms";

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
    /// Calls of which nobody says what they cost: `spend` lacks them.
    pub unpriced: u64,
    /// Calls that were answered from the response cache.
    pub cache_hits: u64,
    /// Tokens sent, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens produced.
    pub completion_tokens: u64,
    /// The part of `completion_tokens` that came from the response cache.
    pub cached_completion_tokens: u64,
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
        self.unpriced += other.unpriced;
        self.cache_hits += other.cache_hits;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.cached_completion_tokens += other.cached_completion_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.time_ms += other.time_ms;
    }
}

impl Measures {
    /// What one event adds to whatever counts it.
    #[must_use]
    pub fn of(event: &SpendEvent) -> Self {
        let succeeded = event.status == Status::Success;
        Self {
            spend: event.spend,
            requests: 1,
            successful: u64::from(succeeded),
            failed: u64::from(!succeeded),
            unpriced: u64::from(event.unpriced),
            cache_hits: u64::from(event.cache_hit),
            prompt_tokens: event.tokens.prompt,
            completion_tokens: event.tokens.completion,
            cached_completion_tokens: if event.cache_hit { event.tokens.completion } else { 0 },
            cache_read_tokens: event.tokens.cache_read,
            cache_write_tokens: event.tokens.cache_write,
            time_ms: event.duration(),
        }
    }

    /// Adds to what an item has counted.
    pub(crate) fn add_to(&self, it: &mut Expression) {
        it.add(SPEND, number(self.spend));
        let counts = [
            (REQUESTS, self.requests),
            (SUCCESSFUL, self.successful),
            (FAILED, self.failed),
            (UNPRICED, self.unpriced),
            (CACHE_HITS, self.cache_hits),
            (PROMPT_TOKENS, self.prompt_tokens),
            (COMPLETION_TOKENS, self.completion_tokens),
            (CACHED_COMPLETION_TOKENS, self.cached_completion_tokens),
            (CACHE_READ_TOKENS, self.cache_read_tokens),
            (CACHE_WRITE_TOKENS, self.cache_write_tokens),
            (TIME_MS, self.time_ms),
        ];
        for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            it.add(name, number(count));
        }
    }

    pub(crate) fn read(item: &Item) -> Self {
        let count = |name| read_count(item, name).unwrap_or_default();
        Self {
            spend: read_usd(item, SPEND).unwrap_or_default(),
            requests: count(REQUESTS),
            successful: count(SUCCESSFUL),
            failed: count(FAILED),
            unpriced: count(UNPRICED),
            cache_hits: count(CACHE_HITS),
            prompt_tokens: count(PROMPT_TOKENS),
            completion_tokens: count(COMPLETION_TOKENS),
            cached_completion_tokens: count(CACHED_COMPLETION_TOKENS),
            cache_read_tokens: count(CACHE_READ_TOKENS),
            cache_write_tokens: count(CACHE_WRITE_TOKENS),
            time_ms: count(TIME_MS),
        }
    }
}
