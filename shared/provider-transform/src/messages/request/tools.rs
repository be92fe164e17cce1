//! Tools and the choice among them.

use serde_json::{Value, json};

use crate::{Object, TransformError};

use super::super::invalid;
use super::{marked, text};

/// Declares tools: the caller's own as functions, Anthropic's search as the hub's, its other tools as they are.
pub(super) fn declare(tools: &Value, params: &mut Object) -> Result<(), TransformError> {
    let list = tools.as_array().ok_or_else(|| invalid("tools", "must be a list"))?;
    let mut declared = Vec::new();
    for (at, tool) in list.iter().enumerate() {
        let tool = tool.as_object().ok_or_else(|| invalid(format!("tools[{at}]"), "must be an object"))?;
        match text(tool, "type") {
            "" | "custom" => declared.push(function(tool, &format!("tools[{at}]"))?),
            kind if kind.starts_with("web_search") => {
                params.insert("web_search_options".into(), search(tool));
            }
            _ => declared.push(Value::Object(tool.clone())),
        }
    }
    if !declared.is_empty() {
        params.insert("tools".into(), declared.into());
    }
    Ok(())
}

/// Says which tool may or must be called.
pub(super) fn choose(choice: &Value, params: &mut Object) -> Result<(), TransformError> {
    let word = match choice["type"].as_str() {
        Some("any") => json!("required"),
        Some("tool") => json!({"type": "function", "function": {"name": choice["name"]}}),
        Some(word @ ("auto" | "none")) => json!(word),
        _ => return Err(invalid("tool_choice.type", "must be auto, any, tool or none")),
    };
    params.insert("tool_choice".into(), word);
    if let Some(is_single) = choice["disable_parallel_tool_use"].as_bool() {
        params.insert("parallel_tool_calls".into(), (!is_single).into());
    }
    Ok(())
}

/// One of Anthropic's tools that the caller runs (a shell, an editor, a screen) as a function of the same name.
pub(in crate::messages) fn as_function(tool: &Object) -> Value {
    json!({"type": "function", "function": {"name": text(tool, "name")}})
}

fn function(tool: &Object, at: &str) -> Result<Value, TransformError> {
    let name = text(tool, "name");
    if name.is_empty() {
        return Err(invalid(format!("{at}.name"), "missing"));
    }
    let mut function = Object::new();
    function.insert("name".into(), name.into());
    for (theirs, ours) in [("description", "description"), ("input_schema", "parameters"), ("strict", "strict")] {
        function.extend(tool.get(theirs).filter(|it| !it.is_null()).map(|it| (ours.to_owned(), it.clone())));
    }
    Ok(marked(json!({"type": "function", "function": function}), tool.get("cache_control")))
}

/// What of Anthropic's search others know.
fn search(tool: &Object) -> Value {
    let mut options = Object::new();
    if let Some(place) = tool.get("user_location").and_then(Value::as_object) {
        let mut place = place.clone();
        place.shift_remove("type");
        options.insert("user_location".into(), json!({"type": "approximate", "approximate": place}));
    }
    Value::Object(options)
}
