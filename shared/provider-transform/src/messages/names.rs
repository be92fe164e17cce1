//! Tool names for providers that take shorter ones than Anthropic, and the way back.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{ChatRequest, Object};

/// Longest name that OpenAI and most others take (API reference, "tools", `function.name`); Anthropic takes 128.
const LONGEST: usize = 64;
/// Digits of the checksum that keeps shortened names apart.
const DIGITS: usize = 8;

/// What was shortened: the name as sent by the name that the provider sees.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Shortens what is too long wherever a tool is named: declared, chosen or called.
    pub(super) fn shorten(chat: &mut ChatRequest) -> Self {
        let mut names = Self::default();
        let tools = chat.params.get_mut("tools").and_then(Value::as_array_mut);
        tools.into_iter().flatten().filter_map(function).for_each(|it| names.replace(it));
        let choice = chat.params.get_mut("tool_choice");
        choice.and_then(function).into_iter().for_each(|it| names.replace(it));
        for message in &mut chat.messages {
            let calls = message.0.get_mut("tool_calls").and_then(Value::as_array_mut);
            calls.into_iter().flatten().filter_map(function).for_each(|it| names.replace(it));
        }
        names
    }

    /// The name as sent.
    pub(super) fn original<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, String::as_str)
    }

    fn replace(&mut self, function: &mut Object) {
        let Some(Value::String(name)) = function.get_mut("name").filter(|it| it.as_str().is_some_and(is_long)) else {
            return;
        };
        let short = self.short(name);
        self.0.insert(short.clone(), std::mem::replace(name, short));
    }

    /// The same for the same name, and no other name's.
    fn short(&self, name: &str) -> String {
        let start: String = name.chars().take(LONGEST - DIGITS - 1).collect();
        let mut sum = crc32fast::hash(name.as_bytes());
        loop {
            let short = format!("{start}_{sum:08x}");
            if self.0.get(&short).is_none_or(|it| it == name) {
                return short;
            }
            sum = sum.wrapping_add(1);
        }
    }
}

fn is_long(name: &str) -> bool {
    name.chars().count() > LONGEST
}

fn function(value: &mut Value) -> Option<&mut Object> {
    value.get_mut("function")?.as_object_mut()
}
