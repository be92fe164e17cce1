//! A chat request: raw JSON objects with typed views, so that nothing a client sent is lost or reordered.

use serde::Serialize;
use serde_json::Value;

use super::part::{Content, Part, ToolCallRef};
use crate::{Object, TransformError};

/// A chat request in OpenAI's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatRequest {
    /// The model as the client named it.
    pub model: String,
    /// The conversation.
    pub messages: Vec<Message>,
    /// Every other top-level field as sent and in its order, gateway extras included.
    pub params: Object,
}

/// One message: the JSON object as sent, read through views.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Message(pub Object);

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "OpenAI's role names")]
pub enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
    Function,
    /// A role nobody knows; its name is in [`Message::role_name`].
    Unknown,
}

impl ChatRequest {
    /// Reads a request body. Errors when it is no JSON object, or `model` or `messages` are missing or of a wrong type.
    pub fn parse(body: &[u8]) -> Result<Self, TransformError> {
        let body: Object =
            serde_json::from_slice(body).map_err(|it| TransformError::MalformedJson { message: it.to_string() })?;
        Self::from_object(body)
    }

    /// Reads a request that is JSON already. Errors as [`ChatRequest::parse`].
    pub fn from_object(mut body: Object) -> Result<Self, TransformError> {
        let model = match body.shift_remove("model") {
            Some(Value::String(model)) if !model.is_empty() => model,
            Some(Value::String(_) | Value::Null) | None => return Err(invalid("model", "missing")),
            Some(_) => return Err(invalid("model", "must be a string")),
        };
        let messages = match body.shift_remove("messages") {
            Some(Value::Array(messages)) => messages,
            Some(Value::Null) | None => return Err(invalid("messages", "missing")),
            Some(_) => return Err(invalid("messages", "must be a list")),
        };
        let messages = messages.into_iter().enumerate().map(message).collect::<Result<_, _>>()?;
        Ok(Self { model, messages, params: body })
    }

    /// Whether the answer is to be streamed.
    pub fn is_stream(&self) -> bool {
        self.params.get("stream").and_then(Value::as_bool).unwrap_or(false)
    }

    /// Whether the client asked for a usage chunk at the end of the stream.
    pub fn wants_usage(&self) -> bool {
        let options = self.params.get("stream_options");
        options.and_then(|it| it.get("include_usage")).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Most tokens the client lets one choice have, if it says.
    pub fn max_output_tokens(&self) -> Option<u64> {
        let limit = |name| self.params.get(name).and_then(number);
        limit("max_completion_tokens").or_else(|| limit("max_tokens"))
    }

    /// Number of choices asked for, at least one.
    pub fn n(&self) -> u64 {
        self.params.get("n").and_then(number).unwrap_or(1).max(1)
    }

    /// Characters of everything the model will read: messages, tools, schemas. For estimates; inline media (data URLs
    /// and base64 fields) do not count.
    pub fn text_chars(&self) -> u64 {
        let messages: u64 = self.messages.iter().flat_map(|it| it.0.values()).map(chars).sum();
        let read = ["tools", "functions", "response_format", "prediction"];
        messages + read.iter().filter_map(|name| self.params.get(*name)).map(chars).sum::<u64>()
    }
}

impl Message {
    /// A message of a role with plain text.
    pub fn text(role: &str, text: impl Into<String>) -> Self {
        let mut fields = Object::new();
        fields.insert("role".into(), role.into());
        fields.insert("content".into(), Value::String(text.into()));
        Self(fields)
    }

    /// Who speaks.
    pub fn role(&self) -> Role {
        match self.role_name() {
            "system" => Role::System,
            "developer" => Role::Developer,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "tool" => Role::Tool,
            "function" => Role::Function,
            _ => Role::Unknown,
        }
    }

    /// The role as sent.
    pub fn role_name(&self) -> &str {
        self.str("role").unwrap_or_default()
    }

    /// The content, whichever of its forms was sent.
    pub fn content(&self) -> Content<'_> {
        match self.0.get("content") {
            None | Some(Value::Null) => Content::Empty,
            Some(Value::String(text)) => Content::Text(text),
            Some(Value::Array(parts)) => Content::Parts(parts),
            Some(other) => Content::Unknown(other),
        }
    }

    /// The content's parts; plain text is one text part.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.content().parts()
    }

    /// Calls the assistant made; entries that are no objects are left out.
    pub fn tool_calls(&self) -> impl Iterator<Item = ToolCallRef<'_>> {
        let calls = self.0.get("tool_calls").and_then(Value::as_array);
        calls.into_iter().flatten().filter_map(Value::as_object).map(ToolCallRef::new)
    }

    /// The assistant's call in its form before tools, if any.
    pub fn function_call(&self) -> Option<&Object> {
        self.0.get("function_call").and_then(Value::as_object)
    }

    /// Id of the call that a tool message answers.
    pub fn tool_call_id(&self) -> Option<&str> {
        self.str("tool_call_id")
    }

    /// Name of the speaker or function.
    pub fn name(&self) -> Option<&str> {
        self.str("name")
    }

    /// A cache mark on the whole message (Anthropic's `cache_control`).
    pub fn cache_control(&self) -> Option<&Value> {
        self.0.get("cache_control").filter(|it| !it.is_null())
    }

    /// Any field as sent.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn str(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

fn message((at, value): (usize, Value)) -> Result<Message, TransformError> {
    match value {
        Value::Object(fields) if fields.get("role").is_some_and(Value::is_string) => Ok(Message(fields)),
        Value::Object(_) => Err(invalid(&format!("messages[{at}].role"), "must be a string")),
        _ => Err(invalid(&format!("messages[{at}]"), "must be an object")),
    }
}

fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}

/// A number, however it is written.
pub(crate) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).or_else(|| {
        let float = value.as_f64()?;
        (float >= 0.0 && float <= f64::from(u32::MAX)).then_some(float as u64)
    })
}

fn chars(value: &Value) -> u64 {
    match value {
        Value::String(text) if text.starts_with("data:") => 0,
        Value::String(text) => text.chars().count() as u64,
        Value::Array(items) => items.iter().map(chars).sum(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "data" | "file_data" | "bytes"))
            .map(|(name, it)| name.chars().count() as u64 + chars(it))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}
