//! A chat request in OpenAI's shape as a request to Bedrock's "Converse" or "ConverseStream".

mod betas;
mod cache;
mod content;
mod media;
mod messages;
mod params;
mod schema;
mod structured;
mod thinking;
mod told;
mod tools;
mod turn;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::anthropic::request::dropped::Dropped;
use crate::anthropic::request::params::max_tokens;
use crate::anthropic::request::structured::INSTRUCTION;
use crate::anthropic::request::thinking::limit;
use crate::anthropic::request::tools::JSON_TOOL;
use crate::bedrock::{self, ModelId, Operation};
use crate::rules::{Prepared, prepare};
use crate::{ChatRequest, Cx, Object, ProviderRequest, TransformError};

use super::wire::{Block, Body, ToolChoice, ToolConfig};
use betas::Betas;
use cache::Marks;
use content::Style;
use content::Writer;
use params::Params;
use structured::Format;
use thinking::Thinking;
use tools::{Taker, Tools};

const BETA: HeaderName = HeaderName::from_static("anthropic-beta");
/// Where Claude counts its thinking, which Converse's own usage leaves out.
const THINKING_COUNT: &[&str] = &["/usage/output_tokens_details"];

/// Translates a request. Errors when it is invalid, or says something that Converse has no form for.
pub(super) fn render(cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
    let model = ModelId::parse(cx.model);
    let prepared = prepare(cx, req, &|name| params::is_supported(cx, &model, name))?;
    media::check(cx, &prepared.messages)?;
    let mut dropped = Dropped::new(cx.provider.slug, prepared.drop_params);
    let mut headers = prepared.headers.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut betas = Betas::default();
    if let Some(asked) = headers.remove(BETA) {
        for beta in betas.ask(asked.to_str().unwrap_or_default()) {
            dropped.note(&format!("anthropic-beta.{beta}"));
        }
        headers.extend(betas.header().map(|it| (BETA, it)));
    }
    let body = body(cx, model, &prepared, betas, &mut dropped)?;
    let body = serialize(&body, &prepared.extra_body)?;
    let operation = if req.is_stream() { Operation::ConverseStream } else { Operation::Converse };
    let left_out = prepared.dropped.clone();
    Ok(ProviderRequest {
        method: http::Method::POST,
        url: bedrock::url(cx, operation),
        headers,
        body,
        auth: bedrock::auth(cx),
        dropped: dropped.check(left_out)?,
    })
}

fn body<'a>(
    cx: &'a Cx<'_>,
    model: ModelId<'a>,
    prepared: &'a Prepared<'_>,
    mut betas: Betas,
    dropped: &mut Dropped,
) -> Result<Body<'a>, TransformError> {
    let sent = |name: &str| prepared.params.get(name).filter(|it| !it.is_null());
    let marks = Marks::new(cx, &model);
    let format = structured::decide(cx, sent("response_format"))?;
    let taker = Taker::new(cx, model, marks);
    let mut tools = declare_tools(taker, prepared, &format, dropped)?;
    let style = Style {
        has_tools: !tools.tools.is_empty() || !tools.own.is_empty(),
        is_guarded: sent("guardrailConfig").is_some(),
        images_apart: cx.info.supports.bedrock_converse_tool_result_images == Some(false),
    };
    let mut conversation = messages::render(Writer { cx, marks }, prepared, style, dropped)?;
    let asked = max_tokens(&prepared.params)?;
    let words = thinking::words(cx, &model);
    let mut thought = thinking::decide(cx, words, sent("reasoning_effort"), sent("thinking"), asked, dropped)?;
    if thought.budget.is_some() && conversation.last_call_thinks == Some(false) && prepared.modify_params {
        // "When thinking is enabled, a final assistant message must start with a thinking block."
        dropped.note("thinking");
        thought = Thinking::default();
    }
    let mut params = params::sort(cx, &model, &prepared.params, &mut betas, dropped)?;
    let limit = params::least(&model, limit(cx, asked, thought.budget));
    params.inference.extend(limit.map(|it| ("maxTokens".to_owned(), it)));
    if let Format::Told = format {
        conversation.system.push(Block::text(INSTRUCTION));
    }
    let choice = choose(cx, prepared, &format, &thought, &tools, dropped)?;
    parallel(cx, sent("parallel_tool_calls"), choice.is_some(), &tools, &mut params, dropped);
    for beta in std::mem::take(&mut tools.betas) {
        betas.need(beta);
    }
    let output_config = output_config(cx, &model, format, &thought, &mut params, &mut betas, dropped);
    let paths = if thought.fields.contains_key("thinking") { THINKING_COUNT } else { &[] };
    params.model.extend(thought.fields);
    if !tools.own.is_empty() {
        params.model.insert("tools".into(), tools.own.into());
    }
    if let Some(list) = betas.list().filter(|_| model.is_of("anthropic.")) {
        params.model.insert("anthropic_beta".into(), list.into());
    }
    Ok(Body {
        messages: conversation.turns,
        system: conversation.system,
        inference_config: params.inference,
        tool_config: (!tools.tools.is_empty()).then_some(ToolConfig { tools: tools.tools, tool_choice: choice }),
        additional_model_request_fields: params.model,
        additional_model_response_field_paths: paths,
        output_config,
        own: params.own,
    })
}

