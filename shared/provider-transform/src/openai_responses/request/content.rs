//! Content parts as input and output of the Responses API ("Images and vision", "File inputs").

use serde_json::{Value, json};

use super::invalid;
use crate::chat::part::{File, Part, PartKind};
use crate::openai_responses::Caller;
use crate::{Object, TransformError};

/// Parts that clients of both APIs write as this one has them.
static NATIVE: &[&str] = &[
    "computer_screenshot",
    "input_audio",
    "input_file",
    "input_image",
    "input_text",
    "output_text",
    "refusal",
    "summary_text",
];

/// One part as it is sent, `None` for an empty one that Anthropic's callers may write.
pub(super) fn part(
    caller: Caller,
    part: Part<'_>,
    is_output: bool,
    path: &str,
) -> Result<Option<Value>, TransformError> {
    Ok(Some(match part.kind {
        PartKind::Text("") if caller != Caller::Chat => return Ok(None),
        PartKind::Text(text) => self::text(text, is_output),
        PartKind::Image(image) => {
            let mut sent = Object::new();
            sent.insert("type".into(), "input_image".into());
            sent.insert("image_url".into(), image.url.into());
            let detail = image.detail.or_else(|| (caller == Caller::Chat).then_some("auto"));
            if let Some(detail) = detail {
                sent.insert("detail".into(), detail.into());
            }
            sent.into()
        }
        PartKind::Audio { data, format } => {
            json!({"type": "input_audio", "input_audio": {"data": data, "format": format}})
        }
        PartKind::File(file) => self::file(file),
        PartKind::Other(kind) => match part.raw {
            Some(raw) if NATIVE.contains(&kind) => {
                let mut raw = raw.clone();
                raw.shift_remove("cache_control");
                raw.into()
            }
            _ => return Err(invalid(path, &format!("a part of type `{kind}` cannot be sent"))),
        },
    }))
}

pub(super) fn text(text: &str, is_output: bool) -> Value {
    let kind = if is_output { "output_text" } else { "input_text" };
    json!({"type": kind, "text": text})
}

fn file(file: File<'_>) -> Value {
    let mut sent = Object::new();
    sent.insert("type".into(), "input_file".into());
    let (url, id) = match file.id {
        Some(id) if id.starts_with("https://") || id.starts_with("http://") => (Some(id), None),
        id => (None, id),
    };
    let fields = [("file_id", id), ("file_url", url), ("filename", file.name), ("file_data", file.data)];
    for (name, value) in fields {
        if let Some(value) = value {
            sent.insert(name.into(), value.into());
        }
    }
    sent.into()
}
