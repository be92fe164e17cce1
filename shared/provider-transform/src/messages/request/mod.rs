//! A request of the messages API in the hub's form. What no provider but Anthropic could be told is not in it: it is
//! listed, to be refused or dropped by those that would need it.

mod blocks;
mod media;
mod tools;
mod turns;

use serde_json::{Value, json};

use crate::{ChatRequest, Losses, Message, Object, TransformError};

pub(super) use tools::as_function;
use turns::Turns;

/// The hub's form.
#[derive(Clone, Debug)]
pub(super) struct Hub {
    pub(super) chat: ChatRequest,
    /// Whether its first message is the request's `system`.
    pub(super) has_system: bool,
    /// What it does not say.
    pub(super) losses: Losses,
}

impl Hub {
    /// Translates a request. Errors when a turn or tool cannot be read.
    pub(super) fn new(sent: &ChatRequest) -> Result<Self, TransformError> {
        let mut turns = Turns::default();
        let has_system = turns.system(sent.params.get("system"))?;
        for (at, turn) in sent.messages.iter().enumerate() {
            turns.turn(turn, &format!("messages[{at}]"))?;
        }
        let Turns { messages, refused, dropped } = turns;
        let losses = Losses { dropped, refused, optional: vec!["service_tier"] };
        let chat = ChatRequest { model: sent.model.clone(), messages, params: Object::new() };
        let mut hub = Self { chat, has_system, losses };
        for (name, value) in sent.params.iter().filter(|(_, value)| !value.is_null()) {
            hub.param(name, value)?;
        }
        Ok(hub)
    }

    fn param(&mut self, name: &str, value: &Value) -> Result<(), TransformError> {
        match name {
            "system" => {}
            "stop_sequences" => self.set("stop", value.clone()),
            "metadata" => {
                if let Some(user) = value.get("user_id").filter(|it| it.is_string()) {
                    self.set("user", user.clone());
                }
            }
            "tools" => tools::declare(value, &mut self.chat.params)?,
            "tool_choice" => tools::choose(value, &mut self.chat.params)?,
            "output_format" => self.format(value),
            "output_config" => {
                let mut config = value.as_object().cloned().unwrap_or_default();
                if let Some(format) = config.shift_remove("format") {
                    self.format(&format);
                }
                if !config.is_empty() {
                    self.set(name, Value::Object(config));
                }
            }
            "service_tier" if value == "standard_only" => self.set(name, "default".into()),
            _ => self.set(name, value.clone()),
        }
        Ok(())
    }

    fn format(&mut self, format: &Value) {
        let Some(schema) = format.get("schema").filter(|it| it.is_object()) else { return };
        let schema = json!({"name": "structured_output", "schema": schema, "strict": true});
        self.set("response_format", json!({"type": "json_schema", "json_schema": schema}));
    }

    fn set(&mut self, name: &str, value: Value) {
        self.chat.params.insert(name.to_owned(), value);
    }
}

/// Anthropic's name of one of OpenAI's parameters.
pub(super) fn own_name(name: &str) -> &str {
    match name {
        "max_completion_tokens" => "max_tokens",
        "stop" => "stop_sequences",
        name => name,
    }
}

/// A message of the hub.
fn message(role: &str, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Message {
    let role = [("role", Value::from(role))];
    Message(role.into_iter().chain(fields).map(|(name, value)| (name.to_owned(), value)).collect())
}

/// An object with a cache mark, where there is one.
fn marked(mut object: Value, mark: Option<&Value>) -> Value {
    if let (Some(fields), Some(mark)) = (object.as_object_mut(), mark.filter(|it| !it.is_null())) {
        fields.insert("cache_control".into(), mark.clone());
    }
    object
}

fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
