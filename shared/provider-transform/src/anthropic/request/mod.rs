//! A chat request in OpenAI's shape as a request to Anthropic's "Create a Message".

pub(crate) mod betas;
mod choice;
pub(crate) mod content;
pub(crate) mod dropped;
mod fit;
pub(crate) mod media;
pub(crate) mod messages;
pub(super) mod native;
pub(crate) mod params;
pub(crate) mod schema;
pub(crate) mod structured;
pub(crate) mod thinking;
pub(crate) mod tools;

pub(crate) use thinking::ANSWER_ROOM;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::rules::{Prepared, prepare};
use crate::{ChatRequest, Cx, Object, ProviderRequest, TransformError};

use super::wire::{Block, Body, ResultContent, Tool};
use crate::provider::claude::{Delivery, Host, SchemaField};
use betas::Betas;
use dropped::Dropped;
use messages::Conversation;
use structured::Format;
use tools::Strict;

const BETA: HeaderName = HeaderName::from_static("anthropic-beta");
const VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// Translates a request. Errors when it is invalid, or says something that Anthropic has no form for.
pub(super) fn render(cx: &Cx<'_>, host: &'static Host, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
    let mut prepared = prepare(cx, req, &|name| params::is_supported(cx, host, name))?;
    fit::fit(cx, host, &mut prepared)?;
    let mut dropped = Dropped::new(cx.provider.slug, prepared.drop_params);
    let mut betas = Betas::new(host);
    let mut headers = prepared.headers.clone();
    if let Some(asked) = headers.remove(BETA) {
        for beta in betas.ask(asked.to_str().unwrap_or_default()) {
            dropped.note(&format!("anthropic-beta.{beta}"));
        }
    }
    let mut body = body(cx, host, &prepared, &mut betas, &mut dropped)?;
    let betas = betas.list();
    finish_headers(host, &mut headers, &betas);
    if host.has_betas_in_body {
        body.anthropic_beta = betas;
    }
    let body = serialize(&body, &prepared.extra_body)?;
    let (url, auth) = (host.address)(cx, if req.is_stream() { Delivery::Stream } else { Delivery::Whole })?;
    let left_out = prepared.dropped.clone();
    Ok(ProviderRequest { method: http::Method::POST, url, headers, body, auth, dropped: dropped.check(left_out)? })
}

/// What `reasoning_effort` is in Anthropic's `thinking`, for hosts with a protocol of their own; `None` for no thinking.
pub(crate) fn thinking_of_effort(cx: &Cx<'_>, effort: &Value) -> Result<Option<Object>, TransformError> {
    let mut dropped = Dropped::new(cx.provider.slug, true);
    Ok(thinking::decide(cx, Some(effort), None, None, &mut dropped)?.param)
}

fn body<'a>(
    cx: &'a Cx<'_>,
    host: &'static Host,
    prepared: &'a Prepared<'_>,
    betas: &mut Betas,
    dropped: &mut Dropped,
) -> Result<Body<'a>, TransformError> {
    let sent = |name: &str| prepared.params.get(name).filter(|it| !it.is_null());
    let mut conversation = messages::render(cx, host, prepared, dropped)?;
    let asked = params::max_tokens(&prepared.params)?;
    let mut thinking = thinking::decide(cx, sent("reasoning_effort"), sent("thinking"), asked, dropped)?;
    let is_refused = thinking.budget.is_some() && conversation.last_call_thinks == Some(false);
    if is_refused && prepared.modify_params {
        // "When thinking is enabled, a final assistant message must start with a thinking block."
        dropped.note("thinking");
        thinking = thinking::Thinking::default();
    }
    let max_tokens = thinking::max_tokens(cx, host, asked, thinking.budget);
    let mut fields = params::own(cx, host, &prepared.params, betas, dropped)?;
    let format = structured::decide(cx, sent("response_format"))?;
    let tools = declare_tools(host, prepared, &conversation, &format, &mut fields, betas, dropped)?;
    if let Some(choice) = choice::decide(cx, prepared, &format, thinking.budget.is_some(), dropped)? {
        fields.insert("tool_choice".into(), Value::Object(choice));
    }
    match format {
        Format::Native(format) => {
            betas.insist(betas::STRUCTURED_OUTPUTS);
            set_format(host, format, &mut fields);
        }
        Format::Told => conversation.system.push(structured::instruction()),
        Format::Text | Format::Tool(_) => {}
    }
    set_thinking(thinking, &mut fields);
    if conversation.turns.iter().flat_map(|it| &it.content).any(needs_files) {
        betas.need(betas::FILES_API);
    }
    Ok(Body {
        model: host.version.is_none().then_some(cx.model),
        anthropic_version: host.version,
        anthropic_beta: Vec::new(),
        messages: conversation.turns,
        system: conversation.system,
        max_tokens,
        tools,
        fields,
    })
}

