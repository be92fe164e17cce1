//! The conversation: without blocks that Anthropic always refuses, and with system messages where models take them.

use serde_json::{Value, json};

use crate::chat::request::Role;
use crate::rules::Prepared;
use crate::{Cx, Message, Object};

use super::super::content::{is_blank, is_signed};
use super::super::dropped::Dropped;
use super::super::messages::NOTE;

/// Takes the turns out. System messages at the head become part of `system`; later ones stay with models that know
/// them ("Mid-conversation system messages") and are the user's words, with a note, elsewhere.
pub(super) fn adapt(cx: &Cx<'_>, prepared: &mut Prepared<'_>, dropped: &mut Dropped) -> Vec<Object> {
    let takes_system = cx.info.supports.mid_conversation_system == Some(true);
    let (mut turns, mut head) = (Vec::with_capacity(prepared.messages.len()), Vec::new());
    for message in std::mem::take(&mut prepared.messages).into_owned() {
        let is_system = matches!(message.role(), Role::System | Role::Developer);
        if is_system && turns.is_empty() {
            head.extend(blocks(message));
        } else if is_system && !takes_system {
            let mut content = vec![json!({"type": "text", "text": NOTE})];
            content.extend(blocks(message));
            turns.push(turn("user", content));
        } else {
            turns.push(clean(message, dropped));
        }
    }
    if !head.is_empty() {
        let before = prepared.params.shift_remove("system").unwrap_or_default();
        let mut system = match before {
            Value::String(words) if is_blank(&words) => Vec::new(),
            Value::String(words) => vec![json!({"type": "text", "text": words})],
            Value::Array(blocks) => blocks,
            _ => Vec::new(),
        };
        system.append(&mut head);
        prepared.params.insert("system".into(), system.into());
    }
    turns
}

fn blocks(mut message: Message) -> Vec<Value> {
    match message.0.shift_remove("content") {
        Some(Value::String(words)) => vec![json!({"type": "text", "text": words})],
        Some(Value::Array(blocks)) => blocks,
        _ => Vec::new(),
    }
}

fn turn(role: &str, content: Vec<Value>) -> Object {
    let mut turn = Object::new();
    turn.insert("role".into(), role.into());
    turn.insert("content".into(), content.into());
    turn
}

/// Without empty texts, and without thinking that nobody signed: another provider's, which Anthropic takes for forged.
fn clean(mut message: Message, dropped: &mut Dropped) -> Object {
    if let Some(Value::Array(blocks)) = message.0.get_mut("content") {
        let is_kept = |block: &Value| match block["type"].as_str() {
            Some("text") => block["text"].as_str().is_none_or(|it| !it.is_empty()),
            Some("thinking") => is_signed(block.as_object()),
            _ => true,
        };
        if blocks.iter().any(is_kept) {
            let thoughts = |blocks: &[Value]| blocks.iter().filter(|it| it["type"] == "thinking").count();
            let before = thoughts(blocks);
            blocks.retain(is_kept);
            if thoughts(blocks) < before {
                dropped.note("messages.thinking");
            }
        }
    }
    message.0
}
