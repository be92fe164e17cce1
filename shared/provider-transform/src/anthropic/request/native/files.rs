//! Files that a request names by address, for hosts that download nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::provider::claude::{Fetches, Host};
use crate::{Cx, Object, TransformError};

/// Puts the bytes in place of addresses.
///
/// # Errors
/// [`TransformError::NeedsFiles`] with all that are missing.
pub(super) fn inline(cx: &Cx<'_>, host: &Host, turns: &mut [Object]) -> Result<(), TransformError> {
    if host.fetches != Fetches::Nothing {
        return Ok(());
    }
    let mut urls = Vec::new();
    for content in turns.iter_mut().filter_map(|it| it.get_mut("content")) {
        replace(cx, content, &mut urls);
    }
    if urls.is_empty() { Ok(()) } else { Err(TransformError::NeedsFiles { urls }) }
}

/// Puts the bytes in place of addresses in a list of blocks, and adds what is missing to the list.
pub(in super::super) fn replace(cx: &Cx<'_>, blocks: &mut Value, missing: &mut Vec<String>) {
    for block in blocks.as_array_mut().into_iter().flatten() {
        if let Some(inner) = block.get_mut("content") {
            replace(cx, inner, missing);
        }
        let Some(source) = block.get_mut("source").filter(|it| it["type"] == "url") else { continue };
        let Some(url) = source["url"].as_str() else { continue };
        match cx.files.get(url) {
            Some(file) => {
                let data = STANDARD.encode(&file.bytes);
                *source = json!({"type": "base64", "media_type": file.kind(), "data": data});
            }
            None if missing.iter().any(|it| it == url) => {}
            None => missing.push(url.to_owned()),
        }
    }
}
