//! Answers that a provider keeps, by their id: read, deleted, cancelled ("Get a model response" and its neighbours).

use http::Method;
use serde_json::Value;

use super::native;
use crate::openai::{address, error, request};
use crate::rules;
use crate::{ChatRequest, Cx, Object, ProviderError, ProviderRequest, TransformError};

/// What is done to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `GET /responses/{id}`.
    Get,
    /// `DELETE /responses/{id}`.
    Delete,
    /// `POST /responses/{id}/cancel`.
    Cancel,
    /// `GET /responses/{id}/input_items`.
    InputItems,
}

/// Whether the provider keeps answers.
#[must_use]
pub fn keeps(cx: &Cx<'_>) -> bool {
    native::speaks(cx)
}

/// The request for an answer, by the provider's id. `query` is the caller's, such as `limit=20`.
///
/// # Errors
/// [`TransformError`] when the provider has no address.
pub fn request(cx: &Cx<'_>, action: Action, id: &str, query: &str) -> Result<ProviderRequest, TransformError> {
    let (url, auth) = address::find(cx, address::RESPONSES)?;
    let chat = ChatRequest { model: cx.model.to_owned(), messages: Vec::new(), params: Object::new() };
    let prepared = rules::prepare(cx, &chat, &|_| true)?;
    let (method, suffix) = match action {
        Action::Get => (Method::GET, ""),
        Action::Delete => (Method::DELETE, ""),
        Action::Cancel => (Method::POST, "/cancel"),
        Action::InputItems => (Method::GET, "/input_items"),
    };
    Ok(ProviderRequest {
        method,
        url: address::beneath(&url, &format!("/{}{suffix}", escape(id)), query),
        headers: request::headers(cx, prepared.headers),
        body: bytes::Bytes::new(),
        auth,
        dropped: prepared.dropped,
    })
}

/// What the provider answered, with the id that the caller knows.
///
/// # Errors
/// [`ProviderError`] when the body is no JSON object.
pub fn answer(cx: &Cx<'_>, body: &[u8], id: &str, shown: &str) -> Result<Object, ProviderError> {
    let unreadable = |_| ProviderError::unreadable(cx.provider.slug, "the answer is no JSON object");
    let mut body: Object = serde_json::from_slice(body).map_err(unreadable)?;
    if body.get("id").and_then(Value::as_str) == Some(id) {
        body.insert("id".into(), shown.into());
    }
    Ok(body)
}

/// A refusal.
#[must_use]
pub fn failure(cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
    error::parse(cx.provider.slug, status, body)
}

/// An id as one segment of a path.
fn escape(id: &str) -> String {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.' | b'~');
    id.bytes().map(|it| if is_plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}
