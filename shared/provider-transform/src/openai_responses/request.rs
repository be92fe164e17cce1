//! A conversation as the Responses API takes it ("Create a model response").

mod content;
mod input;
mod tools;

use http::Method;
use serde_json::{Value, json};

use super::{Caller, choice};
use crate::openai::{address, models, request};
use crate::provider::ChatParams;
use crate::rules::{self, Prepared};
use crate::{ChatRequest, Cx, Object, ProviderRequest, TransformError};

/// Least `max_output_tokens` that is taken.
const MIN_OUTPUT_TOKENS: u64 = 16;
/// Parameters of chat completions that this API has no place for. Sorted.
static NOT_HERE: &[&str] = &[
    "audio",
    "context_management",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "modalities",
    "n",
    "prediction",
    "presence_penalty",
    "seed",
    "stop",
];
/// Parameters with the same name and meaning in both APIs. Sorted.
static ALIKE: &[&str] = &[
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "temperature",
    "top_logprobs",
    "top_p",
    "user",
];

pub(super) fn render(caller: Caller, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
    let mut prepared = rules::prepare(cx, req, &|param| is_supported(caller, cx, param))?;
    if matches!(cx.provider.quirks.chat_params, ChatParams::OpenAiModels) {
        models::adapt(cx, &mut prepared)?;
    }
    let mut body = Object::new();
    body.insert("model".into(), models::deployment(choice::model(cx)).into());
    let messages = std::mem::take(&mut prepared.messages);
    let input = input::render(caller, &messages, &mut prepared.dropped)?;
    body.insert("input".into(), input.items.into());
    if let Some(instructions) = input.instructions {
        body.insert("instructions".into(), instructions.into());
    }
    if caller != Caller::Chat {
        body.insert("include".into(), json!(["reasoning.encrypted_content"]));
    }
    params(caller, cx, &mut prepared, &mut body)?;
    body.extend(std::mem::take(&mut prepared.extra_body));
    let (url, auth) = address::find(cx, address::RESPONSES)?;
    let body = serde_json::to_vec(&body)
        .map_err(|it| TransformError::Invalid { param: "body".into(), message: it.to_string() })?;
    Ok(ProviderRequest {
        method: Method::POST,
        url,
        headers: request::headers(cx, prepared.headers),
        body: body.into(),
        auth,
        dropped: prepared.dropped,
    })
}

/// Anthropic's callers cannot know what OpenAI takes: what has no place here is left out of their requests.
fn is_supported(caller: Caller, cx: &Cx<'_>, param: &str) -> bool {
    if NOT_HERE.binary_search(&param).is_ok() {
        return caller != Caller::Chat;
    }
    match param {
        "reasoning_effort" if cx.info.supports.reasoning == Some(true) => true,
        "web_search_options" => true,
        _ => cx.provider.quirks.takes(param, cx.model, &cx.info).unwrap_or_else(|| models::is_supported(cx, param)),
    }
}

fn params(caller: Caller, cx: &Cx<'_>, prepared: &mut Prepared<'_>, body: &mut Object) -> Result<(), TransformError> {
    let (mut list, mut text) = (Vec::new(), Object::new());
    for (name, value) in std::mem::take(&mut prepared.params) {
        match name.as_str() {
            "max_tokens" | "max_completion_tokens" => {
                let limit = value.as_u64().map_or(value, |it| it.max(MIN_OUTPUT_TOKENS).into());
                body.insert("max_output_tokens".into(), limit);
            }
            "reasoning_effort" => {
                body.insert("reasoning".into(), reasoning(value));
            }
            "verbosity" => {
                text.insert("verbosity".into(), value);
            }
            "response_format" => {
                text.insert("format".into(), format(caller, value)?);
            }
            "tools" => list.extend(tools::list(caller, value)?),
            "web_search_options" => list.push(tools::search(caller, cx, &value, &mut prepared.dropped)),
            "tool_choice" => {
                body.insert(name, tools::choice(value));
            }
            "logprobs" => include_logprobs(&value, body),
            "stream_options" => stream_options(value, body),
            _ if ALIKE.binary_search(&name.as_str()).is_ok() || caller == Caller::Chat => {
                body.insert(name, value);
            }
            _ => prepared.dropped.push(name),
        }
    }
    for (name, value) in [("tools", Value::from(list)), ("text", text.into())] {
        if value.as_array().is_some_and(|it| !it.is_empty()) || value.as_object().is_some_and(|it| !it.is_empty()) {
            body.insert(name.into(), value);
        }
    }
    Ok(())
}

/// The effort, or the whole object where a client asks for a summary too.
fn reasoning(value: Value) -> Value {
    if value.is_object() { value } else { json!({"effort": value}) }
}

/// Chat's `response_format` as `text.format`. Errors when it is none.
pub(crate) fn text_format(value: Value) -> Result<Value, TransformError> {
    format(Caller::Chat, value)
}

/// Chat's `response_format` without its inner object ("Structured model outputs"). Schemas of Anthropic's callers need
/// not keep the rules of strict mode, such as that every property is required.
fn format(caller: Caller, value: Value) -> Result<Value, TransformError> {
    let Value::Object(mut format) = value else { return Err(invalid("response_format", "must be an object")) };
    let Some(inner) = format.shift_remove("json_schema") else { return Ok(Value::Object(format)) };
    let Value::Object(inner) = inner else {
        return Err(invalid("response_format.json_schema", "must be an object"));
    };
    format.extend(inner);
    format.entry("name").or_insert_with(|| "response_schema".into());
    if caller != Caller::Chat {
        format.insert("strict".into(), false.into());
    }
    format.entry("strict").or_insert_with(|| false.into());
    Ok(Value::Object(format))
}

fn include_logprobs(value: &Value, body: &mut Object) {
    if *value != Value::Bool(true) {
        return;
    }
    let include = body.entry("include").or_insert_with(|| json!([]));
    if let Some(include) = include.as_array_mut() {
        include.push("message.output_text.logprobs".into());
    }
}

/// Usage is always told here; the other option has the same name.
fn stream_options(value: Value, body: &mut Object) {
    let Value::Object(mut options) = value else { return };
    options.shift_remove("include_usage");
    if !options.is_empty() {
        body.insert("stream_options".into(), options.into());
    }
}

fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}
