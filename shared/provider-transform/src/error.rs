//! Typed failures: of a translation, and of a provider.

/// A request that cannot be translated; always the client's (or the configuration's) fault.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TransformError {
    /// Parameters that the provider does not take; `drop_params` would remove them.
    #[error("{provider} does not support parameters: {}", params.join(", "))]
    Unsupported {
        /// The parameters' names.
        params: Vec<String>,
        /// The provider's slug.
        provider: &'static str,
    },
    /// A parameter with a value nobody can use.
    #[error("invalid `{param}`: {message}")]
    Invalid {
        /// The parameter's path.
        param: String,
        /// What is wrong with it.
        message: String,
    },
    /// The body is no JSON object.
    #[error("the request body is not a JSON object: {message}")]
    MalformedJson {
        /// Where and why reading stopped.
        message: String,
    },
    /// No provider could be derived from the model's name.
    #[error("no provider is known for model `{model}`; write it as `provider/model`")]
    UnknownProvider {
        /// The name as given.
        model: String,
    },
    /// The provider takes bytes where the request names URLs: ask again with these in [`crate::Cx::files`].
    #[error("{} files have to be downloaded first", urls.len())]
    NeedsFiles {
        /// What to download.
        urls: Vec<String>,
    },
    /// The provider is known, the operation is not spoken to it.
    #[error("{provider} has no {operation}")]
    NoOperation {
        /// The provider's slug.
        provider: &'static str,
        /// `chat`, ...
        operation: &'static str,
    },
}

/// LiteLLM's exception classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is LiteLLM's class of that name")]
pub enum ErrorClass {
    BadRequest,
    UnsupportedParams,
    ContextWindow,
    ContentPolicy,
    ImageFetch,
    Authentication,
    PaymentRequired,
    PermissionDenied,
    NotFound,
    Timeout,
    UnprocessableEntity,
    RateLimit,
    InternalServer,
    BadGateway,
    ServiceUnavailable,
    Api,
    ApiConnection,
}

impl ErrorClass {
    /// LiteLLM's name of the class.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequestError",
            Self::UnsupportedParams => "UnsupportedParamsError",
            Self::ContextWindow => "ContextWindowExceededError",
            Self::ContentPolicy => "ContentPolicyViolationError",
            Self::ImageFetch => "ImageFetchError",
            Self::Authentication => "AuthenticationError",
            Self::PaymentRequired => "PaymentRequiredError",
            Self::PermissionDenied => "PermissionDeniedError",
            Self::NotFound => "NotFoundError",
            Self::Timeout => "Timeout",
            Self::UnprocessableEntity => "UnprocessableEntityError",
            Self::RateLimit => "RateLimitError",
            Self::InternalServer => "InternalServerError",
            Self::BadGateway => "BadGatewayError",
            Self::ServiceUnavailable => "ServiceUnavailableError",
            Self::Api => "APIError",
            Self::ApiConnection => "APIConnectionError",
        }
    }

    /// The `type` of the error object in OpenAI's format, given the status it is answered with.
    pub fn kind(self, status: u16) -> &'static str {
        match (self, status) {
            (Self::RateLimit, _) => "throttling_error",
            (_, 401) => "authentication_error",
            (_, 403) => "permission_error",
            (_, 429) => "rate_limit_error",
            (_, 400..=499) => "invalid_request_error",
            _ => "internal_server_error",
        }
    }
}

/// A provider's refusal or fault: an error status, an error inside a stream, or an answer nobody can read.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{provider} answered {status}: {message}")]
pub struct ProviderError {
    /// LiteLLM's class.
    pub class: ErrorClass,
    /// HTTP status that a caller should see.
    pub status: u16,
    /// The provider's own words.
    pub message: String,
    /// The provider's `type`.
    pub kind: Option<String>,
    /// The parameter the provider complains about.
    pub param: Option<String>,
    /// The provider's `code`.
    pub code: Option<String>,
    /// The provider's slug.
    pub provider: &'static str,
}

/// A type of OpenAI's own that clients act on ("Image generation", moderation).
const IMAGE_USER_ERROR: &str = "image_generation_user_error";

impl ProviderError {
    /// An error of `class` with the provider's words and nothing else.
    pub fn new(provider: &'static str, class: ErrorClass, status: u16, message: impl Into<String>) -> Self {
        Self { class, status, message: message.into(), kind: None, param: None, code: None, provider }
    }

    /// An answer with a good status that cannot be read.
    pub fn unreadable(provider: &'static str, message: impl Into<String>) -> Self {
        Self::new(provider, ErrorClass::Api, 500, message)
    }

    /// The `type` of the error object in OpenAI's format.
    pub fn openai_type(&self) -> &'static str {
        match self.kind.as_deref() {
            Some(IMAGE_USER_ERROR) => IMAGE_USER_ERROR,
            _ => self.class.kind(self.status),
        }
    }

    /// A stream that stopped before its end.
    pub fn cut(provider: &'static str) -> Self {
        Self::new(provider, ErrorClass::ApiConnection, 500, "the stream ended before its finish_reason")
    }
}
