//! What a host cannot take in a chat request, made into what it can: scopes of cache marks, addresses of files.

use serde_json::Value;

use crate::provider::claude::{Feature, Fetches, Host};
use crate::rules::Prepared;
use crate::{Cx, Object, TransformError};

use super::media;
use super::native::{fields, files};

/// Adapts messages and tools. Errors with every file that the host does not download itself and that is not here.
pub(super) fn fit(cx: &Cx<'_>, host: &'static Host, prepared: &mut Prepared<'_>) -> Result<(), TransformError> {
    if !host.has(Feature::CacheScope) {
        strip_scopes(prepared);
    }
    let mut missing = media::missing(cx, host, &prepared.messages);
    let names_url = |it: &Object| it.get("content").is_some_and(names_url);
    if host.fetches == Fetches::Nothing && prepared.messages.iter().any(|it| names_url(&it.0)) {
        for content in prepared.messages.to_mut().iter_mut().filter_map(|it| it.0.get_mut("content")) {
            files::replace(cx, content, &mut missing);
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(TransformError::NeedsFiles { urls: missing }) }
}

fn strip_scopes(prepared: &mut Prepared<'_>) {
    let is_scoped = |it: &Object| has_scope(it.get("cache_control")) || it.get("content").is_some_and(is_scoped);
    if prepared.messages.iter().any(|it| is_scoped(&it.0)) {
        for message in prepared.messages.to_mut() {
            let mut one = Value::Array(vec![Value::Object(std::mem::take(&mut message.0))]);
            fields::strip_scope(&mut one);
            if let Some(Value::Object(fields)) = one.as_array_mut().and_then(Vec::pop) {
                message.0 = fields;
            }
        }
    }
    let Some(tools) = prepared.params.get_mut("tools") else { return };
    fields::strip_scope(tools);
    for tool in tools.as_array_mut().into_iter().flatten() {
        if let Some(mark) = tool.pointer_mut("/function/cache_control").and_then(Value::as_object_mut) {
            mark.shift_remove("scope");
        }
    }
}

fn is_scoped(blocks: &Value) -> bool {
    let is_one = |it: &Value| has_scope(it.get("cache_control")) || it.get("content").is_some_and(is_scoped);
    blocks.as_array().is_some_and(|it| it.iter().any(is_one))
}

fn has_scope(mark: Option<&Value>) -> bool {
    mark.is_some_and(|it| it.get("scope").is_some())
}

/// Whether a block of Anthropic's own names a file by its address.
fn names_url(blocks: &Value) -> bool {
    let is_one = |it: &Value| {
        it.pointer("/source/type").is_some_and(|it| it == "url") || it.get("content").is_some_and(names_url)
    };
    blocks.as_array().is_some_and(|it| it.iter().any(is_one))
}
