//! Routing: which deployments may answer, when to try again, where to go then, and which deployments rest. Remembers
//! nothing: what is known of deployments and of the request so far comes as arguments, and so do random numbers.

mod candidates;
mod cooldown;
mod fallback;
mod region;
mod retry;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

pub use candidates::{Candidate, Choice, Group, Progress, choose, find_group, next_order};
pub use cooldown::{Health, cooldown};
pub use fallback::{ClientFallbacks, FallbackAsk, FallbackPlan, fallback_targets, reachable};
pub use region::region;
pub use retry::{RetryAsk, retries, retry};
pub use rules::Rules;
pub use settings::{AllowedFails, Fallback, Fallbacks, GroupAlias, InvalidFallbacks, RetryPolicy};

/// A failed attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failure {
    /// The class of the error.
    pub class: FailureClass,
    /// The status that the caller would get.
    pub status: u16,
    /// Whose doing it was.
    pub origin: Origin,
    /// The provider's `Retry-After`, in seconds.
    pub retry_after: Option<f64>,
}

/// Where a failure came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The provider answered with an error, or with something unreadable.
    Provider,
    /// The provider was not reached, or went away.
    Network,
    /// The time limit that the caller set ran out.
    CallerTimeout,
    /// The request never left: it cannot be translated, or a credential is missing.
    Gateway,
}

/// The class of a failed attempt, as retry and cooldown policies name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// The request is wrong (400 and its like).
    BadRequest,
    /// The provider refused the gateway's credentials (401).
    Authentication,
    /// The credentials may not do this (403).
    PermissionDenied,
    /// Unknown model or route at the provider (404).
    NotFound,
    /// No answer in time (408, 504).
    Timeout,
    /// Too many requests (429).
    RateLimit,
    /// The prompt does not fit the model.
    ContextWindow,
    /// A content filter refused.
    ContentPolicy,
    /// The provider failed (500).
    InternalServer,
    /// The provider is not available (502, 503, 529).
    ServiceUnavailable,
    /// Anything else.
    Other,
}

impl FailureClass {
    /// The class's name in LiteLLM's policies.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::BadRequest | Self::ContextWindow => "BadRequestError",
            Self::Authentication => "AuthenticationError",
            Self::NotFound => "NotFoundError",
            Self::Timeout => "TimeoutError",
            Self::RateLimit => "RateLimitError",
            Self::ContentPolicy => "ContentPolicyViolationError",
            Self::InternalServer => "InternalServerError",
            Self::ServiceUnavailable => "ServiceUnavailableError",
            Self::PermissionDenied | Self::Other => return None,
        })
    }
}
