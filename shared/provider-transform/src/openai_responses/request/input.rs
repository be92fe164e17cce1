//! The conversation as input items ("Conversation state").

use serde_json::{Value, json};

use super::content;
use crate::chat::part::{Content, PartKind};
use crate::chat::request::Role;
use crate::openai::messages::{TOOL_IMAGES, TOOL_IMAGES_MOVED};
use crate::openai_responses::Caller;
use crate::{Message, Object, TransformError};

/// How OpenAI's sealed reasoning starts; what other providers sign means nothing to it.
const SEAL: &str = "gAAAA";

/// A conversation in this API's two fields.
#[derive(Default)]
pub(super) struct Input {
    pub(super) items: Vec<Value>,
    pub(super) instructions: Option<String>,
}

struct Writer<'a> {
    caller: Caller,
    input: Input,
    dropped: &'a mut Vec<String>,
    /// Images of tools' answers that follow as the user's, once all answers are written.
    images: Vec<Value>,
    /// Id of the last call in the form before tools, which has none.
    legacy_id: String,
}

pub(super) fn render(caller: Caller, messages: &[Message], dropped: &mut Vec<String>) -> Result<Input, TransformError> {
    let mut writer = Writer { caller, input: Input::default(), dropped, images: Vec::new(), legacy_id: String::new() };
    for (at, message) in messages.iter().enumerate() {
        writer.message(at, message)?;
    }
    writer.flush_images();
    Ok(writer.input)
}

impl Writer<'_> {
    fn message(&mut self, at: usize, message: &Message) -> Result<(), TransformError> {
        let is_answer = matches!(message.role(), Role::Tool | Role::Function);
        if !is_answer {
            self.flush_images();
        }
        match message.role() {
            Role::System if self.is_instruction(at, message) => self.instruct(message),
            Role::Tool => {
                let id = message.tool_call_id().unwrap_or_default().to_owned();
                self.output(at, message, &id)?;
            }
            Role::Function => {
                let id = self.legacy_id.clone();
                self.output(at, message, &id)?;
            }
            Role::Assistant => {
                self.reasoning(at, message);
                self.said(at, message)?;
                self.calls(at, message);
            }
            Role::System | Role::Developer | Role::User | Role::Unknown => self.said(at, message)?,
        }
        Ok(())
    }

    /// Leading text is the instructions; what comes later keeps its place.
    fn is_instruction(&self, at: usize, message: &Message) -> bool {
        match self.caller {
            Caller::Messages { has_system } => has_system && at == 0,
            Caller::Chat => self.input.items.is_empty() && matches!(message.content(), Content::Text(_)),
        }
    }

    fn instruct(&mut self, message: &Message) {
        let text = message.content().text("\n");
        if text.is_empty() {
            return;
        }
        match &mut self.input.instructions {
            Some(instructions) => {
                instructions.push('\n');
                instructions.push_str(&text);
            }
            None => self.input.instructions = Some(text),
        }
    }

    fn said(&mut self, at: usize, message: &Message) -> Result<(), TransformError> {
        let is_output = message.role() == Role::Assistant;
        let mut parts = self.parts(at, message, is_output)?;
        if let Some(refusal) = message.get("refusal").and_then(Value::as_str) {
            parts.push(json!({"type": "refusal", "refusal": refusal}));
        }
        if !parts.is_empty() {
            self.input.items.push(json!({"type": "message", "role": message.role_name(), "content": parts}));
        }
        Ok(())
    }

    fn parts(&self, at: usize, message: &Message, is_output: bool) -> Result<Vec<Value>, TransformError> {
        let path = |part: usize| format!("messages[{at}].content[{part}]");
        let parts = message.parts().enumerate();
        parts.filter_map(|(i, it)| content::part(self.caller, it, is_output, &path(i)).transpose()).collect()
    }

    fn calls(&mut self, at: usize, message: &Message) {
        let call = |id: &str, name: &str, arguments: &str| json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments});
        self.input.items.extend(message.tool_calls().map(|it| call(it.id, it.name, it.arguments)));
        if let Some(function) = message.function_call() {
            let text = |name: &str| function.get(name).and_then(Value::as_str).unwrap_or_default();
            self.legacy_id = format!("call_{at}");
            self.input.items.push(call(&self.legacy_id, text("name"), text("arguments")));
        }
    }

    /// Anthropic's results are text, with images told apart; chat's are as rich as this API's.
    fn output(&mut self, at: usize, message: &Message, id: &str) -> Result<(), TransformError> {
        let output: Value = match self.caller {
            Caller::Chat => self.parts(at, message, false)?.into(),
            Caller::Messages { .. } => self.plain(at, message)?.into(),
        };
        self.input.items.push(json!({"type": "function_call_output", "call_id": id, "output": output}));
        Ok(())
    }

    fn plain(&mut self, at: usize, message: &Message) -> Result<String, TransformError> {
        let (mut texts, mut has_media) = (Vec::new(), false);
        for (i, part) in message.parts().enumerate() {
            if let PartKind::Text(text) = part.kind {
                texts.push(text);
                continue;
            }
            has_media = true;
            self.images.extend(content::part(self.caller, part, false, &format!("messages[{at}].content[{i}]"))?);
        }
        if has_media {
            texts.push(TOOL_IMAGES_MOVED);
        }
        Ok(texts.join("\n"))
    }

    fn flush_images(&mut self) {
        if self.images.is_empty() {
            return;
        }
        let mut parts = vec![content::text(TOOL_IMAGES, false)];
        parts.append(&mut self.images);
        self.input.items.push(json!({"type": "message", "role": "user", "content": parts}));
    }

    /// What the model thought before, as it gave it: whole items, or sealed in the signature of a thinking block.
    fn reasoning(&mut self, at: usize, message: &Message) {
        let list = |name: &str| message.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let items = list("reasoning_items");
        if !items.is_empty() {
            self.input.items.extend(items.iter().filter(|it| it.is_object()).cloned());
            return;
        }
        for block in list("thinking_blocks").iter().filter_map(Value::as_object) {
            match reasoning_item(block) {
                Some(item) => self.input.items.push(item),
                None => self.dropped.push(format!("messages[{at}].thinking_blocks")),
            }
        }
    }
}

fn reasoning_item(block: &Object) -> Option<Value> {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    let sealed = [text("signature"), text("data")].into_iter().find(|it| it.starts_with(SEAL))?;
    let thought = Some(text("thinking")).filter(|it| !it.is_empty());
    let summary: Vec<Value> = thought.iter().map(|it| json!({"type": "summary_text", "text": it})).collect();
    Some(json!({"type": "reasoning", "summary": summary, "encrypted_content": sealed}))
}
