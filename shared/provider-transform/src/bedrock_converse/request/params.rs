//! Parameters other than the conversation, tools and thinking: Converse's own, and those of the model behind it
//! ("Converse", inferenceConfig and additionalModelRequestFields).

use serde_json::{Value, json};

use crate::anthropic::request::betas::context_management;
use crate::anthropic::request::dropped::Dropped;
use crate::bedrock::ModelId;
use crate::{Cx, Object, TransformError};

use super::betas::{self, Betas};
use super::invalid;
use super::thinking::{self, Words};

/// "Minimum value of 16": OpenAI's and xAI's models refuse fewer tokens.
const LEAST_MAX_TOKENS: u64 = 16;
/// Families whose tools Converse knows, whatever the table says of a model ("Supported models and model features").
const WITH_TOOLS: [&str; 8] = [
    "amazon.nova",
    "anthropic.",
    "cohere.",
    "meta.llama3-1",
    "meta.llama3-2",
    "meta.llama3-3",
    "meta.llama4",
    "mistral.",
];

/// What the parameters become.
#[derive(Debug, Default)]
pub(super) struct Params {
    /// `inferenceConfig`.
    pub(super) inference: Object,
    /// `additionalModelRequestFields`.
    pub(super) model: Object,
    /// Fields of the body with Converse's own names.
    pub(super) own: Object,
    /// Claude's `output_config`, without its form.
    pub(super) output_config: Object,
    /// The form in Claude's `output_config`.
    pub(super) output_format: Option<Object>,
}

/// OpenAI parameters that have a form in Converse for this model.
pub(super) fn is_supported(cx: &Cx<'_>, model: &ModelId<'_>, name: &str) -> bool {
    let supports = &cx.info.supports;
    let is_claude = model.is_of("anthropic.");
    match name {
        "max_completion_tokens" | "max_tokens" | "parallel_tool_calls" | "response_format" | "service_tier" => true,
        "stop" | "stream" | "stream_options" => true,
        "temperature" | "top_p" => is_claude || supports.sampling_params != Some(false),
        "tools" => {
            model.is_opaque() || WITH_TOOLS.iter().any(|it| model.is_of(it)) || supports.function_calling == Some(true)
        }
        "tool_choice" => model.is_opaque() || supports.tool_choice == Some(true),
        "reasoning_effort" => thinking::words(cx, model) != Words::None,
        "thinking" => thinking::words(cx, model) == Words::Claude,
        "context_management" => is_claude,
        "web_search_options" => is_amazons(model),
        _ => false,
    }
}

/// Whether it is one of Amazon's models.
pub(super) fn is_amazons(model: &ModelId<'_>) -> bool {
    model.is_of("amazon.nova") || model.spec.is_some_and(|it| it.starts_with("nova"))
}

/// The output limit in a form that the model takes.
pub(super) fn least(model: &ModelId<'_>, tokens: Option<u64>) -> Option<Value> {
    let has_least = model.is_of("xai.grok-") || (model.is_of("openai.gpt-") && !model.is_of("openai.gpt-oss"));
    tokens.map(|it| if has_least { it.max(LEAST_MAX_TOKENS) } else { it }).map(Value::from)
}

/// Sorts the parameters by where they go. Errors on values of a wrong type.
pub(super) fn sort(
    cx: &Cx<'_>,
    model: &ModelId<'_>,
    sent: &Object,
    betas: &mut Betas,
    dropped: &mut Dropped,
) -> Result<Params, TransformError> {
    let mut params = Params::default();
    let is_claude = model.is_of("anthropic.");
    for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            // Translated elsewhere, or said by the address.
            "max_completion_tokens" | "max_tokens" | "parallel_tool_calls" | "reasoning_effort" => {}
            "response_format" | "stream" | "stream_options" | "thinking" | "tool_choice" | "tools" => {}
            "web_search_options" => {
                for option in value.as_object().into_iter().flat_map(Object::keys) {
                    dropped.note(&format!("web_search_options.{option}"));
                }
            }
            "temperature" | "top_p" | "top_k" | "topK" => sampling(cx, model, name, value, &mut params, dropped),
            "stop" => stop(value, &mut params.inference)?,
            "service_tier" => match value.as_str() {
                Some("auto") => own(&mut params, "serviceTier", json!({"type": "default"})),
                Some(tier @ ("default" | "flex" | "priority" | "reserved")) => {
                    own(&mut params, "serviceTier", json!({"type": tier}));
                }
                _ => dropped.note(name),
            },
            "requestMetadata" => {
                check_metadata(value)?;
                own(&mut params, name, value.clone());
            }
            "guardrailConfig" | "performanceConfig" | "serviceTier" | "outputConfig" => {
                if !value.is_object() {
                    return Err(invalid(name.clone(), "must be an object"));
                }
                own(&mut params, name, value.clone());
            }
            "anthropic_beta" => {
                let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for beta in list.iter().filter_map(Value::as_str).flat_map(|it| betas.ask(it)) {
                    dropped.note(&format!("anthropic_beta.{beta}"));
                }
            }
            "context_management" => compaction(value, &mut params.model, betas, dropped),
            "output_config" if is_claude || model.is_opaque() => {
                let mut config = value.as_object().cloned().unwrap_or_default();
                params.output_format = match config.shift_remove("format") {
                    Some(Value::Object(format)) => Some(format),
                    _ => None,
                };
                params.output_config = config;
            }
            _ => {
                params.model.insert(name.clone(), value.clone());
            }
        }
    }
    Ok(params)
}

