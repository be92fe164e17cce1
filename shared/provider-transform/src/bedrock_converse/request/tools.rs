//! Tools and the choice among them ("ToolConfiguration"): functions, tools of Claude's own, tools that Bedrock runs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::anthropic::request::dropped::Dropped;
use crate::anthropic::request::tools::{JSON_TOOL, computer};
use crate::bedrock::ModelId;
use crate::bedrock_converse::names;
use crate::bedrock_converse::wire::{InputSchema, SystemTool, Tool, ToolChoice, ToolSpec};
use crate::{Cx, Object, TransformError};

use super::cache::Marks;
use super::schema::{self, Dialect};
use super::{betas, invalid};

/// Claude's own tools: they have no place in Converse's list and go to the model as they are.
const OF_CLAUDE: [&str; 3] = ["bash_", "computer_", "text_editor_"];

/// What a list of tools becomes.
#[derive(Debug, Default)]
pub(super) struct Tools<'a> {
    pub(super) tools: Vec<Tool<'a>>,
    /// Claude's own, for the model's own parameters.
    pub(super) own: Vec<Value>,
    /// Betas that the tools need.
    pub(super) betas: Vec<&'static str>,
}

/// What the model makes of tools.
#[derive(Clone, Copy)]
pub(super) struct Taker<'a> {
    is_claude: bool,
    is_strict: bool,
    dialect: Dialect,
    marks: Marks,
    model: ModelId<'a>,
}

impl<'a> Taker<'a> {
    pub(super) fn new(cx: &Cx<'a>, model: ModelId<'a>, marks: Marks) -> Self {
        let is_claude = model.is_of("anthropic.");
        let is_strict = is_claude && cx.info.bedrock_strict_tools != Some(false);
        let takes_lookaround = cx.info.supports.regex_lookaround != Some(false);
        let dialect = Dialect { takes_closed: is_strict, takes_lookaround };
        Self { is_claude, is_strict, dialect, marks, model }
    }

    /// Translates `tools`. Errors name the tool that Converse has no form for.
    pub(super) fn render<'t>(self, sent: &'t Value, dropped: &mut Dropped) -> Result<Tools<'t>, TransformError> {
        let list = sent.as_array().ok_or_else(|| invalid("tools".to_owned(), "must be a list"))?;
        let mut rendered = Tools::default();
        let mut names = BTreeMap::new();
        for (index, tool) in list.iter().enumerate() {
            let at = format!("tools[{index}]");
            let tool = tool.as_object().ok_or_else(|| invalid(at.clone(), "must be an object"))?;
            let before = rendered.tools.len();
            self.one(tool, &at, &mut rendered, dropped)?;
            let Some(added) = rendered.tools.get(before) else { continue };
            if let Tool::ToolSpec(spec) = added
                && let Some(other) = names.insert(spec.name.clone(), name(tool))
                && other != name(tool)
            {
                let message = format!("`{}` and `{other}` are the same name for Bedrock", name(tool));
                return Err(invalid(format!("{at}.function.name"), message));
            }
            let function = tool.get("function").and_then(Value::as_object);
            let mark = tool.get("cache_control").or_else(|| function?.get("cache_control"));
            rendered.tools.extend(self.marks.point(mark, dropped).map(Tool::CachePoint));
        }
        Ok(rendered)
    }

    /// The tool whose input is the answer.
    pub(super) fn json_tool(self, schema: &Object, description: Option<&str>) -> Tool<'static> {
        let json = schema::tool_input(schema, self.dialect, &mut Vec::new());
        Tool::ToolSpec(ToolSpec {
            name: Cow::Borrowed(JSON_TOOL),
            description: Cow::Owned(description.unwrap_or(JSON_TOOL).to_owned()),
            input_schema: InputSchema { json },
            strict: None,
        })
    }

    fn one<'t>(
        self,
        tool: &'t Object,
        at: &str,
        rendered: &mut Tools<'t>,
        dropped: &mut Dropped,
    ) -> Result<(), TransformError> {
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
        let function = tool.get("function").and_then(Value::as_object);
        if ["toolSpec", "systemTool", "cachePoint"].iter().any(|it| tool.contains_key(*it)) {
            rendered.tools.push(Tool::Native(tool));
        } else if OF_CLAUDE.iter().any(|it| kind.starts_with(it)) && self.is_claude {
            rendered.own.push(Value::Object(of_claude(kind, tool, function)));
            rendered.betas.push(betas::computer_use(&self.model));
        } else if let Some(definition) = function.or_else(|| tool.contains_key("input_schema").then_some(tool)) {
            let is_eager = |it: &Object| it.get("eager_input_streaming") == Some(&Value::Bool(true));
            if self.is_claude && (is_eager(tool) || is_eager(definition)) {
                rendered.betas.push(betas::FINE_GRAINED_STREAMING);
            }
            rendered.tools.push(self.spec(tool, definition, at, dropped)?);
        } else {
            dropped.unsupported(at);
        }
        Ok(())
    }

    fn spec<'t>(
        self,
        tool: &'t Object,
        definition: &'t Object,
        at: &str,
        dropped: &mut Dropped,
    ) -> Result<Tool<'t>, TransformError> {
        let sent = Some(name(tool)).filter(|it| !it.trim().is_empty());
        let sent = sent.ok_or_else(|| invalid(format!("{at}.function.name"), "missing"))?;
        if sent == JSON_TOOL {
            return Err(invalid(format!("{at}.function.name"), format!("`{JSON_TOOL}` is reserved")));
        }
        let empty = Object::new();
        let parameters = match definition.get("parameters").or_else(|| definition.get("input_schema")) {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(parameters)) => parameters,
            Some(_) => return Err(invalid(format!("{at}.function.parameters"), "must be an object")),
        };
        let mut left = Vec::new();
        let json = schema::tool_input(parameters, self.dialect, &mut left);
        for keyword in left {
            dropped.note(&format!("{at}.function.parameters.{keyword}"));
        }
        let is_strict = definition.get("strict").or_else(|| tool.get("strict")) == Some(&Value::Bool(true));
        if is_strict && !self.is_strict {
            dropped.note(&format!("{at}.function.strict"));
        }
        let name = names::tool(sent);
        // "Minimum length of 1."
        let description = definition.get("description").and_then(Value::as_str).filter(|it| !it.is_empty());
        Ok(Tool::ToolSpec(ToolSpec {
            description: description.map_or_else(|| name.clone(), Cow::Borrowed),
            name,
            input_schema: InputSchema { json },
            strict: (is_strict && self.is_strict).then_some(true),
        }))
    }
}

