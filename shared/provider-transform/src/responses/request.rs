//! A request as the hub's, and what the hub has no place for.

use serde_json::{Value, json};

use super::items::Conversation;
use super::tools::{self, Names};
use crate::format::Losses;
use crate::openai_responses::item::text;
use crate::{ChatRequest, Message, Object, TransformError};

/// A request as it was read.
pub(super) struct Read {
    pub(super) chat: ChatRequest,
    pub(super) losses: Losses,
    pub(super) names: Names,
}

/// Fields that chat has no place for, without which an answer is still the answer that was asked for. Sorted.
static LEFT_OUT: &[&str] = &[
    "background",
    "client_metadata",
    "include",
    "max_tool_calls",
    "partial_images",
    "prompt_cache_retention",
    "service_tier",
    "stream_options",
    "top_logprobs",
    "truncation",
];
/// Fields that the gateway sees to itself.
const OWN: &[&str] = &["metadata", "previous_response_id", "store"];
/// Fields that name what only the provider keeps.
const NATIVE_ONLY: &[&str] = &["conversation", "prompt"];

/// Reads a request that continues `history`. Errors when a field has a form that nobody can use.
pub(super) fn read(body: &Object, history: &[Value]) -> Result<Read, TransformError> {
    let model = match body.get("model") {
        Some(Value::String(model)) if !model.is_empty() => model.clone(),
        Some(Value::String(_) | Value::Null) | None => return Err(invalid("model", "missing")),
        Some(_) => return Err(invalid("model", "must be a string")),
    };
    let mut said = Conversation::default();
    match body.get("instructions") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) if text.is_empty() => {}
        Some(Value::String(text)) => said.messages.push(Message::text("system", text.as_str())),
        Some(Value::Array(items)) => said.items(items, "instructions")?,
        Some(_) => return Err(invalid("instructions", "must be a string")),
    }
    said.items(history, "previous_response_id")?;
    match body.get("input") {
        None | Some(Value::Null) if body.contains_key("prompt") => {}
        None | Some(Value::Null) => return Err(invalid("input", "missing")),
        Some(input) => said.input(input)?,
    }
    said.close();
    let mut tools = tools::read(body.get("tools"), &said.tools)?;
    let mut params = Params { out: Object::new(), losses: Losses::default() };
    params.losses.dropped = said.dropped;
    let choice = body.get("tool_choice").filter(|it| !it.is_null());
    let choice = choice.and_then(|it| {
        let choice = tools::choice(it, &mut tools);
        if choice.is_none() {
            params.losses.dropped.push("tool_choice".into());
        }
        choice
    });
    let has_tools = !tools.list.is_empty();
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        params.take(name, value, has_tools)?;
    }
    if has_tools {
        params.out.insert("tools".into(), tools.list.into());
        params.out.extend(choice.map(|it| ("tool_choice".to_owned(), it)));
    }
    if let Some(search) = tools.search {
        params.out.insert("web_search_options".into(), search);
        params.losses.optional.push("web_search_options");
    }
    params.losses.dropped.extend(tools.dropped);
    params.losses.refused.extend(tools.refused);
    let chat = ChatRequest { model, messages: said.messages, params: params.out };
    Ok(Read { chat, losses: params.losses, names: tools.names })
}

struct Params {
    out: Object,
    losses: Losses,
}

impl Params {
    fn take(&mut self, name: &str, value: &Value, has_tools: bool) -> Result<(), TransformError> {
        match name {
            "input" | "instructions" | "model" | "tools" | "tool_choice" => {}
            "max_output_tokens" => self.set("max_tokens", value.clone()),
            "parallel_tool_calls" if !has_tools => {}
            "reasoning" => self.reasoning(value)?,
            "text" => self.text(value)?,
            // Without a stream nobody could read it any other way.
            "stream" => self.set("stream", value.clone()),
            _ if OWN.contains(&name) => {}
            _ if NATIVE_ONLY.contains(&name) => self.losses.refused.push(name.to_owned()),
            _ if LEFT_OUT.binary_search(&name).is_ok() => {
                if !is_default(name, value) {
                    self.losses.dropped.push(name.to_owned());
                }
            }
            _ => self.set(name, value.clone()),
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: Value) {
        self.out.insert(name.to_owned(), value);
    }

    fn reasoning(&mut self, value: &Value) -> Result<(), TransformError> {
        let fields = match value {
            Value::String(effort) => {
                self.set("reasoning_effort", effort.as_str().into());
                return Ok(());
            }
            Value::Object(fields) => fields,
            _ => return Err(invalid("reasoning", "must be an object")),
        };
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                "effort" => self.set("reasoning_effort", value.clone()),
                // Every summary that there is gets shown.
                "summary" | "generate_summary" => {}
                other => self.losses.dropped.push(format!("reasoning.{other}")),
            }
        }
        Ok(())
    }

    /// Chat has an inner object for schemas ("Structured model outputs").
    fn text(&mut self, value: &Value) -> Result<(), TransformError> {
        let Value::Object(fields) = value else { return Err(invalid("text", "must be an object")) };
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            if name != "format" {
                self.losses.dropped.push(format!("text.{name}"));
                continue;
            }
            let Value::Object(format) = value else { return Err(invalid("text.format", "must be an object")) };
            match text(format, "type") {
                "text" => {}
                "json_schema" => {
                    let mut inner = format.clone();
                    inner.shift_remove("type");
                    inner.entry("name").or_insert_with(|| "response_schema".into());
                    self.set("response_format", json!({"type": "json_schema", "json_schema": inner}));
                }
                _ => self.set("response_format", value.clone()),
            }
        }
        Ok(())
    }
}

/// Values that ask for nothing.
fn is_default(name: &str, value: &Value) -> bool {
    match name {
        "background" => *value == Value::Bool(false),
        "truncation" => value == "disabled",
        "service_tier" => value == "auto" || value == "default",
        // Reasoning that can be sent back always comes.
        "include" => value.as_array().is_some_and(|it| it.iter().all(|it| it == "reasoning.encrypted_content")),
        "top_logprobs" => *value == json!(0),
        _ => false,
    }
}

fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}