fn own(params: &mut Params, name: &str, value: Value) {
    params.own.insert(name.to_owned(), value);
}

/// Newer Claude models decide themselves and refuse any other temperature than theirs.
fn sampling(cx: &Cx<'_>, model: &ModelId<'_>, name: &str, value: &Value, params: &mut Params, dropped: &mut Dropped) {
    let is_default = name == "temperature" && value.as_f64() == Some(1.0);
    let is_refused = cx.info.supports.sampling_params == Some(false) && model.is_of("anthropic.") && !is_default;
    match name {
        _ if is_refused => dropped.unsupported(name),
        "temperature" => {
            params.inference.insert("temperature".into(), value.clone());
        }
        "top_p" => {
            params.inference.insert("topP".into(), value.clone());
        }
        // "topK: additionalModelRequestFields" ("Complete request schema", Amazon Nova).
        _ if is_amazons(model) => {
            params.model.insert("inferenceConfig".into(), json!({"topK": value}));
        }
        _ if model.is_of("anthropic.") || model.is_opaque() => {
            params.model.insert("top_k".into(), value.clone());
        }
        _ => dropped.note(name),
    }
}

/// "Map entries: maximum number of 16 items", each with a key and a value of up to 256 plain characters ("Converse").
fn check_metadata(sent: &Value) -> Result<(), TransformError> {
    let refused = |message: &str| Err(invalid("requestMetadata".to_owned(), message));
    let Some(fields) = sent.as_object() else { return refused("must be an object") };
    let is_plain = |text: &str| {
        let is_taken = |it: char| it.is_ascii_alphanumeric() || it.is_whitespace() || ":_@$#=/+,-.".contains(it);
        text.chars().count() <= 256 && text.chars().all(is_taken)
    };
    if fields.len() > 16 {
        return refused("has more than 16 entries");
    }
    let is_entry = |key: &str, value: &Value| !key.is_empty() && is_plain(key) && value.as_str().is_some_and(is_plain);
    if fields.iter().all(|(key, value)| is_entry(key, value)) {
        return Ok(());
    }
    refused("needs texts of up to 256 letters, digits, blanks and any of :_@$#=/+,-.")
}

/// An empty text is no stop sequence: "Minimum length of 1".
fn stop(sent: &Value, inference: &mut Object) -> Result<(), TransformError> {
    let list = match sent {
        Value::Array(list) => list.clone(),
        Value::String(text) if text.is_empty() => return Ok(()),
        one => vec![one.clone()],
    };
    if !list.iter().all(Value::is_string) {
        return Err(invalid("stop".to_owned(), "must be a string or a list of strings"));
    }
    inference.insert("stopSequences".into(), list.into());
    Ok(())
}

/// Converse knows compaction of all the ways to edit a context.
fn compaction(sent: &Value, fields: &mut Object, betas: &mut Betas, dropped: &mut Dropped) {
    let mut edited = context_management(sent);
    let edits = edited.get_mut("edits").and_then(Value::as_array_mut);
    let mut kept = 0;
    if let Some(edits) = edits {
        let before = edits.len();
        edits.retain(|it| it.get("type").and_then(Value::as_str) == Some("compact_20260112"));
        kept = edits.len();
        if kept < before {
            dropped.note("context_management.edits");
        }
    }
    if kept == 0 {
        return dropped.note("context_management");
    }
    betas.need(betas::COMPACT);
    fields.insert("context_management".into(), edited);
}
