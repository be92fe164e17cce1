//! The headers that tell a caller where it stands.

use jiff::Timestamp;

use super::{Descriptor, LimitKind, WINDOW_SECONDS};

/// `x-ratelimit-…` headers of an admitted call. `requests`, `tokens` and `parallel` are what the descriptor has used,
/// this call included.
#[must_use]
pub fn headers(descriptor: &Descriptor, requests: u64, tokens: u64, parallel: u64) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let used = [(LimitKind::Requests, requests), (LimitKind::Tokens, tokens), (LimitKind::Parallel, parallel)];
    for (kind, used) in used {
        let Some(limit) = descriptor.limit(kind) else { continue };
        let name = |what| format!("x-ratelimit-{}-{what}-{}", descriptor.key, kind.name());
        headers.push((name("limit"), limit.to_string()));
        headers.push((name("remaining"), limit.saturating_sub(used).to_string()));
    }
    headers
}

/// A refusal for too many requests or tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection<'a> {
    /// Whose limit.
    pub descriptor: &'a str,
    /// Which limit.
    pub kind: LimitKind,
    /// How high it is.
    pub limit: u64,
    /// When the window ends.
    pub reset_at: Timestamp,
    /// What is left of the limit, though not enough for the call.
    pub remaining: u64,
}

impl Rejection<'_> {
    /// The headers of the refusal: LiteLLM's clients wait a whole window.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 3] {
        [
            ("retry-after", WINDOW_SECONDS.to_string()),
            ("rate_limit_type", self.kind.name().to_owned()),
            ("reset_at", self.reset_time()),
        ]
    }

    /// What to tell the caller.
    #[must_use]
    pub fn message(&self) -> String {
        format!(
            "Rate limit exceeded for {}. Limit type: {}. Current limit: {}, Remaining: {}. Limit resets at: {}",
            self.descriptor,
            self.kind.name(),
            self.limit,
            self.remaining,
            self.reset_time()
        )
    }

    fn reset_time(&self) -> String {
        self.reset_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    }
}
