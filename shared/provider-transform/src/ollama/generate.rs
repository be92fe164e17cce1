//! A conversation of text as one prompt for "Generate a completion".

use super::request::{Body, Parts};
use crate::Object;
use crate::chat::request::Role;

/// A prompt says nothing of calls, so conversations with tools stay conversations.
pub(super) fn body(parts: Parts<'_>) -> Body {
    let has_tools = parts.own.contains_key("tools") || parts.messages.iter().any(|it| !it.rest.is_empty());
    if has_tools {
        return Body::chat(parts);
    }
    let mut prompt = String::new();
    let mut images = Vec::new();
    for turn in parts.messages {
        let speaker = match turn.role {
            Role::System | Role::Developer => "System",
            Role::Assistant => "Assistant",
            _ => "User",
        };
        prompt.extend(["### ", speaker, ":\n", &turn.text, "\n\n"]);
        images.extend(turn.images);
    }
    let mut fields = Object::new();
    fields.insert("model".into(), parts.model.into());
    fields.insert("prompt".into(), prompt.into());
    fields.insert("options".into(), parts.options.into());
    fields.insert("stream".into(), parts.is_stream.into());
    fields.insert("images".into(), images.into());
    fields.extend(parts.own);
    Body { path: "/api/generate", fields }
}