/// `None` when the request says nothing of tools; an empty list stays one.
fn declare_tools<'a>(
    host: &'static Host,
    prepared: &'a Prepared<'_>,
    conversation: &Conversation<'a>,
    format: &Format,
    fields: &mut Object,
    betas: &mut Betas,
    dropped: &mut Dropped,
) -> Result<Option<Vec<Tool<'a>>>, TransformError> {
    let sent = prepared.params.get("tools").filter(|it| !it.is_null());
    let is_structured = matches!(format, Format::Native(_)) || betas.has(betas::STRUCTURED_OUTPUTS);
    let strict = if is_structured { Strict::Taken } else { Strict::Left };
    let mut rendered = sent.map(|it| tools::render(it, host, strict, dropped)).transpose()?.unwrap_or_default();
    if let Some(sent) = sent {
        betas.need_for_tools(sent);
    }
    if !rendered.mcp_servers.is_empty() {
        let servers = fields.entry("mcp_servers").or_insert_with(|| Value::Array(Vec::new()));
        if let Some(servers) = servers.as_array_mut() {
            servers.append(&mut rendered.mcp_servers);
        }
    }
    if let Some(options) = prepared.params.get("web_search_options").and_then(Value::as_object) {
        betas.need_for_kind("web_search");
        rendered.tools.push(tools::web_search(options, "web_search_options")?);
    }
    if rendered.tools.is_empty() && conversation.has_tool_blocks {
        rendered.tools.push(tools::dummy());
    }
    if let Format::Tool(definition) = format {
        rendered.tools.insert(0, Tool::Owned(definition.clone()));
    }
    Ok((sent.is_some() || !rendered.tools.is_empty()).then_some(rendered.tools))
}

fn set_format(host: &Host, format: Object, fields: &mut Object) {
    match host.schema_field {
        SchemaField::OutputFormat => {
            fields.insert("output_format".into(), Value::Object(format));
        }
        SchemaField::OutputConfig => config(fields, "format", Value::Object(format)),
    }
}

/// Adds to `output_config`, where the client's own word stands.
fn config(fields: &mut Object, name: &str, value: Value) {
    let config = fields.entry("output_config").or_insert_with(|| Value::Object(Object::new()));
    if let Some(config) = config.as_object_mut() {
        config.entry(name).or_insert(value);
    }
}

fn set_thinking(thinking: thinking::Thinking, fields: &mut Object) {
    if let Some(param) = thinking.param {
        fields.insert("thinking".into(), Value::Object(param));
    }
    if let Some(effort) = thinking.effort {
        config(fields, "effort", effort.into());
    }
}

fn needs_files(block: &Block<'_>) -> bool {
    match block {
        Block::ToolResult { content: ResultContent::Blocks(blocks), .. } => blocks.iter().any(media::is_stored),
        block => media::is_stored(block),
    }
}

fn serialize(body: &Body<'_>, extra: &Object) -> Result<Bytes, TransformError> {
    let failed = |it: serde_json::Error| invalid("messages".to_owned(), it.to_string());
    if extra.is_empty() {
        return serde_json::to_vec(body).map(Bytes::from).map_err(failed);
    }
    let mut whole: Object = match serde_json::to_value(body).map_err(failed)? {
        Value::Object(whole) => whole,
        _ => Object::new(),
    };
    whole.extend(extra.clone());
    serde_json::to_vec(&whole).map(Bytes::from).map_err(failed)
}

fn finish_headers(host: &Host, headers: &mut HeaderMap, betas: &[String]) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if host.has_version_header {
        headers.entry(VERSION).or_insert(HeaderValue::from_static("2023-06-01"));
    }
    if let Some(value) = HeaderValue::try_from(betas.join(",")).ok().filter(|it| !it.is_empty()) {
        headers.insert(BETA, value);
    }
}

fn invalid(param: String, message: impl Into<String>) -> TransformError {
    TransformError::Invalid { param, message: message.into() }
}
