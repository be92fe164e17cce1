//! Counting a request's tokens: "Count tokens in a Message", Vertex AI "Count tokens for Claude models", Amazon Bedrock
//! "CountTokens".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::format::Counting;
use crate::provider::claude::{Delivery, Framing, Host};
use crate::{ChatRequest, Cx, Object, ProviderRequest, TransformError};

use super::Written;

/// What a request for an answer says and the question does not.
const NOT_ASKED: [&str; 9] = [
    "anthropic_version",
    "max_tokens",
    "metadata",
    "service_tier",
    "stop_sequences",
    "stream",
    "temperature",
    "top_k",
    "top_p",
];

/// Writes the question.
///
/// # Errors
/// [`TransformError`] when the host or the model does not take the request, or it needs files.
pub(in crate::anthropic) fn count(
    cx: &Cx<'_>,
    host: &'static Host,
    sent: &ChatRequest,
) -> Result<Counting, TransformError> {
    let Written { headers, mut body, dropped } = super::write(cx, host, sent)?;
    let body = if host.framing == Framing::Aws {
        body.entry("max_tokens").or_insert_with(|| 1.into());
        invocation(&body)
    } else {
        body.retain(|name, _| !NOT_ASKED.contains(&name.as_str()));
        body.entry("model").or_insert_with(|| cx.model.into());
        Value::Object(body)
    };
    let (url, auth) = (host.address)(cx, Delivery::Count)?;
    let body = Bytes::from(body.to_string());
    let request = ProviderRequest { method: http::Method::POST, url, headers, body, auth, dropped };
    Ok(Counting { request, read })
}

/// Bedrock counts what would be invoked.
fn invocation(body: &Object) -> Value {
    let body = serde_json::to_vec(body).unwrap_or_default();
    json!({"input": {"invokeModel": {"body": STANDARD.encode(body)}}})
}

fn read(answer: &[u8]) -> Option<u64> {
    let answer: Object = serde_json::from_slice(answer).ok()?;
    ["input_tokens", "inputTokens"].into_iter().find_map(|it| answer.get(it)?.as_u64())
}
