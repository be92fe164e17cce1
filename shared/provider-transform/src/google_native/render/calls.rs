//! Calls of a stream, which Google says whole.

use serde_json::Value;

use crate::chat::chunk::ToolCallDelta;

use super::parts;

/// The calls of one candidate so far.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug)]
struct Call {
    index: u64,
    id: String,
    name: String,
    arguments: String,
    fields: crate::Object,
}

impl Calls {
    /// Takes a piece of a call.
    pub(super) fn take(&mut self, delta: ToolCallDelta) {
        let id = delta.id.filter(|it| !it.is_empty());
        // Some servers number every call 0; a new id is a new call.
        let is_same = |it: &&mut Call| it.index == delta.index && id.as_ref().is_none_or(|id| *id == it.id);
        let (name, piece) = (delta.function.name.unwrap_or_default(), delta.function.arguments.unwrap_or_default());
        if let Some(call) = self.0.iter_mut().rev().find(is_same) {
            if call.name.is_empty() {
                call.name = name;
            }
            call.arguments.push_str(&piece);
            call.fields.extend(delta.rest);
        } else {
            let id = id.unwrap_or_default();
            self.0.push(Call { index: delta.index, id, name, arguments: piece, fields: delta.rest });
        }
    }

    /// All of them.
    pub(super) fn parts(self) -> Vec<Value> {
        self.0.iter().map(|it| parts::call(&it.id, &it.name, &it.arguments, &it.fields)).collect()
    }
}
