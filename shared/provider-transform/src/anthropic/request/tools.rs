//! Tools and the choice among them ("Tool use"): functions, tools that Anthropic runs, MCP servers.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::anthropic::wire::{CustomTool, Extras, InputSchema, Native, Tool};
use crate::{Object, TransformError};

use super::dropped::Dropped;
use super::{invalid, schema};

/// Reserved: the tool that stands for an answer in a given form on models without structured output.
pub(in crate::anthropic) const JSON_TOOL: &str = "json_tool_call";

/// What a list of tools becomes.
#[derive(Debug, Default)]
pub(super) struct Tools<'a> {
    pub(super) tools: Vec<Tool<'a>>,
    pub(super) mcp_servers: Vec<Value>,
}

/// Types of tools that Anthropic defines, up to their version.
const HOSTED: [&str; 10] = [
    "advisor",
    "bash",
    "code_execution",
    "computer",
    "memory",
    "text_editor",
    "tool_search_tool",
    "web_fetch",
    "web_search",
    "mcp_toolset",
];
/// Fields beside a function's definition that Anthropic knows under the same name.
const EXTRAS: [&str; 5] =
    ["allowed_callers", "cache_control", "defer_loading", "eager_input_streaming", "input_examples"];

/// Translates `tools`. Errors name the tool that Anthropic has no form for.
pub(super) fn render<'a>(tools: &'a Value, dropped: &mut Dropped) -> Result<Tools<'a>, TransformError> {
    let list = tools.as_array().ok_or_else(|| invalid("tools".to_owned(), "must be a list"))?;
    let mut rendered = Tools::default();
    for (index, tool) in list.iter().enumerate() {
        let at = format!("tools[{index}]");
        let tool = tool.as_object().ok_or_else(|| invalid(at.clone(), "must be an object"))?;
        one(tool, &at, &mut rendered, dropped)?;
    }
    Ok(rendered)
}

/// The hosted search tool for `web_search_options` and OpenAI's `web_search` tools. Errors on an unknown context size.
pub(super) fn web_search(options: &Object, at: &str) -> Result<Tool<'static>, TransformError> {
    let mut tool = Object::new();
    tool.insert("type".into(), "web_search_20250305".into());
    tool.insert("name".into(), "web_search".into());
    if let Some(sent) = options.get("user_location").and_then(Value::as_object) {
        let place = sent.get("approximate").and_then(Value::as_object).unwrap_or(sent);
        let mut location = Object::new();
        location.insert("type".into(), "approximate".into());
        let known = |name: &str| matches!(name, "city" | "region" | "country" | "timezone");
        let known = place.iter().filter(|(name, value)| known(name) && !value.is_null());
        location.extend(known.map(|(name, value)| (name.clone(), value.clone())));
        tool.insert("user_location".into(), Value::Object(location));
    }
    let most_uses = match options.get("search_context_size") {
        None | Some(Value::Null) => None,
        Some(size) => Some(match size.as_str() {
            Some("low") => 1,
            Some("medium") => 5,
            Some("high") => 10,
            _ => return Err(invalid(format!("{at}.search_context_size"), "must be low, medium or high")),
        }),
    };
    tool.extend(most_uses.map(|it| ("max_uses".to_owned(), Value::from(it))));
    Ok(Tool::Owned(tool))
}

/// Stands in for the tools that a history with tool calls needs ("Anthropic refuses tool blocks without tools").
pub(super) fn dummy() -> Tool<'static> {
    Tool::Custom(CustomTool {
        name: "dummy_tool",
        input_schema: InputSchema::Empty,
        kind: Some("custom"),
        description: Some("This is a dummy tool call"),
        extras: Extras::default(),
    })
}

/// `tool_choice` and `parallel_tool_calls`. Errors on a choice that Anthropic cannot make.
pub(super) fn choice(
    sent: Option<&Value>,
    parallel: Option<&Value>,
    dropped: &mut Dropped,
) -> Result<Option<Object>, TransformError> {
    let mut choice = sent.map(|it| choose(it, dropped)).transpose()?.flatten();
    let Some(parallel) = parallel.and_then(Value::as_bool) else { return Ok(choice) };
    let choice_type = choice.as_ref().and_then(|it| it.get("type")).and_then(Value::as_str);
    if choice_type != Some("none") {
        let choice = choice.get_or_insert_with(|| of_type("auto"));
        choice.insert("disable_parallel_tool_use".into(), (!parallel).into());
    }
    Ok(choice)
}

/// Whether the choice makes the model call a tool.
pub(super) fn is_forced(choice: &Object) -> bool {
    choice.get("type").and_then(Value::as_str).is_some_and(|it| matches!(it, "any" | "tool"))
}

/// The choice with its force taken away.
pub(super) fn relax(choice: &mut Object) {
    choice.insert("type".into(), "auto".into());
    choice.shift_remove("name");
}

/// A choice of this type.
pub(super) fn of_type(name: &str) -> Object {
    let mut choice = Object::new();
    choice.insert("type".into(), name.into());
    choice
}

fn choose(sent: &Value, dropped: &mut Dropped) -> Result<Option<Object>, TransformError> {
    let is_native = |it: &str| matches!(it, "auto" | "any" | "none" | "tool");
    match sent {
        Value::Null => Ok(None),
        Value::String(name) if is_native(name) && name != "tool" => Ok(Some(of_type(name))),
        Value::String(name) if name == "required" => Ok(Some(of_type("any"))),
        Value::Object(fields) => match fields.get("type").and_then(Value::as_str) {
            Some("function") => {
                let name = fields.get("function").and_then(|it| it.get("name")).or_else(|| fields.get("name"));
                let name = name.and_then(Value::as_str).filter(|it| !it.is_empty());
                let name = name.ok_or_else(|| invalid("tool_choice.function.name".to_owned(), "missing"))?;
                let mut choice = of_type("tool");
                choice.insert("name".into(), name.into());
                Ok(Some(choice))
            }
            Some(kind) if is_native(kind) => Ok(Some(fields.clone())),
            _ => {
                dropped.unsupported("tool_choice");
                Ok(None)
            }
        },
        _ => Err(invalid("tool_choice".to_owned(), "must be auto, none, required or a function")),
    }
}

