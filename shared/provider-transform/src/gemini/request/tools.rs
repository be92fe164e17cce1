//! Tools and the choice of one ("Function calling"): functions that the caller runs, and tools that Google runs.

use serde_json::{Value, json};

use crate::gemini::models;
use crate::provider::GoogleService;
use crate::rules::{Prepared, is_true};
use crate::{Cx, Object, TransformError};

use super::{invalid, note, schema};

/// What a request says of tools, in Google's form.
#[derive(Debug, Default)]
pub(super) struct Tools {
    /// Each holds one kind of tool.
    pub(super) tools: Vec<Object>,
    /// `toolConfig`.
    pub(super) config: Object,
    pub(super) dropped: Vec<String>,
    functions: Vec<Value>,
    hosted: Vec<(&'static Hosted, Value)>,
}

/// A tool that Google runs.
#[derive(Debug, PartialEq)]
struct Hosted {
    /// Google's name of it, as LiteLLM writes it.
    name: &'static str,
    /// Other names of it: Google's other spelling, and types of OpenAI's tools.
    others: &'static [&'static str],
    /// Whether it looks things up, which models before Gemini 3 do not do beside calling functions.
    searches: bool,
}

/// In the order in which they are sent.
static HOSTED: &[Hosted] = &[
    Hosted { name: "googleSearch", others: &["google_search", "web_search"], searches: true },
    Hosted { name: "googleSearchRetrieval", others: &["google_search_retrieval"], searches: true },
    Hosted { name: "enterpriseWebSearch", others: &["enterprise_web_search"], searches: true },
    Hosted { name: "code_execution", others: &["codeExecution", "code_interpreter"], searches: false },
    Hosted { name: "url_context", others: &["urlContext"], searches: true },
    Hosted { name: "googleMaps", others: &["google_maps"], searches: false },
    Hosted { name: "computerUse", others: &["computer_use"], searches: false },
    Hosted { name: "fileSearch", others: &[], searches: false },
    Hosted { name: "retrieval", others: &[], searches: false },
];

/// Translates tools and their choice. Errors when one is no tool, or the choice is none.
pub(super) fn render(
    prepared: &mut Prepared<'_>,
    cx: &Cx<'_>,
    service: GoogleService,
) -> Result<Tools, TransformError> {
    let mut tools = Tools::default();
    for list in ["tools", "functions"] {
        let Some(sent) = prepared.params.get(list) else { continue };
        let sent = sent.as_array().ok_or_else(|| invalid(list, "must be a list"))?;
        for (index, tool) in sent.iter().enumerate() {
            tools.add(tool, &format!("{list}[{index}]"))?;
        }
    }
    if let Some(options) = prepared.params.get("web_search_options") {
        // "googleSearch" has neither a place nor a size.
        for name in options.as_object().into_iter().flatten().map(|(name, _)| name) {
            note(&mut tools.dropped, &format!("web_search_options.{name}"));
        }
        tools.host("googleSearch", Value::Object(Object::new()));
    }
    let circulates = is_true(prepared.params.get("include_server_side_tool_invocations"));
    if circulates {
        tools.config.insert("includeServerSideToolInvocations".into(), true.into());
    }
    if !tools.functions.is_empty() && !circulates {
        tools.drop_searches();
    }
    if prepared.params.get("parallel_tool_calls") == Some(&Value::Bool(false)) {
        // Google has no word for it; of one function there is at least only one to call.
        if tools.functions.len() > 1 {
            prepared.reject("parallel_tool_calls")?;
        } else {
            note(&mut tools.dropped, "parallel_tool_calls");
        }
    }
    for name in ["tool_choice", "function_call"] {
        if let Some(choice) = prepared.params.get(name).filter(|it| !it.is_null()) {
            tools.config.insert("functionCallingConfig".into(), choose(choice, name)?);
        }
    }
    tools.end(cx, service);
    Ok(tools)
}

