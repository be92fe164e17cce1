//! Files that a message names by URL, which OpenAI takes as bytes or by an id of its own ("File inputs").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::{Cx, Message, TransformError};

/// The messages with what was downloaded in them, `None` when none names a URL.
pub(crate) fn inline(cx: &Cx<'_>, messages: &[Message]) -> Result<Option<Vec<Message>>, TransformError> {
    let missing: Vec<String> = urls(messages).filter(|it| cx.files.get(it).is_none()).map(str::to_owned).collect();
    if !missing.is_empty() {
        return Err(TransformError::NeedsFiles { urls: missing });
    }
    if urls(messages).next().is_none() {
        return Ok(None);
    }
    let mut messages = messages.to_vec();
    for message in &mut messages {
        let parts = message.0.get_mut("content").and_then(Value::as_array_mut);
        for file in parts.into_iter().flatten().filter_map(|it| it.get_mut("file")?.as_object_mut()) {
            let downloaded = file.get("file_id").and_then(Value::as_str).and_then(|it| cx.files.get(it));
            if let Some(it) = downloaded {
                let data = format!("data:{};base64,{}", it.media_type, STANDARD.encode(&it.bytes));
                file.shift_remove("file_id");
                file.insert("file_data".into(), data.into());
                // Bytes need a name; this is LiteLLM's.
                let kind = it.media_type.rsplit('/').next().unwrap_or("pdf");
                file.entry("filename").or_insert_with(|| format!("my_file.{kind}").into());
            }
        }
    }
    Ok(Some(messages))
}

fn urls(messages: &[Message]) -> impl Iterator<Item = &str> {
    let parts = messages.iter().filter_map(|it| it.get("content")?.as_array()).flatten();
    let ids = parts.filter_map(|it| it.get("file")?.get("file_id")?.as_str());
    ids.filter(|it| it.starts_with("https://") || it.starts_with("http://"))
}
