//! Anthropic's turns as the hub's messages: results of tools become messages of their own, before the user's words.

use serde_json::{Value, json};

use crate::chat::part::Content;
use crate::chat::request::Role;
use crate::{Message, Object, TransformError};

use super::super::invalid;
use super::{blocks, marked, message, text};

/// How Claude Code marks the line of its system prompt that is for Anthropic's accounts; it changes from call to call
/// and would spoil every other provider's cache.
const BILLING_LINE: &str = "x-anthropic-billing-header:";

/// Messages so far, and what could not become one.
#[derive(Debug, Default)]
pub(super) struct Turns {
    pub(super) messages: Vec<Message>,
    pub(super) refused: Vec<String>,
    pub(super) dropped: Vec<String>,
}

impl Turns {
    /// The system prompt; whether there is one.
    pub(super) fn system(&mut self, system: Option<&Value>) -> Result<bool, TransformError> {
        let content = match system {
            None | Some(Value::Null) => return Ok(false),
            Some(Value::String(words)) => Some(Value::from(words.as_str())).filter(|_| !words.is_empty()),
            Some(Value::Array(list)) => {
                let is_billing = |it: &&Value| it["text"].as_str().is_some_and(|it| it.starts_with(BILLING_LINE));
                if list.iter().any(|it| is_billing(&it)) {
                    self.drop_once("system.x-anthropic-billing-header");
                }
                let parts = list.iter().filter(|it| !is_billing(it)).filter_map(Value::as_object);
                let parts: Vec<_> = parts.filter_map(blocks::words).collect();
                Some(Value::Array(parts)).filter(|it| it != &json!([]))
            }
            Some(_) => return Err(invalid("system", "must be a string or a list of text blocks")),
        };
        let has_system = content.is_some();
        self.messages.extend(content.map(|it| message("system", [("content", it)])));
        Ok(has_system)
    }

    /// One turn.
    pub(super) fn turn(&mut self, turn: &Message, at: &str) -> Result<(), TransformError> {
        if let Content::Unknown(_) = turn.content() {
            return Err(invalid(format!("{at}.content"), "must be a string or a list of blocks"));
        }
        let blocks = turn.get("content").and_then(Value::as_array).map(Vec::as_slice);
        if let Some(index) = blocks.into_iter().flatten().position(|it| !it["type"].is_string()) {
            return Err(invalid(format!("{at}.content[{index}].type"), "must be a string"));
        }
        let Some(blocks) = blocks else {
            let content = turn.get("content").cloned().unwrap_or_default();
            return self.plain(turn, content, at);
        };
        let blocks = blocks.iter().filter_map(Value::as_object);
        match turn.role() {
            Role::Assistant => self.assistant(blocks, at),
            Role::User => self.user(blocks, at),
            _ => {
                let parts: Vec<_> = blocks.filter_map(blocks::words).collect();
                return self.plain(turn, Value::Array(parts), at);
            }
        }
        Ok(())
    }

    fn plain(&mut self, turn: &Message, content: Value, at: &str) -> Result<(), TransformError> {
        if !matches!(turn.role(), Role::System | Role::Developer | Role::User | Role::Assistant) {
            let message = format!("there is no role `{}`", turn.role_name());
            return Err(invalid(format!("{at}.role"), message));
        }
        self.messages.push(message(turn.role_name(), [("content", content)]));
        Ok(())
    }

    fn user<'a>(&mut self, list: impl Iterator<Item = &'a Object>, at: &str) {
        let (mut parts, mut is_answer) = (Vec::new(), false);
        for (index, block) in list.enumerate() {
            if text(block, "type") == "tool_result" {
                is_answer = true;
                self.result(block, &format!("{at}.content[{index}]"));
            } else {
                self.parts(block, &format!("{at}.content[{index}]"), &mut parts);
            }
        }
        if !parts.is_empty() || !is_answer {
            self.messages.push(message("user", [("content", Value::Array(parts))]));
        }
    }

    fn result(&mut self, block: &Object, at: &str) {
        let content = match block.get("content") {
            Some(Value::Array(list)) => {
                let mut parts = Vec::new();
                for (index, inner) in list.iter().filter_map(Value::as_object).enumerate() {
                    self.parts(inner, &format!("{at}.content[{index}]"), &mut parts);
                }
                blocks::alone(parts)
            }
            Some(Value::String(words)) => words.as_str().into(),
            _ => Value::from(""),
        };
        let fields = [("tool_call_id", text(block, "tool_use_id").into()), ("content", content)];
        let is_error = block.get("is_error").filter(|it| **it == Value::Bool(true));
        let is_error = is_error.map(|it| ("is_error", it.clone()));
        let mark = block.get("cache_control").filter(|it| !it.is_null()).map(|it| ("cache_control", it.clone()));
        self.messages.push(message("tool", fields.into_iter().chain(is_error).chain(mark)));
    }

    fn assistant<'a>(&mut self, list: impl Iterator<Item = &'a Object>, at: &str) {
        let (mut parts, mut thoughts, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        for (index, block) in list.enumerate() {
            match text(block, "type") {
                "thinking" | "redacted_thinking" => thoughts.push(Value::Object(block.clone())),
                "tool_use" => calls.push(call(block)),
                // What Anthropic ran itself is told by the words that follow it.
                kind if is_hosted(kind) => self.drop_once(&format!("messages.{kind}")),
                _ => self.parts(block, &format!("{at}.content[{index}]"), &mut parts),
            }
        }
        let reasoning: String = thoughts.iter().filter_map(|it: &Value| it["thinking"].as_str()).collect();
        let fields = [
            ("content", blocks::alone(parts)),
            ("reasoning_content", Some(reasoning).filter(|it| !it.is_empty()).into()),
            ("thinking_blocks", thoughts.into()),
            ("tool_calls", calls.into()),
        ];
        let is_said = |(_, value): &(&str, Value)| match value {
            Value::Array(list) => !list.is_empty(),
            value => !value.is_null(),
        };
        self.messages.push(message("assistant", fields.into_iter().filter(is_said)));
    }

    fn parts(&mut self, block: &Object, at: &str, parts: &mut Vec<Value>) {
        match blocks::parts(block) {
            Some(more) => parts.extend(more),
            None => self.refused.push(at.to_owned()),
        }
        if block.get("citations").is_some_and(|it| it["enabled"] == true) {
            self.drop_once("messages.citations");
        }
    }

    fn drop_once(&mut self, name: &str) {
        if !self.dropped.iter().any(|it| it == name) {
            self.dropped.push(name.to_owned());
        }
    }
}

fn is_hosted(kind: &str) -> bool {
    matches!(kind, "server_tool_use" | "mcp_tool_use" | "compaction") || kind.ends_with("_tool_result")
}

fn call(block: &Object) -> Value {
    let input = block.get("input").map_or_else(|| "{}".to_owned(), Value::to_string);
    let function = json!({"name": text(block, "name"), "arguments": input});
    let call = json!({"id": text(block, "id"), "type": "function", "function": function});
    marked(call, block.get("cache_control"))
}