/// The search that Amazon's models run ("Web Grounding").
pub(super) fn grounding() -> Tool<'static> {
    Tool::SystemTool(SystemTool { name: "nova_grounding" })
}

/// The request's choice. `Ok(None)` where it makes none, or one that Converse cannot say.
pub(super) fn choose<'a>(sent: &'a Value, dropped: &mut Dropped) -> Result<Option<ToolChoice<'a>>, TransformError> {
    let word = |it: &str| match it {
        "auto" => Some(ToolChoice::Auto {}),
        "required" | "any" => Some(ToolChoice::Any {}),
        _ => None,
    };
    let choice = match sent {
        Value::String(name) => word(name),
        Value::Object(fields) => match fields.get("type").and_then(Value::as_str).unwrap_or_default() {
            "function" | "tool" => {
                let name = fields.get("function").and_then(|it| it.get("name")).or_else(|| fields.get("name"));
                let name = name.and_then(Value::as_str).filter(|it| !it.is_empty());
                let name = name.ok_or_else(|| invalid("tool_choice.function.name".to_owned(), "missing"))?;
                Some(ToolChoice::Tool { name: names::tool(name) })
            }
            kind => word(kind),
        },
        _ => return Err(invalid("tool_choice".to_owned(), "must be auto, required or a function")),
    };
    if choice.is_none() {
        dropped.unsupported("tool_choice");
    }
    Ok(choice)
}

fn name(tool: &Object) -> &str {
    let function = tool.get("function").and_then(|it| it.get("name"));
    function.or_else(|| tool.get("name")).and_then(Value::as_str).unwrap_or_default()
}

fn of_claude(kind: &str, tool: &Object, function: Option<&Object>) -> Object {
    if let Some(function) = function {
        return computer(kind, tool, function);
    }
    let mut own = tool.clone();
    let default = if kind.starts_with("bash_") { "bash" } else { "str_replace_editor" };
    own.entry("name").or_insert_with(|| default.into());
    own
}
