//! Bytes and addresses as the hub's parts ("File input methods").

use serde_json::{Value, json};

use crate::Object;

use super::text;

/// `inlineData`; `None` when it has no bytes or nobody says what they are.
pub(super) fn inline(blob: &Object) -> Option<Value> {
    let (kind, data) = (text(blob, "mimeType")?, text(blob, "data")?);
    let url = format!("data:{kind};base64,{data}");
    Some(match kind.split_once('/')? {
        ("image", _) => json!({"type": "image_url", "image_url": {"url": url}}),
        ("audio", form) => json!({"type": "input_audio", "input_audio": {"data": data, "format": sound(form)}}),
        _ => {
            let mut file = json!({"file_data": url});
            if let Some(name) = text(blob, "displayName") {
                file["filename"] = name.into();
            }
            json!({"type": "file", "file": file})
        }
    })
}

/// `fileData`; `None` when it has no address.
pub(super) fn address(file: &Object) -> Option<Value> {
    let url = text(file, "fileUri")?;
    let kind = text(file, "mimeType");
    let mut inner = Object::new();
    let is_image = kind.is_some_and(|it| it.starts_with("image/"));
    inner.insert(if is_image { "url" } else { "file_id" }.into(), url.into());
    inner.extend(kind.map(|it| ("format".to_owned(), it.into())));
    let outer = if is_image { "image_url" } else { "file" };
    Some(json!({"type": outer, outer: inner}))
}

/// OpenAI's names of sounds.
fn sound(form: &str) -> &str {
    let form = form.split(';').next().unwrap_or(form);
    match form {
        "mpeg" => "mp3",
        "wave" | "vnd.wave" => "wav",
        _ => form.strip_prefix("x-").unwrap_or(form),
    }
}
