//! Content parts of input items as chat's.

use serde_json::{Value, json};

use crate::openai_responses::item::text;
use crate::{Object, TransformError};

/// A message's content. `at` is where it stands.
pub(super) fn of_message(content: &Value, at: &str) -> Result<Value, TransformError> {
    match content {
        Value::String(_) => Ok(content.clone()),
        Value::Array(parts) => {
            let part = |(index, it): (usize, &Value)| part(it, &format!("{at}[{index}]"));
            Ok(Value::Array(parts.iter().enumerate().map(part).collect::<Result<_, _>>()?))
        }
        _ => Err(invalid(at, "must be a string or a list of parts")),
    }
}

/// What a tool gave back. Text alone becomes one string, which every provider takes; what is neither text nor parts
/// goes as JSON.
pub(super) fn of_output(output: Option<&Value>, at: &str) -> Result<Value, TransformError> {
    match output {
        None | Some(Value::Null) => Ok("".into()),
        Some(Value::String(_)) => Ok(output.cloned().unwrap_or_default()),
        Some(Value::Array(items)) if items.iter().all(is_part) => {
            let parts = of_message(&Value::Array(items.clone()), at)?;
            Ok(as_text(&parts).map_or(parts, Value::String))
        }
        Some(Value::Object(fields)) if text(fields, "type") == "computer_screenshot" => {
            Ok(json!([image(fields, &format!("{at}.image_url"))?]))
        }
        Some(other) => Ok(other.to_string().into()),
    }
}

fn is_part(value: &Value) -> bool {
    value.get("type").is_some_and(Value::is_string)
}

/// The parts' text when they are text alone.
fn as_text(parts: &Value) -> Option<String> {
    let texts = parts.as_array()?.iter();
    texts.map(|it| if it["type"] == "text" { it["text"].as_str() } else { None }).collect()
}

fn part(value: &Value, at: &str) -> Result<Value, TransformError> {
    let fields = match value {
        Value::String(text) => return Ok(json!({"type": "text", "text": text})),
        Value::Object(fields) => fields,
        _ => return Err(invalid(at, "must be an object")),
    };
    let mut part = match text(fields, "type") {
        "input_text" | "output_text" | "text" | "summary_text" | "reasoning_text" => text_part(fields, "text", at)?,
        "refusal" => text_part(fields, "refusal", at)?,
        "input_image" | "image_url" => image(fields, at)?,
        "input_file" => file(fields),
        "input_audio" => Value::Object(fields.clone()),
        other => return Err(invalid(&format!("{at}.type"), &format!("`{other}` is no content part that is known"))),
    };
    if let (Some(mark), Some(part)) = (fields.get("cache_control"), part.as_object_mut()) {
        part.insert("cache_control".into(), mark.clone());
    }
    Ok(part)
}

fn text_part(fields: &Object, name: &str, at: &str) -> Result<Value, TransformError> {
    match fields.get(name) {
        Some(Value::String(text)) => Ok(json!({"type": "text", "text": text})),
        _ => Err(invalid(&format!("{at}.{name}"), "must be a string")),
    }
}

fn image(fields: &Object, at: &str) -> Result<Value, TransformError> {
    let nested = fields.get("image_url").and_then(|it| it.get("url")).and_then(Value::as_str);
    let url = nested.unwrap_or_else(|| text(fields, "image_url"));
    if !url.is_empty() {
        let detail = Some(text(fields, "detail")).filter(|it| !it.is_empty()).unwrap_or("auto");
        return Ok(json!({"type": "image_url", "image_url": {"url": url, "detail": detail}}));
    }
    match text(fields, "file_id") {
        "" => Err(invalid(&format!("{at}.image_url"), "missing")),
        id => Ok(json!({"type": "file", "file": {"file_id": id}})),
    }
}

/// A URL stands where chat has a file's id: providers that take URLs read it there.
fn file(fields: &Object) -> Value {
    let mut file = Object::new();
    for (name, given) in [("file_id", "file_url"), ("file_id", "file_id")] {
        if let Some(value) = fields.get(given).filter(|it| !it.is_null()) {
            file.insert(name.into(), value.clone());
        }
    }
    for name in ["file_data", "filename"] {
        if let Some(value) = fields.get(name).filter(|it| !it.is_null()) {
            file.insert(name.into(), value.clone());
        }
    }
    json!({"type": "file", "file": file})
}

fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}
