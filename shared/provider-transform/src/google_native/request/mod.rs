//! A request of generateContent in the hub's form. What no provider but Google could be told is not in it: it is listed.

mod config;
mod media;
mod schema;
mod tools;
mod turns;

use serde_json::{Value, json};

use crate::rules::names;
use crate::{ChatRequest, Losses, Object, TransformError};

use super::{field, invalid, text};
use turns::Turns;

/// The hub's form.
#[derive(Clone, Debug)]
pub(super) struct Hub {
    pub(super) chat: ChatRequest,
    /// How the model is to think; models differ in the words for it.
    pub(super) thinking: Option<Thinking>,
    /// What `chat` does not say.
    pub(super) losses: Losses,
}

/// `thinkingConfig` ("Gemini thinking").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    Off,
    /// As much as the model likes.
    Dynamic,
    /// So many tokens.
    Budget(u64),
    /// OpenAI's word for Google's level.
    Level(&'static str),
}

impl Hub {
    /// Translates a request. Errors when it has no contents, or a field that must be understood has a wrong type.
    pub(super) fn new(model: &str, sent: &Object) -> Result<Self, TransformError> {
        let mut turns = Turns::default();
        if let Some(system) = field(sent, "systemInstruction") {
            turns.system(system)?;
        }
        match field(sent, "contents") {
            Some(Value::Array(contents)) if !contents.is_empty() => {
                for (at, content) in contents.iter().enumerate() {
                    turns.turn(content, &format!("contents[{at}]"))?;
                }
            }
            Some(Value::Array(_)) | None => return Err(invalid("contents", "missing")),
            Some(_) => return Err(invalid("contents", "must be a list")),
        }
        let Turns { messages, losses, .. } = turns;
        let chat = ChatRequest { model: model.to_owned(), messages, params: Object::new() };
        let mut hub = Self { chat, thinking: None, losses };
        hub.losses.optional = vec!["reasoning_effort", "service_tier", "thinking"];
        for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
            hub.param(name, value)?;
        }
        if let Some(config) = field(sent, "toolConfig") {
            tools::choose(config, &mut hub)?;
        }
        Ok(hub)
    }

    fn param(&mut self, name: &str, value: &Value) -> Result<(), TransformError> {
        match &*camel(name) {
            "contents" | "systemInstruction" | "toolConfig" => {}
            "tools" => tools::declare(value, self)?,
            "generationConfig" => self.configure(value)?,
            // Without what it holds the model would answer something else.
            "cachedContent" => self.losses.refused.push(name.to_owned()),
            "serviceTier" => {
                let tier = value.as_str().unwrap_or_default().to_lowercase();
                let tier = tier.strip_prefix("service_tier_").unwrap_or(&tier);
                self.set("service_tier", if tier == "standard" { "default" } else { tier }.into());
            }
            _ if names::is_openai(name) => self.set(name, value.clone()),
            _ => self.losses.dropped.push(name.to_owned()),
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: Value) {
        self.chat.params.insert(name.to_owned(), value);
    }
}

/// `generation_config` as `generationConfig`.
fn camel(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    let mut is_next_large = false;
    for letter in name.chars() {
        match letter {
            '_' if !spelled.is_empty() => is_next_large = true,
            _ if is_next_large => {
                spelled.push(letter.to_ascii_uppercase());
                is_next_large = false;
            }
            _ => spelled.push(letter),
        }
    }
    spelled
}

/// A list of parts as the hub writes it: words alone are a string.
fn alone(mut parts: Vec<Value>) -> Value {
    match parts.as_mut_slice() {
        [] => json!(""),
        [one] if one["type"] == "text" => one["text"].take(),
        _ => Value::Array(parts),
    }
}
