//! Tools and the choice among them: without chat's inner objects ("Function calling", "Web search").

use serde_json::{Value, json};

use super::invalid;
use crate::openai_responses::Caller;
use crate::{Cx, Object, TransformError};

/// What chat says of a tool in an object named by the tool's type.
static NESTED: &[&str] = &["function", "custom", "allowed_tools"];

/// A request's tools; hosted ones go as they are.
pub(super) fn list(caller: Caller, tools: Value) -> Result<Vec<Value>, TransformError> {
    let Value::Array(tools) = tools else { return Err(invalid("tools", "must be a list")) };
    tools.into_iter().enumerate().map(|(at, it)| tool(caller, at, it)).collect()
}

fn tool(caller: Caller, at: usize, tool: Value) -> Result<Value, TransformError> {
    let Value::Object(mut tool) = tool else { return Err(invalid(&format!("tools[{at}]"), "must be an object")) };
    tool.shift_remove("cache_control");
    let is_nested = tool.get("function").is_some_and(Value::is_object);
    let mut tool = flatten(tool);
    tool.shift_remove("cache_control");
    if !is_nested {
        return Ok(tool.into());
    }
    tool.insert("type".into(), "function".into());
    // Unsaid, functions are strict here but not in chat ("Function calling", strict mode).
    let unsaid = if caller == Caller::Chat { Value::Null } else { false.into() };
    tool.entry("strict").or_insert(unsaid);
    if caller == Caller::Chat {
        tool.entry("parameters").or_insert_with(|| json!({"type": "object", "properties": {}}));
    }
    Ok(tool.into())
}

/// The tool that `web_search_options` stands for.
pub(super) fn search(caller: Caller, cx: &Cx<'_>, options: &Value, dropped: &mut Vec<String>) -> Value {
    let mut tool = Object::new();
    let kind = if caller == Caller::Chat { "web_search" } else { "web_search_preview" };
    tool.insert("type".into(), kind.into());
    let refused = cx.provider.quirks.responses.map_or(&[][..], |it| it.search_keys_dropped);
    for (name, value) in options.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        if refused.contains(&name.as_str()) {
            dropped.push(format!("web_search_options.{name}"));
            continue;
        }
        // Chat has the place in an object named by its kind.
        let place = value.get("approximate").and_then(Value::as_object);
        let value = match place {
            Some(place) if name == "user_location" => {
                let mut place = place.clone();
                place.insert("type".into(), "approximate".into());
                place.into()
            }
            _ => value.clone(),
        };
        tool.insert(name.clone(), value);
    }
    tool.into()
}

/// `tool_choice`: words go as they are.
pub(super) fn choice(value: Value) -> Value {
    let Value::Object(choice) = value else { return value };
    let mut choice = flatten(choice);
    if let Some(Value::Array(tools)) = choice.get_mut("tools") {
        for tool in tools {
            if let Value::Object(fields) = tool {
                *tool = flatten(std::mem::take(fields)).into();
            }
        }
    }
    choice.into()
}

fn flatten(mut fields: Object) -> Object {
    for name in NESTED {
        if let Some(Value::Object(inner)) = fields.shift_remove(*name) {
            fields.extend(inner);
        }
    }
    fields
}
