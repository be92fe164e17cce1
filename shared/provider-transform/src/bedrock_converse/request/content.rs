//! Content parts as Converse's blocks; a part that Converse has no block for is refused by its place.

use serde_json::Value;

use crate::anthropic::request::content::{is_blank, is_signed};
use crate::anthropic::request::dropped::Dropped;
use crate::bedrock_converse::wire::{Block, Reasoning, ReasoningText};
use crate::chat::part::{Content, Part, PartKind};
use crate::{Cx, Object, TransformError};

use super::cache::Marks;
use super::invalid;
use super::media::{self, Place};

/// What the blocks of a request have in common.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a, 'c> {
    pub(super) cx: &'c Cx<'a>,
    pub(super) marks: Marks,
}

/// How the conversation is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Tools are declared; without them Bedrock refuses their calls and results, which are then told in words.
    pub(super) has_tools: bool,
    /// A guardrail looks at what the user said last.
    pub(super) is_guarded: bool,
    /// Images of a tool's answer stand behind it.
    pub(super) images_apart: bool,
}

/// Who looks at a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Model,
    Guardrail,
}

impl<'a> Writer<'a, '_> {
    /// The blocks of what a user says or a tool answers, each with its mark, without blank texts (Bedrock refuses
    /// them).
    pub(super) fn blocks(
        self,
        content: Content<'a>,
        reader: Reader,
        at: &str,
        dropped: &mut Dropped,
    ) -> Result<Vec<Block<'a>>, TransformError> {
        self.each(content, at, dropped, |part, at| match part.kind {
            PartKind::Text(text) if reader == Reader::Guardrail => Ok(Some(Block::guarded(text))),
            PartKind::Text(text) => Ok(Some(Block::text(text))),
            PartKind::Other("guarded_text") => Ok(Some(Block::guarded(text_of(part, at)?))),
            // Tags for a guardrail's contextual grounding: the model reads the text alone.
            PartKind::Other("grounding_source" | "query") => Ok(Some(Block::text(text_of(part, at)?))),
            _ => self.file(part, at).map(Some),
        })
    }

    /// The blocks of what the assistant said.
    pub(super) fn answer_blocks(
        self,
        content: Content<'a>,
        at: &str,
        dropped: &mut Dropped,
    ) -> Result<Vec<Block<'a>>, TransformError> {
        self.each(content, at, dropped, |part, at| match part.kind {
            PartKind::Text(text) => Ok(Some(Block::text(text))),
            PartKind::Other("refusal") => {
                let text = part.raw.and_then(|it| it.get("refusal")).and_then(Value::as_str);
                Ok(text.map(Block::text))
            }
            PartKind::Other("thinking" | "redacted_thinking") => Ok(part.raw.and_then(thinking)),
            _ => self.file(part, at).map(Some),
        })
    }

    /// The text blocks of a system message; anything but text is refused.
    pub(super) fn texts(
        self,
        content: Content<'a>,
        at: &str,
        dropped: &mut Dropped,
    ) -> Result<Vec<Block<'a>>, TransformError> {
        self.each(content, at, dropped, |part, at| match part.kind {
            PartKind::Text(text) => Ok(Some(Block::text(text))),
            _ => Err(unsupported(part, at)),
        })
    }

    /// Closes `blocks` with a message's own mark, unless its last part had one.
    pub(super) fn mark(self, blocks: &mut Vec<Block<'a>>, mark: Option<&Value>, dropped: &mut Dropped) {
        if let Some(last) = blocks.last().filter(|it| !matches!(it, Block::CachePoint(_))) {
            let is_marked = mark.is_some() && !matches!(last, Block::ReasoningContent(_));
            let point = if is_marked { self.marks.point(mark, dropped) } else { None };
            blocks.extend(point.map(Block::CachePoint));
        }
    }

    fn each(
        self,
        content: Content<'a>,
        at: &str,
        dropped: &mut Dropped,
        one: impl Fn(Part<'a>, &str) -> Result<Option<Block<'a>>, TransformError>,
    ) -> Result<Vec<Block<'a>>, TransformError> {
        if let Content::Unknown(_) = content {
            return Err(invalid(format!("{at}.content"), "must be a string or a list of parts"));
        }
        let mut blocks = Vec::new();
        for (index, part) in content.parts().enumerate() {
            let at = format!("{at}.content[{index}]");
            let Some(block) = one(part, &at)? else {
                dropped.note(&at);
                continue;
            };
            if matches!(&block, Block::Text(text) if is_blank(text)) {
                continue;
            }
            blocks.push(block);
            blocks.extend(self.marks.point(part.cache_control(), dropped).map(Block::CachePoint));
        }
        Ok(blocks)
    }

    fn file(self, part: Part<'a>, at: &str) -> Result<Block<'a>, TransformError> {
        if let Some(place) = Place::of(part) {
            return place.block(self.cx, at);
        }
        part.raw.and_then(media::text_document).ok_or_else(|| unsupported(part, at))
    }
}

/// The assistant's thinking as it came; unsigned thinking is no one's but the client's and does not go back.
pub(super) fn thinking(block: &Object) -> Option<Block<'_>> {
    let text = |name: &str| block.get(name).and_then(Value::as_str);
    match text("type") {
        Some("redacted_thinking") => Some(Block::ReasoningContent(Reasoning::RedactedContent(text("data")?))),
        Some("thinking") if is_signed(Some(block)) => {
            let said = ReasoningText { text: text("thinking").unwrap_or_default(), signature: text("signature") };
            Some(Block::ReasoningContent(Reasoning::ReasoningText(said)))
        }
        _ => None,
    }
}

fn text_of<'a>(part: Part<'a>, at: &str) -> Result<&'a str, TransformError> {
    let text = part.raw.and_then(|it| it.get("text")).and_then(Value::as_str);
    text.ok_or_else(|| invalid(format!("{at}.text"), "must be a string"))
}

fn unsupported(part: Part<'_>, at: &str) -> TransformError {
    let kind = part.raw.and_then(|it| it.get("type")).and_then(Value::as_str).unwrap_or_default();
    invalid(at.to_owned(), format!("Bedrock takes no part of type `{kind}` here"))
}
