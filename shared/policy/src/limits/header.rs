//! What a refused caller is told.

use jiff::Timestamp;

use super::LimitKind;

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
    /// How long a window is, in seconds.
    pub window: u32,
    /// What is left of the limit, though not enough for the call.
    pub remaining: u64,
}

impl Rejection<'_> {
    /// The headers of the refusal: LiteLLM's clients wait a whole window.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 3] {
        [
            ("retry-after", self.window.to_string()),
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