fn one<'a>(tool: &'a Object, at: &str, rendered: &mut Tools<'a>, dropped: &mut Dropped) -> Result<(), TransformError> {
    let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
    let function = tool.get("function").and_then(Value::as_object);
    if tool.contains_key("input_schema") {
        rendered.tools.push(Tool::Native(Native::new(tool)));
        return Ok(());
    }
    match (kind, function) {
        ("function" | "custom" | "", Some(function)) => {
            rendered.tools.push(Tool::Custom(custom(tool, function, at, dropped)?));
        }
        ("mcp", _) => rendered.mcp_servers.push(mcp_server(tool, at, dropped)?),
        ("url", _) => rendered.mcp_servers.push(Value::Object(tool.clone())),
        ("web_search" | "web_search_preview" | "web_search_preview_2025_03_11", _) if !tool.contains_key("name") => {
            rendered.tools.push(web_search(tool, at)?);
        }
        (kind, Some(function)) if kind.starts_with("computer_") => {
            rendered.tools.push(Tool::Owned(computer(kind, tool, function)));
        }
        (kind, _) if HOSTED.iter().any(|it| kind.starts_with(it)) => {
            rendered.tools.push(Tool::Native(Native::new(tool)));
        }
        _ => return Err(invalid(format!("{at}.type"), format!("Anthropic has no tool of type `{kind}`"))),
    }
    Ok(())
}

fn custom<'a>(
    tool: &'a Object,
    function: &'a Object,
    at: &str,
    dropped: &mut Dropped,
) -> Result<CustomTool<'a>, TransformError> {
    let name = function.get("name").and_then(Value::as_str).filter(|it| !it.is_empty());
    let name = name.ok_or_else(|| invalid(format!("{at}.function.name"), "missing"))?;
    if name == JSON_TOOL {
        return Err(invalid(format!("{at}.function.name"), format!("`{JSON_TOOL}` is reserved")));
    }
    let input_schema = match function.get("parameters") {
        None | Some(Value::Null) => InputSchema::Empty,
        Some(Value::Object(parameters)) => {
            for keyword in ["anyOf", "oneOf", "allOf"] {
                if parameters.contains_key(keyword) {
                    dropped.note(&format!("{at}.function.parameters.{keyword}"));
                }
            }
            schema::tool_input(parameters).map_or(InputSchema::Sent(parameters), InputSchema::Owned)
        }
        Some(_) => return Err(invalid(format!("{at}.function.parameters"), "must be an object")),
    };
    let extra = |name| tool.get(name).or_else(|| function.get(name)).filter(|it| !it.is_null());
    let extras = EXTRAS.into_iter().filter_map(|name| Some((name, Cow::Borrowed(extra(name)?))));
    Ok(CustomTool {
        name,
        input_schema,
        kind: Some("custom"),
        description: function.get("description").and_then(Value::as_str),
        extras: Extras(extras.collect()),
    })
}

/// Anthropic calls MCP servers without asking, so a request for approvals is refused ("MCP connector").
fn mcp_server(tool: &Object, at: &str, dropped: &mut Dropped) -> Result<Value, TransformError> {
    let text = |name: &str| {
        let value = tool.get(name).and_then(Value::as_str);
        value.ok_or_else(|| invalid(format!("{at}.{name}"), "missing"))
    };
    let mut server = of_type("url");
    server.insert("url".into(), text("server_url")?.into());
    server.insert("name".into(), text("server_label")?.into());
    if tool.get("require_approval").is_some_and(|it| !it.is_null() && it != "never") {
        dropped.unsupported(&format!("{at}.require_approval"));
    }
    if let Some(names) = tool.get("allowed_tools").filter(|it| !it.is_null()) {
        let names = names.get("tool_names").unwrap_or(names);
        server.insert("tool_configuration".into(), json!({"allowed_tools": names}));
    }
    let mut token = tool.get("authorization").and_then(Value::as_str);
    for (name, value) in tool.get("headers").and_then(Value::as_object).into_iter().flatten() {
        match value.as_str() {
            Some(value) if name.eq_ignore_ascii_case("authorization") => {
                token = Some(value.strip_prefix("Bearer ").unwrap_or(value));
            }
            _ => dropped.unsupported(&format!("{at}.headers.{name}")),
        }
    }
    server.extend(token.map(|it| ("authorization_token".to_owned(), Value::from(it))));
    Ok(Value::Object(server))
}

/// LiteLLM's form of the computer tool, with its screen under `function.parameters`.
fn computer(kind: &str, tool: &Object, function: &Object) -> Object {
    let mut whole = Object::new();
    whole.insert("type".into(), kind.into());
    whole.insert("name".into(), function.get("name").cloned().unwrap_or_else(|| "computer".into()));
    let parameters = function.get("parameters").and_then(Value::as_object).into_iter().flatten();
    whole.extend(parameters.map(|(name, value)| (name.clone(), value.clone())));
    let cache_control = tool.get("cache_control").or_else(|| function.get("cache_control"));
    whole.extend(cache_control.map(|it| ("cache_control".to_owned(), it.clone())));
    whole
}
