//! A request that is Google's already: the deployment's defaults are added, what was set goes before what was sent.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;

use crate::gemini::wire::snake;
use crate::provider::GoogleService;
use crate::rules::prepare;
use crate::{ChatRequest, Cx, Object, ProviderRequest, TransformError};

use super::params::{self, Fields};
use super::{address, invalid, merge, note};

/// Adapts `sent` to the deployment; `set` are parameters in OpenAI's words that go before it.
///
/// # Errors
/// [`TransformError`] when the deployment cannot be addressed or a parameter cannot be set.
pub(in crate::gemini) fn render(
    cx: &Cx<'_>,
    service: GoogleService,
    sent: &Object,
    set: &Object,
    is_stream: bool,
) -> Result<ProviderRequest, TransformError> {
    let chat = ChatRequest { model: cx.model.to_owned(), messages: Vec::new(), params: set.clone() };
    let mut prepared = prepare(cx, &chat, &|name| params::is_supported(cx, service, name))?;
    for name in ["metadata", "user"] {
        prepared.remove(name);
    }
    let fields = params::own(cx, service, &mut prepared)?;
    let mut dropped = std::mem::take(&mut prepared.dropped);
    fields.dropped.iter().for_each(|it| note(&mut dropped, it));
    let mut body = sent.clone();
    if service == GoogleService::AiStudio && body.shift_remove("labels").is_some() {
        note(&mut dropped, "labels");
    }
    let mut headers = prepared.headers.clone();
    headers.extend(fields.headers.clone());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    add(&mut body, fields, set, &prepared.params)?;
    let mut body = Value::Object(body);
    merge(&mut body, &prepared.extra_body);
    let is_cached = ["cachedContent", "cached_content"].iter().any(|it| body.get(it).is_some());
    Ok(ProviderRequest {
        method: http::Method::POST,
        url: address::url(cx, service, address::method(is_stream), is_cached)?,
        headers,
        body: Bytes::from(body.to_string()),
        auth: cx.provider.auth.clone(),
        dropped,
    })
}

/// Adds fields that were set, and those of the deployment's defaults that the request does not have.
fn add(body: &mut Object, fields: Fields, set: &Object, asked: &Object) -> Result<(), TransformError> {
    let Fields { mut config, top, .. } = fields;
    if !asked.contains_key("temperature") {
        config.shift_remove("temperature");
    }
    for (name, value) in top {
        if spelled(body, &name).is_none() {
            body.insert(name, value);
        }
    }
    if config.is_empty() {
        return Ok(());
    }
    let name = spelled(body, "generationConfig").unwrap_or_else(|| "generationConfig".to_owned());
    let sent = body.entry(name).or_insert_with(|| Value::Object(Object::new()));
    let sent = sent.as_object_mut().ok_or_else(|| invalid("generationConfig", "must be an object"))?;
    for (name, value) in config {
        match spelled(sent, &name) {
            Some(own) if is_set(set, &name) => drop(sent.insert(own, value)),
            Some(_) => {}
            None => drop(sent.insert(name, value)),
        }
    }
    Ok(())
}

/// Whether a field of `GenerationConfig` comes of what was set.
fn is_set(set: &Object, name: &str) -> bool {
    let words: &[&str] = match &*snake(name) {
        "max_output_tokens" => &["max_tokens", "max_completion_tokens"],
        "candidate_count" => &["n"],
        "stop_sequences" => &["stop"],
        "response_logprobs" => &["logprobs"],
        "logprobs" => &["top_logprobs"],
        "response_modalities" => &["modalities"],
        "speech_config" => &["audio"],
        "thinking_config" => &["reasoning_effort", "thinking"],
        _ => &[],
    };
    set.contains_key(name) || set.contains_key(&snake(name)) || words.iter().any(|it| set.contains_key(*it))
}

/// The spelling in which an object has a field.
fn spelled(object: &Object, name: &str) -> Option<String> {
    object.keys().find(|it| *it == name || snake(it) == snake(name)).cloned()
}
