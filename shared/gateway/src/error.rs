use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use provider_transform::Fault;
use provider_transform::openai::format::error_object;
use serde_json::json;

use crate::Reply;

/// A refusal or failure as the caller sees it, and, apart from that, what the log may say of it.
#[derive(Debug, thiserror::Error)]
#[error("{status} {kind}: {message}")]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// LiteLLM's `type`, such as `auth_error`.
    pub kind: &'static str,
    /// LiteLLM's class of a provider's failure, such as `RateLimitError`.
    pub class: Option<&'static str>,
    /// LiteLLM's `param`.
    pub param: Param,
    /// Text for the caller. Never a library's own text, never a secret.
    pub message: String,
    /// Headers of the answer.
    pub headers: HeaderMap,
    /// The wire shape.
    pub shape: Shape,
    /// What lies beneath, for the log only.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What an error says about a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// JSON `null`.
    Null,
    /// The text `"None"`, which LiteLLM's authentication errors carry.
    NoneText,
    /// The parameter's name.
    Name(String),
}

/// The wire shape of an error's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `{"error":{"message","type","param","code"}}`.
    OpenAi,
    /// `{"detail":{"error":…}}`, which route refusals carry.
    Detail,
    /// `{"type":"error","error":{"type","message"},"request_id"}`, which callers of Anthropic's API expect.
    Anthropic,
    /// `{"error":{"code","message","status"}}`, which callers of Google's API expect.
    Google,
}

impl ApiError {
    /// An error in the OpenAI shape with `param` null.
    #[must_use]
    pub fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            class: None,
            param: Param::Null,
            message: message.into(),
            headers: HeaderMap::new(),
            shape: Shape::OpenAi,
            source: None,
        }
    }

    /// 400 `invalid_request_error`.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    /// 401 `auth_error` with the parameter text `"None"`.
    #[must_use]
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self { param: Param::NoneText, ..Self::new(StatusCode::UNAUTHORIZED, "auth_error", message) }
    }

    /// 404 with LiteLLM's plain detail body.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { shape: Shape::Detail, ..Self::new(StatusCode::NOT_FOUND, "not_found_error", message) }
    }

    /// 503: state that the answer depends on cannot be read or written now.
    #[must_use]
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let message = "The gateway's store cannot be reached. Nothing was sent to the provider; try again.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "no_db_connection", message).because(source)
    }

    /// 500: a fault of this gateway.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let message = "The gateway failed to handle this request; its log says why.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", message).because(source)
    }

    /// Names the parameter at fault.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>) -> Self {
        self.param = Param::Name(name.into());
        self
    }

    /// Keeps what lies beneath, for the log.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds a header to the answer; one whose value is not a valid header value is left out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// What an incoming format writes at the end of a stream that fails.
    pub(crate) fn fault(&self) -> Fault {
        Fault {
            status: self.status.as_u16(),
            kind: self.kind.to_owned(),
            code: Some(self.status.as_str().to_owned()),
            param: match &self.param {
                Param::Null => None,
                Param::NoneText => Some("None".to_owned()),
                Param::Name(name) => Some(name.clone()),
            },
            message: self.message.clone(),
        }
    }

    /// The error object of the OpenAI shape.
    #[must_use]
    pub fn object(&self) -> serde_json::Value {
        error_object(&self.fault())
    }

    /// The same failure in another shape.
    #[must_use]
    pub fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    fn anthropic_object(&self) -> serde_json::Value {
        let mut object = provider_transform::messages::error_object(&self.fault());
        if let Some(id) = self.headers.get("x-litellm-call-id").and_then(|it| it.to_str().ok()) {
            object["request_id"] = id.into();
        }
        object
    }

    /// The whole answer.
    #[must_use]
    pub fn reply(&self) -> Reply {
        let body = match self.shape {
            Shape::OpenAi => self.object(),
            Shape::Detail => json!({"detail": self.message}),
            Shape::Anthropic => self.anthropic_object(),
            Shape::Google => provider_transform::google_native::error_object(&self.fault()),
        };
        let mut reply = Reply::json(self.status, &body);
        reply.headers.extend(self.headers.clone());
        reply
    }

    /// Logs the whole chain, once, at the boundary; the caller's own text only as far as it is ours.
    pub(crate) fn log(&self) {
        let mut chain = String::new();
        let mut source = self.source.as_deref().map(|it| it as &dyn std::error::Error);
        while let Some(error) = source {
            chain.push_str(": ");
            chain.push_str(&error.to_string());
            source = error.source();
        }
        let (status, kind) = (self.status.as_u16(), self.kind);
        if self.status.is_server_error() {
            tracing::error!(status, kind, cause = chain.strip_prefix(": "), "request failed");
        } else {
            tracing::info!(status, kind, cause = chain.strip_prefix(": "), "request refused");
        }
    }
}

#[cfg(test)]
mod tests;
