//! What Amazon Bedrock's two protocols share: model ids, addresses, signing, failures.

pub mod chat;
pub(crate) mod embeddings;
pub(crate) mod images;
mod model;
pub(crate) mod rerank;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

pub use model::{ModelId, Protocol, Route};

use crate::recognise::recognise;
use crate::{Auth, Cx, ErrorClass, ProviderError, event_stream};

/// Region of calls that nothing else places; LiteLLM's default.
const DEFAULT_REGION: &str = "us-west-2";
/// Longest part of a body that is no error object and is shown as its message.
const MOST_TEXT: usize = 500;

/// An operation of Bedrock's runtime ("Actions, Amazon Bedrock Runtime").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Converse,
    ConverseStream,
    Invoke,
    InvokeStream,
    CountTokens,
    /// `InvokeModel` beside conversations, where LiteLLM escapes the colon.
    InvokeEscaped,
}

impl Operation {
    fn path(self) -> &'static str {
        match self {
            Self::Converse => "converse",
            Self::ConverseStream => "converse-stream",
            Self::Invoke | Self::InvokeEscaped => "invoke",
            Self::InvokeStream => "invoke-with-response-stream",
            Self::CountTokens => "count-tokens",
        }
    }

    /// LiteLLM leaves the colon of a version alone where it calls `invoke`; Bedrock reads either.
    fn keeps(self, byte: u8) -> bool {
        let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        is_plain || (byte == b':' && matches!(self, Self::Invoke | Self::InvokeStream))
    }
}

/// The URL of an operation on the deployment's model.
pub(crate) fn url(cx: &Cx<'_>, operation: Operation) -> String {
    let text = |name: &str| cx.params.get(name).and_then(|it| it.as_str()).filter(|it| !it.is_empty());
    let base = ["api_base", "base_url", "aws_bedrock_runtime_endpoint"].into_iter().find_map(text);
    let mut url = match base {
        Some(base) => base.trim_end_matches('/').to_owned(),
        None => {
            let region = region(cx);
            let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
            format!("https://bedrock-runtime.{region}.{domain}")
        }
    };
    url.push_str("/model/");
    let model = ModelId::parse(cx.model);
    // "CountTokens" takes models, not profiles of inference in several regions.
    let own = if operation == Operation::CountTokens { model.base } else { model.id };
    for byte in text("model_id").unwrap_or(own).bytes() {
        if operation.keeps(byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            write!(url, "%{byte:02X}").ok();
        }
    }
    url.push('/');
    url.push_str(operation.path());
    url
}

/// Signature of a call to Bedrock's runtime.
pub(crate) fn auth(cx: &Cx<'_>) -> Auth {
    Auth::Aws { service: "bedrock", region: region(cx).to_owned() }
}

/// The deployment's region, else the one that the model's id names.
pub(crate) fn region<'a>(cx: &Cx<'a>) -> &'a str {
    let text = |name: &str| cx.params.get(name).and_then(|it| it.as_str());
    let id = || text("model_id").and_then(model::arn_region);
    text("aws_region_name")
        .filter(|it| model::is_region(it))
        .or_else(id)
        .or(ModelId::parse(cx.model).region)
        .unwrap_or(DEFAULT_REGION)
}

/// An answer with an error status ("Error responses": `{"message": ...}`).
pub(crate) fn error(provider: &'static str, status: u16, body: &[u8]) -> ProviderError {
    let (class, status, message) = classify(Some(status), body);
    ProviderError::new(provider, class, status, message)
}

/// A failure inside an event stream, by the status of its exception ("InvokeModelWithResponseStream", errors).
pub(crate) fn exception(provider: &'static str, message: &event_stream::Message<'_>) -> ProviderError {
    let body = if message.error.is_empty() { message.payload } else { message.error.as_bytes() };
    let (class, status, text) = classify(status_of(message.name), body);
    let mut error = ProviderError::new(provider, class, status, text);
    error.kind = Some(message.name.to_owned()).filter(|it| !it.is_empty());
    error
}

fn status_of(exception: &str) -> Option<u16> {
    let bytes = exception.as_bytes();
    let statuses: [(&str, u16); 8] = [
        ("validationException", 400),
        ("accessDeniedException", 403),
        ("resourceNotFoundException", 404),
        ("modelTimeoutException", 408),
        ("modelStreamErrorException", 424),
        ("throttlingException", 429),
        // The call was accepted and the service gave up on it: what a caller should do is what 503 says.
        ("internalServerException", 503),
        ("serviceUnavailableException", 503),
    ];
    statuses.iter().find(|(name, _)| bytes.eq_ignore_ascii_case(name.as_bytes())).map(|(_, status)| *status)
}

fn classify(status: Option<u16>, body: &[u8]) -> (ErrorClass, u16, String) {
    #[derive(serde::Deserialize)]
    struct Failure {
        #[serde(alias = "Message")]
        message: String,
    }
    let message = serde_json::from_slice::<Failure>(body).map_or_else(
        |_| String::from_utf8_lossy(body).trim().chars().take(MOST_TEXT).collect(),
        |failure| failure.message,
    );
    // Bedrock says so in its words too, whatever the status ("Throttling errors").
    if message.to_ascii_lowercase().contains("throttlingexception") {
        return (ErrorClass::RateLimit, 429, message);
    }
    match recognise(status, &message) {
        (ErrorClass::Api, status @ 400..=499) => (ErrorClass::BadRequest, status, message),
        (class, status) => (class, status, message),
    }
}
