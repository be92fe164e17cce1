//! Images and documents as the hub's parts ("Vision", "PDF support").

use serde_json::{Value, json};

use crate::Object;

use super::{marked, text};

/// An image by its source; `None` for a source that nobody else can read.
pub(super) fn image(source: &Object) -> Option<Value> {
    match text(source, "type") {
        "base64" => Some(json!({"type": "image_url", "image_url": {"url": data_url(source)}})),
        "url" => Some(json!({"type": "image_url", "image_url": {"url": text(source, "url")}})),
        "file" => Some(json!({"type": "file", "file": {"file_id": text(source, "file_id")}})),
        _ => None,
    }
}

/// A document by its source: bytes and addresses stay a file, plain text becomes words.
pub(super) fn document(block: &Object, source: &Object) -> Option<Vec<Value>> {
    let title = block.get("title").and_then(Value::as_str);
    let mark = block.get("cache_control");
    let mut file = Object::new();
    file.extend(title.map(|it| ("filename".to_owned(), Value::from(it))));
    match text(source, "type") {
        "base64" => file.insert("file_data".into(), data_url(source).into()),
        "url" => file.insert("file_id".into(), text(source, "url").into()),
        "file" => file.insert("file_id".into(), text(source, "file_id").into()),
        "text" => return Some(vec![marked(words(block, text(source, "data")), mark)]),
        _ => return None,
    };
    if text(source, "type") == "url" {
        file.insert("format".into(), "application/pdf".into());
    }
    Some(vec![marked(json!({"type": "file", "file": file}), mark)])
}

fn data_url(source: &Object) -> String {
    format!("data:{};base64,{}", text(source, "media_type"), text(source, "data"))
}

fn words(block: &Object, words: &str) -> Value {
    let about = [text(block, "title"), text(block, "context")].into_iter().filter(|it| !it.is_empty());
    let lines: Vec<_> = about.chain([words]).collect();
    json!({"type": "text", "text": lines.join("\n")})
}
