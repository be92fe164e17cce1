//! Tools and the choice among them ("Function calling", "Grounding with Google Search").

use serde_json::{Value, json};

use crate::{Object, TransformError};

use super::{Hub, camel, field, invalid, schema, text};

/// Declares tools: the caller's functions and the search, which others know too; Google's other tools are refused.
pub(super) fn declare(tools: &Value, hub: &mut Hub) -> Result<(), TransformError> {
    let list = tools.as_array().ok_or_else(|| invalid("tools", "must be a list"))?;
    let mut declared = Vec::new();
    for (at, tool) in list.iter().enumerate() {
        let tool = tool.as_object().ok_or_else(|| invalid(format!("tools[{at}]"), "must be an object"))?;
        for (name, value) in tool.iter().filter(|(_, value)| !value.is_null()) {
            let at = format!("tools[{at}].{name}");
            match &*camel(name) {
                "functionDeclarations" => {
                    let functions = value.as_array().ok_or_else(|| invalid(&*at, "must be a list"))?;
                    for (index, function) in functions.iter().enumerate() {
                        declared.push(declaration(function, &format!("{at}[{index}]"), hub)?);
                    }
                }
                "googleSearch" | "googleSearchRetrieval" => {
                    let options = value.as_object().into_iter().flatten();
                    hub.losses.dropped.extend(options.map(|(name, _)| format!("{at}.{name}")));
                    hub.set("web_search_options", json!({}));
                }
                _ => hub.losses.refused.push(at),
            }
        }
    }
    if !declared.is_empty() {
        hub.set("tools", declared.into());
    }
    Ok(())
}

fn declaration(function: &Value, at: &str, hub: &mut Hub) -> Result<Value, TransformError> {
    let sent = function.as_object().ok_or_else(|| invalid(at, "must be an object"))?;
    let name = text(sent, "name").filter(|it| !it.is_empty());
    let mut written = Object::new();
    written.insert("name".into(), name.ok_or_else(|| invalid(format!("{at}.name"), "missing"))?.into());
    let description = text(sent, "description");
    written.extend(description.map(|it| ("description".to_owned(), it.into())));
    let parameters = field(sent, "parametersJsonSchema").cloned();
    let parameters = parameters.or_else(|| field(sent, "parameters").map(schema::json_schema));
    // A function without parameters has an empty object of them.
    let parameters = parameters.unwrap_or_else(|| json!({"type": "object", "properties": {}}));
    written.insert("parameters".into(), parameters);
    let known = ["name", "description", "parameters", "parametersJsonSchema"];
    let unknown = sent.keys().filter(|it| !known.contains(&&*camel(it)));
    hub.losses.dropped.extend(unknown.map(|it| format!("{at}.{it}")));
    Ok(json!({"type": "function", "function": written}))
}

/// Says which function may or must be called. Of functions that may not be called nobody is told.
pub(super) fn choose(config: &Value, hub: &mut Hub) -> Result<(), TransformError> {
    let config = config.as_object().ok_or_else(|| invalid("toolConfig", "must be an object"))?;
    let others = config.keys().filter(|it| camel(it) != "functionCallingConfig");
    hub.losses.dropped.extend(others.map(|it| format!("toolConfig.{it}")));
    let Some(calling) = field(config, "functionCallingConfig").and_then(Value::as_object) else { return Ok(()) };
    let at = "toolConfig.functionCallingConfig";
    let mode = text(calling, "mode").map(str::to_uppercase);
    let allowed = field(calling, "allowedFunctionNames").and_then(Value::as_array);
    let allowed: Vec<&str> = allowed.into_iter().flatten().filter_map(Value::as_str).collect();
    let word = match mode.as_deref() {
        None | Some("MODE_UNSPECIFIED") => return Ok(()),
        Some("AUTO" | "VALIDATED") => json!("auto"),
        Some("NONE") => json!("none"),
        Some("ANY") => match allowed.as_slice() {
            [name] => json!({"type": "function", "function": {"name": name}}),
            _ => json!("required"),
        },
        Some(_) => return Err(invalid(format!("{at}.mode"), "must be AUTO, ANY, NONE or VALIDATED")),
    };
    let Some(Value::Array(tools)) = hub.chat.params.get_mut("tools") else { return Ok(()) };
    if !allowed.is_empty() && matches!(mode.as_deref(), Some("ANY" | "VALIDATED")) {
        tools.retain(|it| it["function"]["name"].as_str().is_some_and(|it| allowed.contains(&it)));
        if tools.is_empty() {
            return Err(invalid(format!("{at}.allowedFunctionNames"), "names no function that is declared"));
        }
    }
    hub.set("tool_choice", word);
    Ok(())
}
