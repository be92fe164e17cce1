//! Gives models the skills of this gateway that a request names in `container.skills`: a tool for each, what its
//! `SKILL.md` says in the system prompt, and a tool to run code where a skill has code. A provider's own skills stay.

use futures_util::FutureExt;
use policy::skill::{PREFIX, SkillVersion};
use provider_transform::Object;
use serde_json::{Value, json};

use super::{Asking, Hook, Work};
use crate::skills::{NamedSkill, named_versions};
use crate::{ApiError, App, Caller};

/// The operations that take skills, with how each writes tools and the system prompt.
const TAKES: [(&str, Shape); 2] = [("acompletion", Shape::Chat), ("anthropic_messages", Shape::Messages)];

/// More skills than this are not taken at once.
const MOST: usize = 8;

/// Providers take no longer description of a tool, in characters.
const LONGEST_DESCRIPTION: usize = 1024;

/// The tool by which a model asks for code to be run.
const RUN_CODE: &str = "litellm_code_execution";

pub(super) struct Skills;

#[derive(Clone, Copy, Debug)]
enum Shape {
    Chat,
    Messages,
}

impl Hook for Skills {
    fn asked<'a>(&'a self, asking: &'a mut Asking<'_>) -> Work<'a, Result<(), ApiError>> {
        let (_, shape) = TAKES.iter().find(|(call_type, _)| *call_type == asking.call_type)?;
        let named = take(asking.body)?;
        Some(give(asking.app, asking.caller, asking.body, named, *shape).boxed())
    }
}

/// Takes the skills of this gateway out of the container, and the container away when nothing is left in it.
fn take(body: &mut Object) -> Option<Vec<NamedSkill>> {
    let container = body.get_mut("container")?.as_object_mut()?;
    let skills = container.get_mut("skills")?.as_array_mut()?;
    let mut named = Vec::new();
    skills.retain(|skill| {
        let text = |field: &str| skill.get(field).and_then(Value::as_str).map(str::to_owned);
        match text("skill_id").filter(|id| id.starts_with(PREFIX)) {
            Some(id) => {
                if named.iter().all(|it: &NamedSkill| it.id != id) {
                    named.push(NamedSkill { id, version: text("version") });
                }
                false
            }
            None => true,
        }
    });
    if named.is_empty() {
        return None;
    }
    if skills.is_empty() {
        container.shift_remove("skills");
    }
    if container.is_empty() {
        body.shift_remove("container");
    }
    Some(named)
}

async fn give(
    app: &App,
    caller: &Caller,
    body: &mut Object,
    named: Vec<NamedSkill>,
    shape: Shape,
) -> Result<(), ApiError> {
    if named.len() > MOST {
        let message = format!("A request may name {MOST} skills, this one names {}.", named.len());
        return Err(ApiError::invalid(message).param("container.skills"));
    }
    let skills = named_versions(app, caller, &named).await.map_err(|error| error.param("container.skills"))?;
    let mut tools: Vec<Value> =
        skills.iter().map(|it| shape.tool(&tool_name(it), &description(it), &no_input())).collect();
    if skills.iter().any(|it| !it.files.is_empty()) {
        tools.push(shape.tool(RUN_CODE, &run_code(&skills), &code_input()));
    }
    match body.get_mut("tools") {
        Some(Value::Array(own)) => own.extend(tools),
        None | Some(Value::Null) => {
            body.insert("tools".to_owned(), tools.into());
        }
        Some(_) => return Err(ApiError::invalid("`tools` must be a list.").param("tools")),
    }
    shape.tell(body, &told(&skills))
}

fn tool_name(skill: &SkillVersion) -> String {
    skill.skill_id.replace('-', "_")
}

fn description(skill: &SkillVersion) -> String {
    let text = if skill.description.is_empty() { &skill.name } else { &skill.description };
    text.chars().take(LONGEST_DESCRIPTION).collect()
}

fn no_input() -> Value {
    json!({"type": "object", "properties": {}, "required": []})
}

fn code_input() -> Value {
    let code = json!({"type": "string", "description": "Python source"});
    json!({"type": "object", "properties": {"code": code}, "required": ["code"]})
}

/// What the tool says that asks for code to be run; it names the modules that there are.
fn run_code(skills: &[SkillVersion]) -> String {
    let files: Vec<&str> = skills.iter().flat_map(|it| &it.files).map(String::as_str).collect();
    let text =
        format!("Runs Python code beside the files of the skills, and gives its output. Files: {}", files.join(", "));
    text.chars().take(LONGEST_DESCRIPTION).collect()
}

fn told(skills: &[SkillVersion]) -> String {
    let sections = skills.iter().map(|it| format!("## Skill: {}\n\n{}", it.name, it.instructions.trim()));
    format!("# Available Skills\n\n{}", sections.collect::<Vec<_>>().join("\n\n---\n\n"))
}

impl Shape {
    fn tool(self, name: &str, description: &str, input: &Value) -> Value {
        match self {
            Self::Messages => json!({"name": name, "description": description, "input_schema": input}),
            Self::Chat => {
                let function = json!({"name": name, "description": description, "parameters": input});
                json!({"type": "function", "function": function})
            }
        }
    }

    /// Adds `text` to the end of the system prompt.
    fn tell(self, body: &mut Object, text: &str) -> Result<(), ApiError> {
        match self {
            Self::Messages => {
                let system = body.entry("system").or_insert(Value::Null);
                append(system, text).ok_or_else(|| wrong("system"))
            }
            Self::Chat => {
                let Some(Value::Array(messages)) = body.get_mut("messages") else { return Err(wrong("messages")) };
                let is_system = |it: &&mut Value| {
                    it.get("role").and_then(Value::as_str).is_some_and(|it| it == "system" || it == "developer")
                };
                match messages.iter_mut().find(is_system).and_then(Value::as_object_mut) {
                    Some(message) => {
                        let content = message.entry("content").or_insert(Value::Null);
                        append(content, text).ok_or_else(|| wrong("messages"))
                    }
                    None => {
                        messages.insert(0, json!({"role": "system", "content": text}));
                        Ok(())
                    }
                }
            }
        }
    }
}

/// Adds a text to a prompt, which is a text or a list of parts.
fn append(prompt: &mut Value, text: &str) -> Option<()> {
    match prompt {
        Value::Null => *prompt = text.into(),
        Value::String(own) if own.is_empty() => text.clone_into(own),
        Value::String(own) => own.push_str(&format!("\n\n---\n\n{text}")),
        Value::Array(parts) => parts.push(json!({"type": "text", "text": text})),
        _ => return None,
    }
    Some(())
}

fn wrong(field: &'static str) -> ApiError {
    ApiError::invalid(format!("`{field}` has a form that skills cannot be added to.")).param(field)
}
