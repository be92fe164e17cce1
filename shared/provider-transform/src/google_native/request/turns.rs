//! Google's contents as the hub's messages: what functions answered becomes messages of its own, before the user's words.

use serde_json::{Value, json};

use crate::{Losses, Message, Object, TransformError};

use super::super::{field, invalid, text};
use super::{alone, camel, media};

/// Messages so far, and what could not become one.
#[derive(Debug, Default)]
pub(super) struct Turns {
    pub(super) messages: Vec<Message>,
    pub(super) losses: Losses,
    /// Ids and names of calls that nobody has answered yet.
    open: Vec<(String, String)>,
    made: usize,
}

/// What the model said in one turn.
#[derive(Default)]
struct Said {
    parts: Vec<Value>,
    reasoning: String,
    /// Thoughts since the last signature.
    unsigned: String,
    thinking: Vec<Value>,
    calls: Vec<Value>,
}

impl Turns {
    /// The instructions: a content, or its text.
    pub(super) fn system(&mut self, sent: &Value) -> Result<(), TransformError> {
        let at = "systemInstruction";
        if let Some(words) = sent.as_str() {
            self.messages.push(Message::text("system", words));
            return Ok(());
        }
        let mut parts = Vec::new();
        for (index, part) in self::parts(sent, at)?.into_iter().enumerate() {
            match text(part, "text") {
                Some(words) => parts.push(json!({"type": "text", "text": words})),
                None => self.losses.refused.push(format!("{at}.parts[{index}]")),
            }
        }
        if !parts.is_empty() {
            self.messages.push(message("system", [("content", alone(parts))]));
        }
        Ok(())
    }

    /// One turn.
    pub(super) fn turn(&mut self, content: &Value, at: &str) -> Result<(), TransformError> {
        let parts = self::parts(content, at)?;
        match content.get("role").filter(|it| !it.is_null()).map_or(Some("user"), Value::as_str) {
            Some("user" | "function" | "") => self.user(&parts, at),
            Some("model") => self.model(&parts, at),
            _ => return Err(invalid(format!("{at}.role"), "must be user or model")),
        }
        Ok(())
    }

    fn user(&mut self, list: &[&Object], at: &str) {
        let (mut said, mut is_answer) = (Vec::new(), false);
        for (index, part) in list.iter().enumerate() {
            let at = format!("{at}.parts[{index}]");
            match field(part, "functionResponse").and_then(Value::as_object) {
                Some(response) => {
                    is_answer = true;
                    self.result(response, &at);
                }
                None => self.part(part, at, &mut said),
            }
        }
        if !said.is_empty() || !is_answer {
            self.messages.push(message("user", [("content", alone(said))]));
        }
    }

    /// Words or a medium; anything else only Google understands.
    fn part(&mut self, part: &Object, at: String, said: &mut Vec<Value>) {
        let object = |name: &str| field(part, name).and_then(Value::as_object);
        let words = || text(part, "text").map(|it| json!({"type": "text", "text": it}));
        let bytes = || object("inlineData").and_then(media::inline);
        match words().or_else(bytes).or_else(|| object("fileData").and_then(media::address)) {
            Some(written) => said.push(written),
            None => self.losses.refused.push(at),
        }
        for name in
            part.keys().filter(|it| matches!(&*camel(it), "mediaResolution" | "thoughtSignature" | "videoMetadata"))
        {
            self.drop_once(name);
        }
    }

    fn result(&mut self, response: &Object, at: &str) {
        let name = text(response, "name").unwrap_or_default();
        let id = self.answered(text(response, "id"), name);
        let body = field(response, "response").map_or_else(|| "{}".to_owned(), Value::to_string);
        let mut parts = vec![json!({"type": "text", "text": body})];
        let media = field(response, "parts").and_then(Value::as_array).into_iter().flatten();
        for (index, part) in media.filter_map(Value::as_object).enumerate() {
            self.part(part, format!("{at}.functionResponse.parts[{index}]"), &mut parts);
        }
        let content = alone(parts);
        self.messages.push(message("tool", [("tool_call_id", id.into()), ("content", content)]));
    }

