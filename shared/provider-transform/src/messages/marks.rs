//! Cache marks in the hub's form, for providers whose models are not told of them.

use serde_json::Value;

use crate::{ChatRequest, Object};

/// Takes them off messages, parts, calls and tools; whether there were any.
pub(super) fn strip(chat: &mut ChatRequest) -> bool {
    let mut any = false;
    for message in &mut chat.messages {
        any |= unmark(&mut message.0);
        for list in ["content", "tool_calls"] {
            any |= unmark_all(message.0.get_mut(list));
        }
    }
    any | unmark_all(chat.params.get_mut("tools"))
}

fn unmark_all(list: Option<&mut Value>) -> bool {
    let items = list.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut);
    items.map(unmark).fold(false, |any, it| any | it)
}

fn unmark(object: &mut Object) -> bool {
    object.shift_remove("cache_control").is_some()
}
