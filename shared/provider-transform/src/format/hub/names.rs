//! Names of tools that a provider does not take as the client wrote them.

use serde_json::Value;

use crate::{ChatChunk, ChatDialect, ChatRequest, ChatResponse, Cx};

/// The names that were changed on the way out, to be changed back on the way in.
pub(super) struct ToolNames(Vec<(String, String)>);

impl ToolNames {
    pub(super) fn new(dialect: &dyn ChatDialect, cx: &Cx<'_>, chat: &ChatRequest) -> Self {
        let tools = chat.params.get("tools").and_then(Value::as_array);
        let names = tools.into_iter().flatten().filter_map(|it| it.get("function").unwrap_or(it).get("name")?.as_str());
        let changed = names.map(|it| (dialect.tool_name(cx, it).into_owned(), it.to_owned()));
        Self(changed.filter(|(theirs, ours)| theirs != ours).collect())
    }

    pub(super) fn put_back(&self, response: &mut ChatResponse) {
        for call in response.choices.iter_mut().flat_map(|it| &mut it.message.tool_calls) {
            self.rename(&mut call.function.name);
        }
    }

    pub(super) fn put_back_in(&self, chunk: &mut ChatChunk) {
        for call in chunk.choices.iter_mut().flat_map(|it| &mut it.delta.tool_calls) {
            if let Some(name) = &mut call.function.name {
                self.rename(name);
            }
        }
    }

    fn rename(&self, name: &mut String) {
        if let Some((_, ours)) = self.0.iter().find(|(theirs, _)| theirs == name) {
            name.clone_from(ours);
        }
    }
}
