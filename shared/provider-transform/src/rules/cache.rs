//! `cache_control_injection_points`: cache marks that a deployment adds to its requests.

use serde_json::{Value, json};

use super::Prepared;
use crate::{Message, Object};

pub(super) fn inject(point: &Value, prepared: &mut Prepared<'_>) {
    let control = point.get("control").filter(|it| it.is_object());
    let control = control.cloned().unwrap_or_else(|| json!({"type": "ephemeral"}));
    match point.get("location").and_then(Value::as_str) {
        Some("message") => inject_message(point, &control, prepared),
        Some("tool_config") => {
            let tools = prepared.params.get_mut("tools").and_then(Value::as_array_mut);
            if let Some(tool) = tools.and_then(|it| it.last_mut()).and_then(Value::as_object_mut) {
                tool.insert("cache_control".into(), control);
            }
        }
        _ => {}
    }
}

fn inject_message(point: &Value, control: &Value, prepared: &mut Prepared<'_>) {
    let role = point.get("role").and_then(Value::as_str);
    let index = point.get("index").and_then(|it| it.as_i64().or_else(|| it.as_str()?.parse().ok()));
    let is_role = |it: &Message| role.is_none_or(|role| it.role_name() == role);
    let chosen: Vec<usize> = match index {
        Some(index) => {
            let length = i64::try_from(prepared.messages.len()).unwrap_or(i64::MAX);
            let at = if index < 0 { index.saturating_add(length) } else { index };
            usize::try_from(at).into_iter().filter(|at| *at < prepared.messages.len()).collect()
        }
        None if role.is_none() => Vec::new(),
        None => prepared.messages.iter().enumerate().filter(|(_, it)| is_role(it)).map(|(at, _)| at).collect(),
    };
    for at in chosen {
        if let Some(message) = prepared.messages.to_mut().get_mut(at) {
            mark(&mut message.0, control);
        }
    }
}

/// A list carries the mark on its last part, a string on the message.
fn mark(message: &mut Object, control: &Value) {
    let parts = message.get_mut("content").and_then(Value::as_array_mut);
    if let Some(part) = parts.and_then(|it| it.last_mut()).and_then(Value::as_object_mut) {
        part.insert("cache_control".into(), control.clone());
        return;
    }
    message.insert("cache_control".into(), control.clone());
}
