//! Tools as chat's: functions nested, free-form tools as functions with one text, the web search as an option.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::openai_responses::item::{objects, text};
use crate::{Object, TransformError};

/// Between a namespace and the name of a function in it.
const SEPARATOR: &str = "__";

/// What chat knows of a request's tools.
#[derive(Default)]
pub(super) struct Tools {
    pub(super) list: Vec<Value>,
    pub(super) search: Option<Value>,
    pub(super) names: Names,
    /// Tools that chat has no place for and that the model can do without.
    pub(super) dropped: Vec<String>,
    /// Tools that an answer would be wrong without.
    pub(super) refused: Vec<String>,
}

/// What the names of chat's functions stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    custom: HashSet<String>,
    /// Chat's name to namespace and name.
    namespaced: HashMap<String, (String, String)>,
}

impl Names {
    /// Whether calls of the function are calls of a free-form tool.
    pub(super) fn is_custom(&self, name: &str) -> bool {
        self.custom.contains(name)
    }

    /// The namespace, if there is one, and the function's name in it.
    pub(super) fn split<'a>(&'a self, name: &'a str) -> (Option<&'a str>, &'a str) {
        match self.namespaced.get(name) {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, name),
        }
    }
}

/// Reads `tools`, and the tools that items declare.
pub(super) fn read(given: Option<&Value>, declared: &[Value]) -> Result<Tools, TransformError> {
    let given = match given {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(list)) => list.as_slice(),
        Some(_) => return Err(invalid("tools", "must be a list")),
    };
    let mut tools = Tools::default();
    for (index, tool) in given.iter().chain(declared).enumerate() {
        let at = format!("tools[{index}]");
        let tool = tool.as_object().ok_or_else(|| invalid(&at, "must be an object"))?;
        tools.add(tool, &at)?;
    }
    Ok(tools)
}

impl Tools {
    fn add(&mut self, tool: &Object, at: &str) -> Result<(), TransformError> {
        match text(tool, "type") {
            "function" if tool.contains_key("function") => self.list.push(Value::Object(tool.clone())),
            "function" => self.list.push(function(tool, text(tool, "name"), "")),
            "custom" => {
                let custom = self.custom(tool, "");
                self.list.push(custom);
            }
            "namespace" => self.namespace(tool, at)?,
            "web_search" | "web_search_2025_08_26" | "web_search_preview" | "web_search_preview_2025_03_11" => {
                self.search = Some(search(tool));
            }
            // An answer is still an answer where these are not to be had.
            kind @ ("computer_use"
            | "computer_use_preview"
            | "computer"
            | "image_generation"
            | "local_shell"
            | "shell"
            | "apply_patch"
            | "tool_search") => self.dropped.push(format!("{at} ({kind})")),
            kind @ "file_search" => self.refused.push(format!("{at} ({kind})")),
            _ => self.list.push(Value::Object(tool.clone())),
        }
        Ok(())
    }

    fn namespace(&mut self, tool: &Object, at: &str) -> Result<(), TransformError> {
        let namespace = text(tool, "name");
        let about = text(tool, "description");
        for (index, member) in objects(tool, "tools").enumerate() {
            match text(member, "type") {
                "custom" => {
                    let custom = self.custom(member, about);
                    self.list.push(custom);
                }
                "function" => {
                    let (name, own) = (format!("{namespace}{SEPARATOR}{}", text(member, "name")), text(member, "name"));
                    if self.list.iter().any(|it| it["function"]["name"] == name.as_str()) {
                        return Err(invalid(at, &format!("two functions are called `{name}`")));
                    }
                    self.list.push(function(member, &name, about));
                    self.names.namespaced.insert(name, (namespace.to_owned(), own.to_owned()));
                }
                kind => self.dropped.push(format!("{at}.tools[{index}] ({kind})")),
            }
        }
        Ok(())
    }

