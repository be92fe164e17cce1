//! Input items as chat messages: calls join the assistant's message, reasoning joins what follows it.

use serde_json::{Value, json};

use super::{content, thinking};
use crate::openai_responses::item::{objects, text};
use crate::{Message, Object, TransformError};

/// A conversation as it grows.
#[derive(Default)]
pub(super) struct Conversation {
    pub(super) messages: Vec<Message>,
    /// Items that chat has no place for, by where they stand.
    pub(super) dropped: Vec<String>,
    /// Tools that items declare.
    pub(super) tools: Vec<Value>,
    reasoning: Option<Reasoning>,
}

/// Reasoning that waits for the message it belongs to.
#[derive(Default)]
struct Reasoning {
    texts: Vec<String>,
    blocks: Vec<Value>,
}

/// Work of a provider's own tools: what came of it is in the messages that follow.
const HOSTED_WORK: &[&str] = &[
    "code_interpreter_call",
    "compaction",
    "file_search_call",
    "image_generation_call",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "web_search_call",
];

impl Conversation {
    /// Adds what `input` says: a string, or a list of items.
    pub(super) fn input(&mut self, input: &Value) -> Result<(), TransformError> {
        match input {
            Value::String(text) => self.say("user", text.as_str().into()),
            Value::Array(items) => self.items(items, "input")?,
            _ => return Err(invalid("input", "must be a string or a list of items")),
        }
        Ok(())
    }

    /// Adds items; `at` is where they stand.
    pub(super) fn items(&mut self, items: &[Value], at: &str) -> Result<(), TransformError> {
        for (index, item) in items.iter().enumerate() {
            let at = format!("{at}[{index}]");
            match item {
                Value::Object(item) => self.item(item, &at)?,
                Value::String(text) => self.say("user", text.as_str().into()),
                _ => return Err(invalid(&at, "must be an object")),
            }
        }
        Ok(())
    }

    /// All is said: reasoning that nothing followed stands alone.
    pub(super) fn close(&mut self) {
        if let Some(reasoning) = self.reasoning.take() {
            self.messages.push(reasoning.into_message());
        }
    }

    fn item(&mut self, item: &Object, at: &str) -> Result<(), TransformError> {
        match text(item, "type") {
            "message" | "" => self.message(item, at),
            "function_call" | "custom_tool_call" => self.call(item, at),
            "function_call_output" | "custom_tool_call_output" | "computer_call_output" | "tool_result" => {
                self.output(item, at)
            }
            "reasoning" => {
                self.reasoning.get_or_insert_default().read(item);
                Ok(())
            }
            "additional_tools" => {
                self.tools.extend(objects(item, "tools").cloned().map(Value::Object));
                Ok(())
            }
            "item_reference" => Err(invalid(at, "an item that only its provider keeps cannot be referred to here")),
            kind if HOSTED_WORK.contains(&kind) => {
                self.dropped.push(format!("{at} ({kind})"));
                Ok(())
            }
            _ if item.contains_key("role") => self.message(item, at),
            kind => Err(invalid(&format!("{at}.type"), &format!("`{kind}` is no item that is known"))),
        }
    }

    fn message(&mut self, item: &Object, at: &str) -> Result<(), TransformError> {
        let role = Some(text(item, "role")).filter(|it| !it.is_empty()).unwrap_or("user");
        let Some(given) = item.get("content").filter(|it| !it.is_null()) else {
            self.dropped.push(format!("{at} (no content)"));
            return Ok(());
        };
        let content = content::of_message(given, &format!("{at}.content"))?;
        // Results must follow the calls at once, so words that come after a call join its message.
        if role == "assistant"
            && self.reasoning.is_none()
            && let Some(calls) = self.last_assistant().filter(|it| it.contains_key("tool_calls"))
        {
            add_content(calls, content);
            return Ok(());
        }
        self.say(role, content);
        if let (Some(mark), Some(last)) = (item.get("cache_control"), self.messages.last_mut()) {
            last.0.insert("cache_control".into(), mark.clone());
        }
        Ok(())
    }

