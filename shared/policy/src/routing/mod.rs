//! Routing: which deployments may answer, when to try again, where to go then, and which deployments rest.

mod settings;

pub use settings::{AllowedFails, Fallback, Fallbacks, GroupAlias, InvalidFallbacks, RetryPolicy};

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
