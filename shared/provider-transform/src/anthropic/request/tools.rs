//! Tools and the choice among them ("Tool use"): functions, tools that Anthropic runs, MCP servers.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::anthropic::wire::{CustomTool, Extras, InputSchema, Native, Tool};
use crate::provider::claude::{Feature, Host};
use crate::{Object, TransformError};

use super::dropped::Dropped;
use super::{invalid, schema};

/// Reserved: the tool that stands for an answer in a given form on models without structured output.
pub(crate) const JSON_TOOL: &str = "json_tool_call";

/// What a list of tools becomes.
#[derive(Debug, Default)]
pub(super) struct Tools<'a> {
    pub(super) tools: Vec<Tool<'a>>,
    pub(super) mcp_servers: Vec<Value>,
}

/// What becomes of `strict`, which Anthropic takes with the beta of structured outputs only.
#[derive(Clone, Copy, Debug)]
pub(super) enum Strict {
    Taken,
    Left,
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
pub(super) fn render<'a>(
    tools: &'a Value,
    host: &Host,
    strict: Strict,
    dropped: &mut Dropped,
) -> Result<Tools<'a>, TransformError> {
    let list = tools.as_array().ok_or_else(|| invalid("tools".to_owned(), "must be a list"))?;
    let mut rendered = Tools::default();
    for (index, tool) in list.iter().enumerate() {
        let at = format!("tools[{index}]");
        let tool = tool.as_object().ok_or_else(|| invalid(at.clone(), "must be an object"))?;
        match lacking(tool).filter(|it| !host.has(*it)) {
            Some(_) => dropped.unsupported(&at),
            None => one(tool, &at, strict, &mut rendered, dropped)?,
        }
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

/// The feature that a tool stands for and that a host may lack.
fn lacking(tool: &Object) -> Option<Feature> {
    match tool.get("type").and_then(Value::as_str)? {
        "mcp" | "mcp_toolset" | "url" => Some(Feature::McpServers),
        kind if kind.starts_with("web_search") => Some(Feature::WebSearch),
        _ => None,
    }
}

fn one<'a>(
    tool: &'a Object,
    at: &str,
    strict: Strict,
    rendered: &mut Tools<'a>,
    dropped: &mut Dropped,
) -> Result<(), TransformError> {
    let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
    let function = tool.get("function").and_then(Value::as_object);
    if tool.contains_key("input_schema") {
        rendered.tools.push(Tool::Native(Native::new(tool)));
        return Ok(());
    }
    match (kind, function) {
        ("function" | "custom" | "", Some(function)) => {
            rendered.tools.push(Tool::Custom(custom(tool, function, at, strict, dropped)?));
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
    strict: Strict,
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
    let mut extras: Vec<_> = EXTRAS.into_iter().filter_map(|name| Some((name, Cow::Borrowed(extra(name)?)))).collect();
    match (extra("strict"), strict) {
        (Some(Value::Bool(true)), Strict::Taken) => extras.push(("strict", Cow::Owned(Value::Bool(true)))),
        (Some(Value::Bool(true)), Strict::Left) => dropped.note(&format!("{at}.function.strict")),
        _ => {}
    }
    Ok(CustomTool {
        name,
        input_schema,
        kind: Some("custom"),
        description: function.get("description").and_then(Value::as_str),
        extras: Extras(extras),
    })
}

/// Anthropic calls MCP servers without asking, so a request for approvals is refused ("MCP connector").
fn mcp_server(tool: &Object, at: &str, dropped: &mut Dropped) -> Result<Value, TransformError> {
    let text = |name: &str| {
        let value = tool.get(name).and_then(Value::as_str);
        value.ok_or_else(|| invalid(format!("{at}.{name}"), "missing"))
    };
    let mut server = Object::new();
    server.insert("type".into(), "url".into());
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
pub(crate) fn computer(kind: &str, tool: &Object, function: &Object) -> Object {
    let mut whole = Object::new();
    whole.insert("type".into(), kind.into());
    whole.insert("name".into(), function.get("name").cloned().unwrap_or_else(|| "computer".into()));
    let parameters = function.get("parameters").and_then(Value::as_object).into_iter().flatten();
    whole.extend(parameters.map(|(name, value)| (name.clone(), value.clone())));
    let cache_control = tool.get("cache_control").or_else(|| function.get("cache_control"));
    whole.extend(cache_control.map(|it| ("cache_control".to_owned(), it.clone())));
    whole
}