    /// A free-form tool is a function of one text; a grammar becomes part of its description.
    fn custom(&mut self, tool: &Object, about: &str) -> Value {
        let name = text(tool, "name");
        self.names.custom.insert(name.to_owned());
        let mut description = describe(about, text(tool, "description"));
        if let Some(format) = tool.get("format").and_then(Value::as_object) {
            let (syntax, definition) = (text(format, "syntax"), text(format, "definition"));
            if !definition.is_empty() {
                description = describe(&description, &format!("Format:\n```{syntax}\n{definition}\n```"));
            }
        }
        let content = json!({
            "type": "string",
            "description": format!("The {name} content following the specified format"),
        });
        let parameters = json!({"type": "object", "properties": {"content": content}, "required": ["content"]});
        let mut function = Object::new();
        function.insert("name".into(), name.into());
        function.insert("description".into(), description.into());
        function.insert("parameters".into(), parameters);
        json!({"type": "function", "function": function})
    }
}

fn function(tool: &Object, name: &str, about: &str) -> Value {
    let mut function = Object::new();
    function.insert("name".into(), name.into());
    let description = describe(about, text(tool, "description"));
    if !description.is_empty() {
        function.insert("description".into(), description.into());
    }
    let mut parameters = tool.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    parameters.entry("type").or_insert_with(|| "object".into());
    function.insert("parameters".into(), parameters.into());
    if let Some(strict) = tool.get("strict").filter(|it| !it.is_null()) {
        function.insert("strict".into(), strict.clone());
    }
    let mut nested = Object::new();
    nested.insert("type".into(), "function".into());
    nested.insert("function".into(), function.into());
    let known = ["type", "name", "description", "parameters", "strict"];
    let more = tool.iter().filter(|(name, value)| !known.contains(&name.as_str()) && !value.is_null());
    nested.extend(more.map(|(name, value)| (name.clone(), value.clone())));
    nested.into()
}

fn describe(about: &str, own: &str) -> String {
    [about, own].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Chat has an inner object for the place ("Web search", user location).
fn search(tool: &Object) -> Value {
    let mut options = Object::new();
    if let Some(size) = tool.get("search_context_size").filter(|it| !it.is_null()) {
        options.insert("search_context_size".into(), size.clone());
    }
    if let Some(Value::Object(place)) = tool.get("user_location") {
        let nested = if place.contains_key("approximate") {
            Value::Object(place.clone())
        } else {
            let inner = place.iter().filter(|(name, value)| *name != "type" && !value.is_null());
            let inner: Object = inner.map(|(name, value)| (name.clone(), value.clone())).collect();
            json!({"type": "approximate", "approximate": inner})
        };
        options.insert("user_location".into(), nested);
    }
    options.into()
}

/// `tool_choice` in chat's words; `None` where chat has none. A list of allowed tools takes the others away.
pub(super) fn choice(given: &Value, tools: &mut Tools) -> Option<Value> {
    let Value::Object(fields) = given else { return Some(given.clone()) };
    let named = fields.get("function").or_else(|| fields.get("custom")).and_then(|it| it.get("name"));
    let name = named.or_else(|| fields.get("name")).and_then(Value::as_str).filter(|it| !it.is_empty());
    match (text(fields, "type"), name) {
        (word @ ("auto" | "none"), _) => Some(word.into()),
        ("function" | "custom" | "tool", Some(name)) => Some(json!({"type": "function", "function": {"name": name}})),
        ("required" | "tool" | "any" | "function" | "custom", _) => Some("required".into()),
        ("allowed_tools", _) => {
            let fields = fields.get("allowed_tools").and_then(Value::as_object).unwrap_or(fields);
            let name =
                |it: &Object| text(it.get("function").and_then(Value::as_object).unwrap_or(it), "name").to_owned();
            let allowed: HashSet<String> = objects(fields, "tools").map(name).collect();
            tools.list.retain(|it| it["function"]["name"].as_str().is_none_or(|it| allowed.contains(it)));
            Some(Some(text(fields, "mode")).filter(|it| !it.is_empty()).unwrap_or("auto").into())
        }
        _ => None,
    }
}

fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}
