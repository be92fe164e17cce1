//! A chat request in OpenAI's shape as a request to Google's generateContent.

mod address;
mod media;
mod messages;
pub(super) mod native;
mod params;
mod schema;
mod structured;
mod thinking;
mod tools;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;

use crate::rules::prepare;
use crate::{ChatRequest, Cx, Object, ProviderRequest, TransformError};

use super::wire::request::{Body, Content, Part};
use crate::provider::GoogleService;
use params::Fields;
use structured::Format;

/// Translates a request. Errors when it is invalid, says something that Google has no form for, or names files that
/// have to be downloaded first.
pub(super) fn render(
    cx: &Cx<'_>,
    service: GoogleService,
    req: &ChatRequest,
) -> Result<ProviderRequest, TransformError> {
    let mut prepared = prepare(cx, req, &|name| params::is_supported(cx, service, name))?;
    let tools = tools::render(&mut prepared, cx, service)?;
    let mut fields = params::own(cx, service, &mut prepared)?;
    fields.tool_config.extend(tools.config);
    media::check(cx, service, &prepared.messages)?;
    let mut conversation = messages::render(cx, service, &prepared)?;
    let format = structured::decide(cx, &prepared.params, &mut fields.config)?;
    if let Format::Told(instruction) = format {
        messages::tell(&mut conversation.contents, instruction);
    }
    if let Some(level) = conversation.resolution {
        fields.config.entry("mediaResolution").or_insert_with(|| level.into());
    }
    let mut left_out = prepared.dropped.clone();
    for name in [&tools.dropped, &fields.dropped, &conversation.dropped].into_iter().flatten() {
        note(&mut left_out, name);
    }
    let mut headers = prepared.headers.clone();
    headers.extend(fields.headers.drain());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let is_cached = fields.top.contains_key("cachedContent");
    let body = body(conversation.contents, conversation.system, tools.tools, fields);
    Ok(ProviderRequest {
        method: http::Method::POST,
        url: address::url(cx, service, address::method(req.is_stream()), is_cached)?,
        headers,
        body: serialize(&body, &prepared.extra_body)?,
        auth: cx.provider.auth.clone(),
        dropped: left_out,
    })
}

fn body<'a>(contents: Vec<Content<'a>>, system: Vec<Part<'a>>, tools: Vec<Object>, fields: Fields) -> Body<'a> {
    Body {
        contents,
        system_instruction: (!system.is_empty()).then_some(Content { role: None, parts: system }),
        tools,
        tool_config: fields.tool_config,
        generation_config: fields.config,
        fields: fields.top,
    }
}

fn serialize(body: &Body<'_>, extra: &Object) -> Result<Bytes, TransformError> {
    let failed = |it: serde_json::Error| invalid("messages", it.to_string());
    if extra.is_empty() {
        return serde_json::to_vec(body).map(Bytes::from).map_err(failed);
    }
    let mut whole = serde_json::to_value(body).map_err(failed)?;
    merge(&mut whole, extra);
    serde_json::to_vec(&whole).map(Bytes::from).map_err(failed)
}

/// Objects are merged, so that one field of `generationConfig` does not replace all; other values are replaced.
fn merge(into: &mut Value, extra: &Object) {
    let Some(fields) = into.as_object_mut() else { return };
    for (name, value) in extra {
        match (fields.get_mut(name), value) {
            (Some(have @ Value::Object(_)), Value::Object(inner)) => merge(have, inner),
            _ => drop(fields.insert(name.clone(), value.clone())),
        }
    }
}

fn invalid(param: impl Into<String>, message: impl Into<String>) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}

/// Notes what is left out, once.
fn note(dropped: &mut Vec<String>, name: &str) {
    if !dropped.iter().any(|it| it == name) {
        dropped.push(name.to_owned());
    }
}
