//! A chat request as OpenAI's API takes it.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, Method, header};
use serde::Serialize;
use serde_json::{Value, json};

use super::{address, compat, files, messages, models, structured};
use crate::provider::{CacheMarks, ChatParams};
use crate::rules::{self, Prepared};
use crate::{ChatRequest, Cx, Message, Object, ProviderRequest, TransformError};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: &'a [Message],
    #[serde(flatten)]
    params: &'a Object,
}

pub(super) fn render(cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
    let mut quirks = cx.provider.quirks;
    let is_openai_model = matches!(quirks.chat_params, ChatParams::OpenAiModels);
    quirks.developer_as_system &= !(is_openai_model && models::takes_developers(cx.model));
    // OpenAI keeps metadata of stored answers only ("Create chat completion", metadata); ours is for the gateway.
    let keeps_metadata = req.params.get("store") == Some(&Value::Bool(true)) && is_supported(cx, "store");
    let is_supported_here = |param: &str| is_supported(cx, param) || (param == "metadata" && keeps_metadata);
    let mut prepared = rules::prepare(cx, req, &is_supported_here)?;
    if is_openai_model {
        models::adapt(cx, &mut prepared)?;
    }
    structured::adapt(cx, &mut prepared)?;
    compat::adapt(cx, &mut prepared)?;
    ask_for_usage(cx, &mut prepared);
    if quirks.cache_marks == CacheMarks::Strip {
        messages::strip_tool_marks(&mut prepared.params);
    }
    let extra = std::mem::take(&mut prepared.extra_body);
    for (name, value) in extra {
        prepared.params.insert(name, value);
    }
    if let Some(inlined) = files::inline(cx, &prepared.messages)? {
        prepared.messages = Cow::Owned(inlined);
    }
    let adapted = messages::adapt(&prepared.messages, &quirks);
    let messages = adapted.as_deref().unwrap_or(&prepared.messages);
    let (url, auth) = address::find(cx, address::CHAT)?;
    let body = Body { model: models::deployment(cx.model), messages, params: &prepared.params };
    let body = serde_json::to_vec(&body)
        .map_err(|it| TransformError::Invalid { param: "body".into(), message: it.to_string() })?;
    Ok(ProviderRequest {
        method: Method::POST,
        url,
        headers: headers(cx, prepared.headers),
        body: body.into(),
        auth,
        dropped: prepared.dropped,
    })
}

fn is_supported(cx: &Cx<'_>, param: &str) -> bool {
    cx.provider.quirks.takes(param, cx.model, &cx.info).unwrap_or_else(|| models::is_supported(cx, param))
}

/// Streams are metered: the provider is asked for usage even when the client did not ask.
fn ask_for_usage(cx: &Cx<'_>, prepared: &mut Prepared<'_>) {
    if cx.settings.always_include_stream_usage == Some(false) || !is_supported(cx, "stream_options") {
        return;
    }
    if prepared.params.get("stream") != Some(&Value::Bool(true)) {
        return;
    }
    let options = prepared.params.entry("stream_options").or_insert_with(|| json!({}));
    if let Some(options) = options.as_object_mut() {
        options.insert("include_usage".into(), Value::Bool(true));
    }
}

pub(crate) fn headers(cx: &Cx<'_>, extra: HeaderMap) -> HeaderMap {
    let mut headers = extra;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (param, name) in [("organization", "openai-organization"), ("project", "openai-project")] {
        let value = cx.params.get(param).and_then(Value::as_str).and_then(|it| HeaderValue::try_from(it).ok());
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
    headers
}
