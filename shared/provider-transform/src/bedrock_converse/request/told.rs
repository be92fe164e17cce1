//! Calls and results of a conversation that declares no tools: Bedrock refuses their blocks without a `toolConfig`, so
//! they are told in words.

use crate::Message;
use crate::TransformError;
use crate::anthropic::request::dropped::Dropped;
use crate::bedrock_converse::wire::Block;

use super::content::{Reader, Style, Writer};

/// A call.
pub(super) fn call(id: &str, name: &str, arguments: &str) -> Block<'static> {
    let space = if id.is_empty() { "" } else { " " };
    let name = if name.is_empty() { "unknown_tool" } else { name };
    Block::text(format!("[tool call{space}{id}: {name}({arguments})]"))
}

/// What a tool answered: its text in words, its files as they are.
pub(super) fn result<'a>(
    writer: Writer<'a, '_>,
    message: &'a Message,
    style: Style,
    at: &str,
    dropped: &mut Dropped,
) -> Result<Vec<Block<'a>>, TransformError> {
    let id = message.tool_call_id().or(message.name()).unwrap_or("unknown");
    let text = message.content().text("");
    let text = if text.trim().is_empty() { "<non-text tool result omitted>" } else { text.trim() };
    let told = format!("[tool result for {id}: {text}]");
    // What a tool answers is from outside, wherever in the conversation it stands.
    let mut blocks = vec![if style.is_guarded { Block::guarded(told) } else { Block::text(told) }];
    let is_kept = |it: &Block<'_>| matches!(it, Block::Image(_) | Block::Document(_) | Block::Video(_));
    blocks.extend(writer.blocks(message.content(), Reader::Model, at, dropped)?.into_iter().filter(is_kept));
    Ok(blocks)
}

/// Makes one text of what was said and the calls told in words.
pub(super) fn join<'a>(said: &mut Vec<Block<'a>>, calls: &[Block<'a>]) {
    if calls.is_empty() {
        return;
    }
    let text = |it: &Block<'a>| if let Block::Text(text) = it { Some(text.clone().into_owned()) } else { None };
    let before: String = said.iter().filter_map(text).collect();
    let lines: Vec<String> =
        Some(before).filter(|it| !it.is_empty()).into_iter().chain(calls.iter().filter_map(text)).collect();
    said.retain(|it| !matches!(it, Block::Text(_)));
    said.insert(0, Block::text(lines.join("\n")));
}