    /// The id of the call that is answered: the one that is named, or the oldest open one of the function.
    fn answered(&mut self, id: Option<&str>, name: &str) -> String {
        let id = id.filter(|it| !it.is_empty());
        let is_meant = |(call, function): &(String, String)| id.map_or(function == name, |id| call == id);
        match self.open.iter().position(is_meant) {
            Some(at) => self.open.remove(at).0,
            None => id.map_or_else(|| self.new_id(), str::to_owned),
        }
    }

    fn new_id(&mut self) -> String {
        self.made += 1;
        format!("call_{}", self.made)
    }

    fn model(&mut self, list: &[&Object], at: &str) {
        let mut said = Said::default();
        for (index, part) in list.iter().enumerate() {
            let signature = text(part, "thoughtSignature").filter(|it| !it.is_empty());
            if field(part, "thought") == Some(&Value::Bool(true)) {
                said.thought(text(part, "text").unwrap_or_default(), signature);
                continue;
            }
            if signature.is_some() {
                // It signs what Gemini thought, which nobody else can read.
                self.drop_once("thoughtSignature");
            }
            if let Some(call) = field(part, "functionCall").and_then(Value::as_object) {
                said.calls.push(self.call(call));
            } else if let Some(words) = text(part, "text") {
                said.parts.push(json!({"type": "text", "text": words}));
            } else if let Some(hosted) = part.keys().find(|it| is_hosted(it)) {
                // What Google ran itself is told by the words that follow it.
                self.drop_once(hosted);
            } else if !part.is_empty() {
                self.losses.refused.push(format!("{at}.parts[{index}]"));
            }
        }
        self.messages.push(said.message());
    }

    fn call(&mut self, call: &Object) -> Value {
        let name = text(call, "name").unwrap_or_default();
        let id = text(call, "id").filter(|it| !it.is_empty());
        let id = id.map_or_else(|| self.new_id(), str::to_owned);
        self.open.push((id.clone(), name.to_owned()));
        let arguments = field(call, "args").map_or_else(|| "{}".to_owned(), Value::to_string);
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
    }

    fn drop_once(&mut self, name: &str) {
        let name = format!("contents.{name}");
        if !self.losses.dropped.contains(&name) {
            self.losses.dropped.push(name);
        }
    }
}

impl Said {
    /// A signature ends a block of thoughts; one without thoughts is of some that were hidden.
    fn thought(&mut self, words: &str, signature: Option<&str>) {
        self.reasoning.push_str(words);
        self.unsigned.push_str(words);
        let Some(signature) = signature else { return };
        self.thinking.push(match std::mem::take(&mut self.unsigned) {
            empty if empty.is_empty() => json!({"type": "redacted_thinking", "data": signature}),
            words => json!({"type": "thinking", "thinking": words, "signature": signature}),
        });
    }

    fn message(self) -> Message {
        let is_silent = self.parts.is_empty() && !self.calls.is_empty();
        let fields = [
            ("content", if is_silent { Value::Null } else { alone(self.parts) }),
            ("reasoning_content", Some(self.reasoning).filter(|it| !it.is_empty()).into()),
            ("thinking_blocks", Some(self.thinking).filter(|it| !it.is_empty()).into()),
            ("tool_calls", Some(self.calls).filter(|it| !it.is_empty()).into()),
        ];
        message("assistant", fields.into_iter().filter(|(name, value)| *name == "content" || !value.is_null()))
    }
}

/// A content's parts: a list, or one of them alone.
fn parts<'a>(content: &'a Value, at: &str) -> Result<Vec<&'a Object>, TransformError> {
    let content = content.as_object().ok_or_else(|| invalid(at, "must be an object"))?;
    let list = match content.get("parts") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(list)) => list,
        Some(one) => std::slice::from_ref(one),
    };
    let objects = list.iter().enumerate().map(|(index, part)| {
        part.as_object().ok_or_else(|| invalid(format!("{at}.parts[{index}]"), "must be an object"))
    });
    objects.collect()
}

fn is_hosted(name: &str) -> bool {
    matches!(&*camel(name), "executableCode" | "codeExecutionResult" | "toolCall" | "toolResponse")
}

fn message(role: &str, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Message {
    let role = [("role", Value::from(role))];
    Message(role.into_iter().chain(fields).map(|(name, value)| (name.to_owned(), value)).collect())
}