impl Hosted {
    /// Whether a tool's type means it; the types of searches carry dates.
    fn is_called(&self, kind: &str) -> bool {
        let is_dated = self.name == "googleSearch" && kind.starts_with("web_search_");
        self.name == kind || self.others.contains(&kind) || is_dated
    }
}

impl Tools {
    fn add(&mut self, tool: &Value, at: &str) -> Result<(), TransformError> {
        let tool = tool.as_object().ok_or_else(|| invalid(at, "must be an object"))?;
        if tool.contains_key("cache_control") {
            note(&mut self.dropped, "cache_control");
        }
        // Google's own form: one key that names the tool.
        let named = |it: &Hosted| [it.name].iter().chain(it.others).find_map(|name| tool.get(*name)).cloned();
        if let Some((hosted, value)) = HOSTED.iter().find_map(|it| Some((it, named(it)?))) {
            self.host(hosted.name, value);
            return Ok(());
        }
        if let Some(Value::Array(functions)) =
            ["functionDeclarations", "function_declarations"].iter().find_map(|it| tool.get(*it))
        {
            self.functions.extend(functions.iter().cloned());
            return Ok(());
        }
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or("function");
        if let Some(function) = tool.get("function").and_then(Value::as_object) {
            return self.function(function, &format!("{at}.function"));
        }
        if matches!(kind, "custom" | "function") && tool.contains_key("name") {
            return self.function(tool, at);
        }
        let hosted = HOSTED.iter().find(|it| it.is_called(kind));
        let hosted = hosted.ok_or_else(|| invalid(format!("{at}.type"), format!("Google has no tool `{kind}`")))?;
        let mut options: Object =
            tool.iter().filter(|(name, _)| *name != "type").map(|(name, it)| (name.clone(), it.clone())).collect();
        if matches!(hosted.name, "googleSearch" | "code_execution") {
            // OpenAI's options of them have no form here.
            for name in std::mem::take(&mut options).keys() {
                note(&mut self.dropped, &format!("{at}.{name}"));
            }
        }
        self.host(hosted.name, Value::Object(options));
        Ok(())
    }

    fn host(&mut self, name: &str, value: Value) {
        let Some(hosted) = HOSTED.iter().find(|it| it.name == name) else { return };
        let value = match hosted.name {
            "googleMaps" => self.maps(value),
            "computerUse" => computer(value),
            _ => value,
        };
        self.hosted.retain(|(it, _)| *it != hosted);
        self.hosted.push((hosted, value));
    }

    fn function(&mut self, function: &Object, at: &str) -> Result<(), TransformError> {
        let name = function.get("name").and_then(Value::as_str).filter(|it| !it.is_empty());
        let mut declaration = Object::new();
        declaration.insert("name".into(), name.ok_or_else(|| invalid(format!("{at}.name"), "missing"))?.into());
        let description = function.get("description").filter(|it| !it.is_null());
        declaration.extend(description.map(|it| ("description".to_owned(), it.clone())));
        // Anthropic's word for it is `input_schema`.
        let parameters = ["parameters", "input_schema"].iter().find_map(|it| function.get(*it));
        if let Some(parameters) = parameters.and_then(Value::as_object) {
            let at = format!("{at}.parameters");
            declaration.insert("parameters".into(), schema::parameters(parameters, &at, &mut self.dropped)?);
        }
        for name in ["cache_control", "strict"] {
            if function.get(name).is_some_and(|it| !it.is_null() && *it != Value::Bool(false)) {
                note(&mut self.dropped, &format!("{at}.{name}"));
            }
        }
        self.functions.push(Value::Object(declaration));
        Ok(())
    }

