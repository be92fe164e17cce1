//! Content parts as Anthropic's blocks; a part that Anthropic has no block for is refused by its place.

use std::borrow::Cow;

use serde_json::Value;

use crate::anthropic::wire::{Block, Mark, Native};
use crate::chat::part::{Content, Part, PartKind};
use crate::{Object, TransformError};

use super::invalid;
use super::media::Remote;

/// The blocks of a user's or tool's content, without blank texts (Anthropic refuses them).
pub(super) fn blocks<'a>(content: Content<'a>, remote: Remote<'a>, at: &str) -> Result<Vec<Block<'a>>, TransformError> {
    each(content, at, |part, at| match part.kind {
        PartKind::Image(image) => remote.image(image, at).map(Some),
        PartKind::File(file) => remote.file(file, at).map(Some),
        PartKind::Other(kind) => native(kind, part.raw, Side::User, at),
        PartKind::Text(_) | PartKind::Audio { .. } => Err(unknown(part, at)),
    })
}

/// The blocks of an assistant's content.
pub(super) fn answer_blocks<'a>(content: Content<'a>, at: &str) -> Result<Vec<Block<'a>>, TransformError> {
    each(content, at, |part, at| match part.kind {
        PartKind::Other("refusal") => {
            let text = part.raw.and_then(|it| it.get("refusal")).and_then(Value::as_str);
            Ok(text.filter(|it| !is_blank(it)).map(Block::text))
        }
        PartKind::Other("thinking") if !is_signed(part.raw) => Ok(None),
        PartKind::Other(kind) => native(kind, part.raw, Side::Assistant, at),
        _ => Err(unknown(part, at)),
    })
}

/// The text blocks of a system message; anything but text is refused.
pub(super) fn texts<'a>(content: Content<'a>, at: &str) -> Result<Vec<Block<'a>>, TransformError> {
    each(content, at, |part, at| Err(unknown(part, at)))
}

/// Whether Anthropic would refuse the text as empty.
pub(crate) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Whether a thinking block carries the signature without which Anthropic refuses it.
pub(crate) fn is_signed(raw: Option<&Object>) -> bool {
    let signature = raw.and_then(|it| it.get("signature")).and_then(Value::as_str);
    signature.is_some_and(|it| !it.is_empty())
}

#[derive(Clone, Copy)]
enum Side {
    User,
    Assistant,
}

impl Side {
    /// Whether a part of this type is one of Anthropic's blocks on this side.
    fn takes(self, kind: &str) -> bool {
        match (self, kind) {
            (Self::User, "container_upload" | "document" | "image") => true,
            (Self::User, "search_result" | "tool_reference" | "tool_result") => true,
            (Self::Assistant, "compaction" | "redacted_thinking" | "thinking") => true,
            (Self::Assistant, "mcp_tool_use" | "server_tool_use" | "tool_use") => true,
            // Results of tools that Anthropic runs are part of the assistant's turn.
            (Self::Assistant, kind) => kind.ends_with("_tool_result"),
            (Self::User, _) => false,
        }
    }
}

fn each<'a>(
    content: Content<'a>,
    at: &str,
    mut other: impl FnMut(Part<'a>, &str) -> Result<Option<Block<'a>>, TransformError>,
) -> Result<Vec<Block<'a>>, TransformError> {
    if let Content::Unknown(_) = content {
        return Err(invalid(format!("{at}.content"), "must be a string or a list of parts"));
    }
    let mut blocks = Vec::new();
    for (index, part) in content.parts().enumerate() {
        let block = match part.kind {
            PartKind::Text(text) if is_blank(text) => None,
            PartKind::Text(text) => Some(Block::text(text)),
            _ => other(part, &format!("{at}.content[{index}]"))?,
        };
        if let Some(mut block) = block {
            block.mark(&mark(part.cache_control()));
            blocks.push(block);
        }
    }
    Ok(blocks)
}

/// A cache mark as sent.
pub(super) fn mark(sent: Option<&Value>) -> Mark<'_> {
    sent.map(Cow::Borrowed)
}

fn native<'a>(kind: &str, raw: Option<&'a Object>, side: Side, at: &str) -> Result<Option<Block<'a>>, TransformError> {
    let raw = raw.filter(|_| side.takes(kind)).ok_or_else(|| unsupported(kind, at))?;
    Ok(Some(Block::Native(Native::new(raw))))
}

fn unknown(part: Part<'_>, at: &str) -> TransformError {
    let kind = part.raw.and_then(|it| it.get("type")).and_then(Value::as_str);
    unsupported(kind.unwrap_or_default(), at)
}

fn unsupported(kind: &str, at: &str) -> TransformError {
    let message = format!("Anthropic takes no part of type `{kind}` here");
    invalid(at.to_owned(), message)
}
