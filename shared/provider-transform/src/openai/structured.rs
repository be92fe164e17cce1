//! Answers in a given form from models without schemas of their own: through a tool that the model must call, whose
//! arguments are the answer.

use serde_json::{Value, json};

use super::address;
use crate::chat::chunk::Delta;
use crate::chat::response::Answer;
use crate::provider::Schemas;
use crate::rules::Prepared;
use crate::{Cx, TransformError};

/// The tool's name, LiteLLM's.
const TOOL: &str = "json_tool_call";
/// The first version of Azure's API with schemas ("How to use structured outputs", API support).
const AZURE_SINCE: &str = "2024-08";

pub(super) fn adapt(cx: &Cx<'_>, prepared: &mut Prepared<'_>) -> Result<(), TransformError> {
    let format = prepared.params.get("response_format");
    let schema = format.and_then(|it| it.pointer("/json_schema/schema").or_else(|| it.get("response_schema")));
    let Some(schema) = schema.filter(|_| !is_native(cx)).cloned() else { return Ok(()) };
    let has_tools = prepared.params.get("tools").and_then(Value::as_array).is_some_and(|it| !it.is_empty());
    if has_tools && cx.provider.quirks.schemas == Schemas::NativeIfListed {
        return Err(TransformError::Invalid {
            param: "response_format".into(),
            message: format!("{} answers in a schema without other tools only", cx.model),
        });
    }
    prepared.params.shift_remove("response_format");
    let tool = json!({"type": "function", "function": {"name": TOOL, "parameters": schema}});
    let tools = prepared.params.entry("tools").or_insert_with(|| json!([]));
    if let Some(tools) = tools.as_array_mut() {
        tools.push(tool);
    }
    let thinks = prepared.params.get("thinking").and_then(|it| it.get("type")).is_some_and(|it| it == "enabled");
    let has_effort = prepared.params.get("reasoning_effort").is_some_and(|it| it != "none");
    if !(cx.provider.quirks.schemas == Schemas::NativeUnlessClaude && (thinks || has_effort)) {
        // A model that thinks cannot be forced to call ("Extended thinking", tool use).
        prepared.params.insert("tool_choice".into(), json!({"type": "function", "function": {"name": TOOL}}));
    }
    Ok(())
}

/// A whole answer: the call becomes the text; whether it did.
pub(super) fn unwrap(cx: &Cx<'_>, answer: &mut Answer) -> bool {
    let is_it = cx.provider.quirks.schemas != Schemas::Native
        && matches!(answer.tool_calls.as_slice(), [only] if only.function.name == TOOL);
    if is_it {
        answer.content = answer.tool_calls.pop().map(|it| it.function.arguments);
    }
    is_it
}

/// A piece of a streamed answer: more of the call becomes more of the text. `call` is the tool's call, once seen.
pub(super) fn unwrap_piece(call: &mut Option<u64>, delta: &mut Delta) {
    if delta.tool_calls.is_empty() {
        return;
    }
    let (mut rest, mut text) = (Vec::new(), delta.content.take().unwrap_or_default());
    for piece in std::mem::take(&mut delta.tool_calls) {
        if piece.function.name.as_deref() == Some(TOOL) {
            *call = Some(piece.index);
        }
        if *call == Some(piece.index) {
            text.push_str(piece.function.arguments.as_deref().unwrap_or_default());
        } else {
            rest.push(piece);
        }
    }
    delta.tool_calls = rest;
    delta.content = Some(text).filter(|it| !it.is_empty());
}

fn is_native(cx: &Cx<'_>) -> bool {
    let is_listed = cx.info.supports.response_schema == Some(true);
    match cx.provider.quirks.schemas {
        Schemas::Native => true,
        Schemas::NativeIfListed => is_listed,
        Schemas::NativeUnlessClaude => !cx.model.contains("claude"),
        Schemas::AzureByVersion => {
            let version = address::azure_version(cx);
            let is_dated = version.starts_with(|it: char| it.is_ascii_digit());
            let knows_model = is_listed || cx.model.contains("4o") || super::models::reasons(cx.model);
            knows_model && (!is_dated || version >= AZURE_SINCE)
        }
    }
}
