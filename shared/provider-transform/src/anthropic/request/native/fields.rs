//! Fields beside the conversation.

use serde_json::{Value, json};

use crate::provider::claude::{Feature, Host, SchemaField};
use crate::{Cx, Object, TransformError};

use super::super::dropped::Dropped;
use super::super::thinking;

/// Fields of "Create a Message". With `drop_params` any other is left out; sorted.
const KNOWN: [&str; 21] = [
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "metadata",
    "output_config",
    "output_format",
    "reasoning_effort",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// Adapts the fields to host and model.
pub(super) fn adapt(
    cx: &Cx<'_>,
    host: &Host,
    params: &mut Object,
    dropped: &mut Dropped,
) -> Result<(), TransformError> {
    if dropped.may_drop() {
        let unknown: Vec<_> = params.keys().filter(|it| KNOWN.binary_search(&it.as_str()).is_err()).cloned().collect();
        unknown.iter().for_each(|it| remove(params, it, dropped));
    }
    if !host.has_stream_field {
        params.shift_remove("stream");
    }
    identify(params, dropped);
    if !host.has(Feature::ServiceTier) {
        remove(params, "service_tier", dropped);
    }
    if !host.has(Feature::McpServers) && params.shift_remove("mcp_servers").is_some() {
        dropped.unsupported("mcp_servers");
    }
    search(host, params)?;
    sample(cx, params, dropped);
    think(cx, host, params, dropped)?;
    format(host, params);
    Ok(())
}

/// Cache marks without the scopes that only Anthropic's own API knows ("Prompt caching").
pub(super) fn strip_scopes(host: &Host, params: &mut Object, turns: &mut [Object]) {
    if host.has(Feature::CacheScope) {
        return;
    }
    let lists = ["system", "tools"].map(|it| params.get_mut(it).map(Value::take));
    for (name, list) in ["system", "tools"].into_iter().zip(lists) {
        if let Some(mut list) = list {
            strip_scope(&mut list);
            params.insert(name.into(), list);
        }
    }
    turns.iter_mut().filter_map(|it| it.get_mut("content")).for_each(strip_scope);
}

/// The same for one list of blocks, or of what carries marks like blocks.
pub(in super::super) fn strip_scope(blocks: &mut Value) {
    for block in blocks.as_array_mut().into_iter().flatten() {
        if let Some(mark) = block.get_mut("cache_control").and_then(Value::as_object_mut) {
            mark.shift_remove("scope");
        }
        if let Some(inner) = block.get_mut("content") {
            strip_scope(inner);
        }
    }
}

/// Of `metadata` Anthropic takes the user's id alone.
fn identify(params: &mut Object, dropped: &mut Dropped) {
    let Some(Value::Object(metadata)) = params.get_mut("metadata") else { return };
    metadata.retain(|name, _| {
        let is_kept = name == "user_id";
        if !is_kept {
            dropped.note(&format!("metadata.{name}"));
        }
        is_kept
    });
    if metadata.is_empty() {
        params.shift_remove("metadata");
    }
}

fn search(host: &Host, params: &Object) -> Result<(), TransformError> {
    let tools = params.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_search = |it: &Value| it["type"].as_str().is_some_and(|it| it.starts_with("web_search"));
    match tools.iter().position(is_search).filter(|_| !host.has(Feature::WebSearch)) {
        Some(at) => Err(TransformError::Invalid {
            param: format!("tools[{at}].type"),
            message: "web search is not to be had on this host".into(),
        }),
        None => Ok(()),
    }
}

fn sample(cx: &Cx<'_>, params: &mut Object, dropped: &mut Dropped) {
    if cx.info.supports.sampling_params != Some(false) {
        return;
    }
    for name in ["temperature", "top_p", "top_k"] {
        let is_default = name == "temperature" && params.get(name).and_then(Value::as_f64) == Some(1.0);
        if !is_default && params.shift_remove(name).is_some() {
            dropped.unsupported(name);
        }
    }
}

/// Thinking stays as sent unless the model knows the other way of thinking alone, or the client asks in OpenAI's way.
fn think(cx: &Cx<'_>, host: &Host, params: &mut Object, dropped: &mut Dropped) -> Result<(), TransformError> {
    let supports = &cx.info.supports;
    let (adapts, has_budget) = (supports.adaptive_thinking == Some(true), supports.legacy_thinking == Some(true));
    let asked = params.shift_remove("reasoning_effort");
    let kind = params.get("thinking").and_then(|it| it["type"].as_str()).unwrap_or_default();
    let is_other = match kind {
        "enabled" => adapts && !has_budget,
        "adaptive" => supports.reasoning == Some(true) && !adapts,
        "disabled" => cx.info.thinking_always_on == Some(true),
        _ => asked.is_some(),
    };
    if !is_other {
        if asked.is_some() {
            dropped.note("reasoning_effort");
        }
        return Ok(());
    }
    let thinking = params.shift_remove("thinking");
    let limit = params.get("max_tokens").and_then(Value::as_u64);
    let decided = thinking::decide(cx, asked.as_ref(), thinking.as_ref(), limit, dropped)?;
    if decided.budget.is_some() {
        params.insert("max_tokens".into(), thinking::max_tokens(cx, host, limit, decided.budget).into());
    }
    params.extend(decided.param.map(|it| ("thinking".to_owned(), Value::Object(it))));
    if let Some(effort) = decided.effort {
        let config = params.entry("output_config").or_insert_with(|| json!({}));
        if let Some(config) = config.as_object_mut() {
            config.entry("effort").or_insert_with(|| effort.into());
        }
    }
    if kind_is_adaptive(thinking.as_ref()) && supports.output_config != Some(true) {
        drop_effort(params, dropped);
    }
    Ok(())
}

fn kind_is_adaptive(thinking: Option<&Value>) -> bool {
    thinking.is_some_and(|it| it["type"] == "adaptive")
}

/// Models with budgets alone take no effort ("Effort").
fn drop_effort(params: &mut Object, dropped: &mut Dropped) {
    let Some(Value::Object(config)) = params.get_mut("output_config") else { return };
    if config.shift_remove("effort").is_some() {
        dropped.note("output_config.effort");
    }
    if config.is_empty() {
        params.shift_remove("output_config");
    }
}

fn format(host: &Host, params: &mut Object) {
    if host.schema_field != SchemaField::OutputConfig {
        return;
    }
    let Some(format) = params.shift_remove("output_format") else { return };
    let config = params.entry("output_config").or_insert_with(|| json!({}));
    if let Some(config) = config.as_object_mut() {
        config.entry("format").or_insert(format);
    }
}

fn remove(params: &mut Object, name: &str, dropped: &mut Dropped) {
    if params.shift_remove(name).is_some() {
        dropped.note(name);
    }
}