    /// A place to search around belongs to the choice of tools ("Grounding with Google Maps").
    fn maps(&mut self, value: Value) -> Value {
        let Value::Object(mut maps) = value else { return value };
        let mut retrieval = Object::new();
        let place = (maps.shift_remove("latitude"), maps.shift_remove("longitude"));
        if let (Some(latitude), Some(longitude)) = place {
            retrieval.insert("latLng".into(), json!({"latitude": latitude, "longitude": longitude}));
        }
        retrieval.extend(maps.shift_remove("languageCode").map(|it| ("languageCode".to_owned(), it)));
        if let Some(Value::Object(given)) = maps.shift_remove("retrievalConfig") {
            retrieval.extend(given);
        }
        if !retrieval.is_empty() {
            self.config.insert("retrievalConfig".into(), Value::Object(retrieval));
        }
        Value::Object(maps)
    }

    /// "Multiple tools are supported only when they are all search tools": the caller's functions stay.
    fn drop_searches(&mut self) {
        for (hosted, _) in self.hosted.iter().filter(|(it, _)| it.searches) {
            note(&mut self.dropped, &format!("tools.{}", hosted.name));
        }
        self.hosted.retain(|(it, _)| !it.searches);
    }

    fn end(&mut self, cx: &Cx<'_>, service: GoogleService) {
        // Google knows circulating tools from Gemini 3 on; at Vertex AI they need no word of it.
        if !models::is_third(cx.model) || service == GoogleService::VertexAi {
            self.config.shift_remove("includeServerSideToolInvocations");
        }
        let mut tool = |name: &str, value: Value| {
            let mut tool = Object::new();
            tool.insert(name.to_owned(), value);
            self.tools.push(tool);
        };
        if !self.functions.is_empty() {
            tool("function_declarations", Value::Array(std::mem::take(&mut self.functions)));
        }
        let place = |it: &Hosted| HOSTED.iter().position(|other| other == it);
        self.hosted.sort_by_key(|(it, _)| place(it));
        for (hosted, value) in self.hosted.drain(..) {
            tool(hosted.name, value);
        }
    }
}

fn computer(value: Value) -> Value {
    let Value::Object(mut computer) = value else { return value };
    let environment = match computer.get("environment").and_then(Value::as_str) {
        Some("browser") => Some("ENVIRONMENT_BROWSER"),
        Some("unspecified") => Some("ENVIRONMENT_UNSPECIFIED"),
        _ => None,
    };
    computer.extend(environment.map(|it| ("environment".to_owned(), it.into())));
    if let Some(excluded) = computer.shift_remove("excluded_predefined_functions") {
        computer.insert("excludedPredefinedFunctions".into(), excluded);
    }
    Value::Object(computer)
}

/// OpenAI's choice as `FunctionCallingConfig`.
fn choose(choice: &Value, param: &str) -> Result<Value, TransformError> {
    let name = choice.get("function").unwrap_or(choice).get("name").and_then(Value::as_str);
    let word = choice.as_str().or_else(|| choice.get("type")?.as_str());
    Ok(match (word, name) {
        (Some("auto"), _) => json!({"mode": "AUTO"}),
        (Some("none"), _) => json!({"mode": "NONE"}),
        (Some("required" | "any"), _) => json!({"mode": "ANY"}),
        (Some("allowed_tools"), _) => allow(choice, param)?,
        (_, Some(name)) => json!({"mode": "ANY", "allowed_function_names": [name]}),
        _ => return Err(invalid(param, "must be auto, none, required or the name of a function")),
    })
}

/// Some of the tools; "VALIDATED" is a free choice among them.
fn allow(choice: &Value, param: &str) -> Result<Value, TransformError> {
    let allowed = choice.get("allowed_tools").unwrap_or(choice);
    let mode = if allowed.get("mode").is_some_and(|it| it == "required") { "ANY" } else { "VALIDATED" };
    let tools = allowed.get("tools").and_then(Value::as_array);
    let tools = tools.ok_or_else(|| invalid(format!("{param}.tools"), "missing"))?;
    let names = tools.iter().filter_map(|it| it.get("function").unwrap_or(it).get("name"));
    Ok(json!({"mode": mode, "allowed_function_names": names.collect::<Vec<_>>()}))
}
