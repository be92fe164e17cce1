//! Anthropic's content blocks as the hub's parts.

use serde_json::{Value, json};

use crate::Object;

use super::{marked, media, text};

/// What a block of a user's turn, or of a tool's result, becomes; `None` when it has no form outside of Anthropic's
/// API. Blank texts become nothing, since providers refuse them.
pub(super) fn parts(block: &Object) -> Option<Vec<Value>> {
    let source = block.get("source").and_then(Value::as_object);
    match (text(block, "type"), source) {
        ("text", _) => Some(words(block).into_iter().collect()),
        ("image", Some(source)) => media::image(source).map(|it| vec![marked(it, block.get("cache_control"))]),
        ("document", Some(source)) if text(source, "type") == "content" => nested(source, block.get("cache_control")),
        ("document", Some(source)) => media::document(block, source),
        ("search_result", _) => Some(vec![marked(search_result(block), block.get("cache_control"))]),
        _ => None,
    }
}

/// A text block as a text part; `None` when it says nothing.
pub(super) fn words(block: &Object) -> Option<Value> {
    let words = text(block, "text");
    let part = json!({"type": "text", "text": words});
    (!words.is_empty()).then(|| marked(part, block.get("cache_control")))
}

/// Parts as content: one text without a cache mark is a plain string, no parts are null.
pub(super) fn alone(parts: Vec<Value>) -> Value {
    match parts.as_slice() {
        [] => Value::Null,
        [Value::Object(part)] if text(part, "type") == "text" && !part.contains_key("cache_control") => {
            text(part, "text").into()
        }
        _ => Value::Array(parts),
    }
}

/// Its title, its source and its text, in words.
fn search_result(block: &Object) -> Value {
    let found = block.get("content").and_then(Value::as_array).into_iter().flatten();
    let found = found.filter_map(|it| it["text"].as_str());
    let lines: Vec<_> = [text(block, "title"), text(block, "source")].into_iter().chain(found).collect();
    json!({"type": "text", "text": lines.join("\n")})
}

/// A document of blocks; its cache mark goes to its end.
fn nested(source: &Object, mark: Option<&Value>) -> Option<Vec<Value>> {
    let blocks = match source.get("content")? {
        Value::String(words) => return Some(vec![marked(json!({"type": "text", "text": words}), mark)]),
        Value::Array(blocks) => blocks.iter().filter_map(Value::as_object),
        _ => return None,
    };
    let parts: Option<Vec<_>> = blocks.map(parts).collect();
    let mut parts: Vec<Value> = parts?.into_iter().flatten().collect();
    if let Some(last) = parts.pop() {
        parts.push(marked(last, mark));
    }
    Some(parts)
}
