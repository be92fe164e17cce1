//! Input items and tools as the provider takes them: without what other providers and clients left in them.

use serde_json::Value;

use crate::openai_responses::item::text;
use crate::provider::Address;
use crate::responses::{Previous, ResponsesFormat, thinking};
use crate::{Cx, Object};

/// The request's input after what was said before it.
pub(super) fn render(format: &ResponsesFormat, cx: &Cx<'_>, dropped: &mut Vec<String>) -> Option<Value> {
    let sent = format.body.get("input").filter(|it| !it.is_null());
    let history = match &format.previous {
        Previous::Items(items) => items.as_slice(),
        Previous::AsSent | Previous::Native(_) => &[],
    };
    let items = match sent {
        Some(Value::Array(items)) => items.as_slice(),
        Some(other) if history.is_empty() => return Some(other.clone()),
        Some(other) => std::slice::from_ref(other),
        None if history.is_empty() => return None,
        None => &[],
    };
    let is_azure = cx.provider.quirks.address == Address::AzureDeployment;
    let mut rendered = Vec::with_capacity(history.len() + items.len());
    for (index, given) in history.iter().chain(items).enumerate() {
        match given {
            Value::Object(fields) if is_foreign(fields) => dropped.push(format!("input[{index}] (reasoning)")),
            Value::Object(fields) => rendered.push(Value::Object(clean(fields, is_azure))),
            Value::String(text) => rendered.push(serde_json::json!({"role": "user", "content": text})),
            other => rendered.push(other.clone()),
        }
    }
    Some(Value::Array(rendered))
}

/// Reasoning of another provider, which this one cannot read.
fn is_foreign(item: &Object) -> bool {
    text(item, "type") == "reasoning"
        && (text(item, "id").starts_with(thinking::OWN_ID)
            || thinking::decode(text(item, "encrypted_content")).is_some())
}

fn clean(item: &Object, is_azure: bool) -> Object {
    let mut item = item.clone();
    match text(&item, "type") {
        "reasoning" => {
            item.retain(|_, value| !value.is_null());
            if is_azure {
                item.shift_remove("status");
            }
        }
        // Azure refuses what its own answers have.
        "message" if is_azure => {
            item.shift_remove("status");
        }
        // Only ids of the API's own making are taken.
        "function_call" => keep_id(&mut item, "fc"),
        "custom_tool_call" => keep_id(&mut item, "ctc"),
        _ => {}
    }
    strip_marks(&mut item);
    item
}

fn keep_id(item: &mut Object, prefix: &str) {
    if !text(item, "id").starts_with(prefix) {
        item.shift_remove("id");
    }
}

/// Anthropic's cache marks mean nothing here.
fn strip_marks(item: &mut Object) {
    item.shift_remove("cache_control");
    if let Some(Value::Array(parts)) = item.get_mut("content") {
        for part in parts.iter_mut().filter_map(Value::as_object_mut) {
            part.shift_remove("cache_control");
        }
    }
}

/// A tool without cache marks; chat's form of a function is taken too.
pub(super) fn clean_tool(tool: &mut Value) {
    let Some(tool) = tool.as_object_mut() else { return };
    tool.shift_remove("cache_control");
    if let Some(Value::Object(function)) = tool.shift_remove("function") {
        tool.extend(function);
    }
}