fn declare_tools<'a>(
    taker: Taker<'_>,
    prepared: &'a Prepared<'_>,
    format: &Format<'_>,
    dropped: &mut Dropped,
) -> Result<Tools<'a>, TransformError> {
    let sent = prepared.params.get("tools").filter(|it| !it.is_null());
    let mut tools = sent.map(|it| taker.render(it, dropped)).transpose()?.unwrap_or_default();
    if prepared.params.get("web_search_options").is_some_and(Value::is_object) {
        tools.tools.push(tools::grounding());
    }
    if let Format::Tool { schema, description } = format {
        tools.tools.insert(0, taker.json_tool(schema, *description));
    }
    Ok(tools)
}

/// Which tool must be called. Claude refuses to be forced while it thinks ("Extended thinking with tool use").
fn choose<'a>(
    cx: &Cx<'_>,
    prepared: &'a Prepared<'_>,
    format: &Format<'_>,
    thought: &Thinking,
    tools: &Tools<'_>,
    dropped: &mut Dropped,
) -> Result<Option<ToolChoice<'a>>, TransformError> {
    if tools.tools.is_empty() {
        return Ok(None);
    }
    let supports = &cx.info.supports;
    let never_forced = supports.forced_tool_use == Some(false);
    let asked = prepared.params.get("tool_choice").map(|it| tools::choose(it, dropped)).transpose()?.flatten();
    let is_forced = asked.as_ref().is_some_and(|it| !matches!(it, ToolChoice::Auto {}));
    if is_forced && never_forced {
        dropped.unsupported("tool_choice");
    }
    if is_forced && (never_forced || thought.budget.is_some()) {
        dropped.note("tool_choice");
        return Ok(Some(ToolChoice::Auto {}));
    }
    let is_free = asked.is_none() && !never_forced && !thought.is_asked();
    if matches!(format, Format::Tool { .. }) && is_free && supports.tool_choice == Some(true) {
        return Ok(Some(ToolChoice::Tool { name: JSON_TOOL.into() }));
    }
    Ok(asked)
}

/// Whether calls may come at once is Claude's own parameter; its type is said by `toolChoice` where there is one.
fn parallel(
    cx: &Cx<'_>,
    sent: Option<&Value>,
    has_choice: bool,
    tools: &Tools<'_>,
    params: &mut Params,
    dropped: &mut Dropped,
) {
    let Some(sent) = sent.and_then(Value::as_bool).filter(|_| !tools.tools.is_empty()) else { return };
    if cx.info.supports.parallel_tool_use_config != Some(true) {
        if !sent {
            dropped.note("parallel_tool_calls");
        }
        return;
    }
    let choice = params.model.entry("tool_choice").or_insert_with(|| json!({"type": "auto"}));
    if let Some(choice) = choice.as_object_mut() {
        if has_choice {
            choice.shift_remove("type");
        }
        choice.insert("disable_parallel_tool_use".into(), (!sent).into());
    }
}

/// Converse's `outputConfig` for the answer's form; Claude's `output_config` goes to the model's own parameters.
fn output_config(
    cx: &Cx<'_>,
    model: &ModelId<'_>,
    format: Format<'_>,
    thought: &Thinking,
    params: &mut Params,
    betas: &mut Betas,
    dropped: &mut Dropped,
) -> Option<Value> {
    if let Some(effort) = thought.effort {
        params.output_config.entry("effort").or_insert_with(|| effort.into());
    }
    if !params.output_config.is_empty() {
        let has_effort = params.output_config.contains_key("effort");
        if has_effort && cx.info.supports.adaptive_thinking != Some(true) && model.is_of("anthropic.") {
            betas.need(betas::EFFORT);
        }
        params.model.insert("output_config".into(), Value::Object(std::mem::take(&mut params.output_config)));
    }
    let given = params.output_format.as_ref().map(|it| it.get("schema").and_then(Value::as_object));
    let own = params.own.shift_remove("outputConfig");
    match (format, given) {
        (Format::Native(config), _) => Some(config),
        (_, None) => own,
        (_, Some(Some(schema))) if cx.info.supports.native_structured_output == Some(true) => {
            Some(structured::output_config(schema, None, None))
        }
        (_, Some(_)) => {
            dropped.note("output_config.format");
            own
        }
    }
}

fn serialize(body: &Body<'_>, extra: &Object) -> Result<Bytes, TransformError> {
    let failed = |it: serde_json::Error| invalid("messages".to_owned(), it.to_string());
    if extra.is_empty() {
        return serde_json::to_vec(body).map(Bytes::from).map_err(failed);
    }
    let mut whole = serde_json::to_value(body).map_err(failed)?;
    for (name, value) in extra {
        match (whole.get_mut(name).and_then(Value::as_object_mut), value) {
            (Some(fields), Value::Object(more)) => fields.extend(more.clone()),
            _ => {
                if let Some(whole) = whole.as_object_mut() {
                    whole.insert(name.clone(), value.clone());
                }
            }
        }
    }
    serde_json::to_vec(&whole).map(Bytes::from).map_err(failed)
}

fn invalid(param: String, message: impl Into<String>) -> TransformError {
    TransformError::Invalid { param, message: message.into() }
}