    fn say(&mut self, role: &str, content: Value) {
        let mut message = Object::new();
        message.insert("role".into(), role.into());
        message.insert("content".into(), content);
        match self.reasoning.take() {
            Some(reasoning) if role == "assistant" => reasoning.join(&mut message),
            Some(reasoning) => self.messages.push(reasoning.into_message()),
            None => {}
        }
        self.messages.push(Message(message));
    }

    /// Calls that follow each other are one message: providers want all results right after it.
    fn call(&mut self, item: &Object, at: &str) -> Result<(), TransformError> {
        let id = [text(item, "call_id"), text(item, "id")].into_iter().find(|it| !it.is_empty());
        let id = id.ok_or_else(|| invalid(&format!("{at}.call_id"), "missing"))?;
        let is_custom = text(item, "type") == "custom_tool_call";
        let arguments = match item.get("arguments") {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::String(_) | Value::Null) | None if is_custom => {
                json!({"content": text(item, "input")}).to_string()
            }
            Some(Value::String(_) | Value::Null) | None => String::new(),
            Some(decoded) => decoded.to_string(),
        };
        let name = match text(item, "namespace") {
            namespace if !namespace.is_empty() && !is_custom => format!("{namespace}__{}", text(item, "name")),
            _ => text(item, "name").to_owned(),
        };
        let call = json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
        if self.reasoning.is_some() || self.last_assistant().is_none() {
            self.say("assistant", Value::Null);
        }
        if let Some(message) = self.last_assistant() {
            let calls = message.entry("tool_calls").or_insert_with(|| json!([]));
            if let Some(calls) = calls.as_array_mut() {
                calls.push(call);
            }
        }
        Ok(())
    }

    fn output(&mut self, item: &Object, at: &str) -> Result<(), TransformError> {
        let id = [text(item, "call_id"), text(item, "tool_use_id")].into_iter().find(|it| !it.is_empty());
        let id = id.ok_or_else(|| invalid(&format!("{at}.call_id"), "missing"))?;
        let given = item.get("output").or_else(|| item.get("content"));
        let content = content::of_output(given, &format!("{at}.output"))?;
        self.say("tool", content);
        if let Some(last) = self.messages.last_mut() {
            last.0.insert("tool_call_id".into(), id.into());
        }
        Ok(())
    }

    fn last_assistant(&mut self) -> Option<&mut Object> {
        let last = &mut self.messages.last_mut()?.0;
        (last.get("role")? == "assistant").then_some(last)
    }
}

impl Reasoning {
    fn read(&mut self, item: &Object) {
        let texts = |name: &str| {
            let texts = objects(item, name).map(|it| text(it, "text").trim()).filter(|it| !it.is_empty());
            texts.collect::<Vec<_>>().join("\n")
        };
        let plain = text(item, "content").trim().to_owned();
        let said = [plain, texts("content"), texts("summary")].into_iter().find(|it| !it.is_empty());
        self.texts.extend(said);
        self.blocks.extend(thinking::decode(text(item, "encrypted_content")).unwrap_or_default());
    }

    fn join(self, message: &mut Object) {
        if !self.texts.is_empty() {
            message.insert("reasoning_content".into(), self.texts.join("\n").into());
        }
        if !self.blocks.is_empty() {
            message.insert("thinking_blocks".into(), self.blocks.into());
        }
    }

    fn into_message(self) -> Message {
        let mut message = Object::new();
        message.insert("role".into(), "assistant".into());
        message.insert("content".into(), Value::Null);
        self.join(&mut message);
        Message(message)
    }
}

fn add_content(message: &mut Object, more: Value) {
    let before = message.get("content").cloned().unwrap_or_default();
    let joined = match before {
        Value::Null => more,
        before => Value::Array([before, more].into_iter().flat_map(parts).collect()),
    };
    message.insert("content".into(), joined);
}

fn parts(content: Value) -> Vec<Value> {
    match content {
        Value::Array(parts) => parts,
        text => vec![json!({"type": "text", "text": text})],
    }
}

fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}
