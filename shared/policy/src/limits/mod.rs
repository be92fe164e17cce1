//! Rate limits: who is limited to what, how many tokens a call may need, what the answer's headers say. Counts nothing:
//! the store does, with one atomic write.

mod descriptor;
mod estimate;
mod header;
#[cfg(test)]
mod tests;
mod throttle;

use provider_transform::Usage;

pub use descriptor::{Descriptor, Grounds, descriptors};
pub use estimate::{Ask, Estimate, configured_output, estimate_tokens, prompt_tokens_upper, tokens_of_chars};
pub use header::Rejection;
pub use throttle::throttle;

/// The tokens that a token limit counts: `general_settings.token_rate_limit_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenKind {
    /// Prompt and completion.
    #[default]
    Total,
    /// The prompt.
    Input,
    /// The completion.
    Output,
}

/// What is counted against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitKind {
    /// Calls in a window.
    Requests,
    /// Tokens in a window.
    Tokens,
    /// Calls at the same time.
    Parallel,
}

impl LimitKind {
    /// The name in headers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Parallel => "max_parallel_requests",
        }
    }
}

/// The lowest token limit of `descriptors` that an answer counts against.
#[must_use]
pub fn smallest_tpm(descriptors: &[Descriptor]) -> Option<u64> {
    let of_answers = descriptors.iter().filter(|it| it.counts != Some(TokenKind::Input));
    of_answers.filter_map(|it| it.tpm).min()
}

/// The tokens of a finished call that count against a token limit: prompt tokens read from the provider's cache do not.
/// The window is settled by this less what was reserved; a call that failed counts 0.
#[must_use]
pub fn counted_tokens(kind: TokenKind, usage: &Usage) -> u64 {
    let input = usage.prompt_tokens.saturating_sub(usage.cache_read_tokens);
    match kind {
        TokenKind::Total => input.saturating_add(usage.completion_tokens),
        TokenKind::Input => input,
        TokenKind::Output => usage.completion_tokens,
    }
}
