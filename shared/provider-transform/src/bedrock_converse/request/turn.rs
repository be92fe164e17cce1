//! What only a whole turn tells: the order of its blocks, the names of its documents, and a text beside them.

use std::collections::BTreeSet;

use crate::bedrock_converse::names;
use crate::bedrock_converse::wire::{Block, Turn};

/// Puts a turn in the form that Bedrock takes. `taken` are the names of the documents before it.
pub(super) fn finish(turn: &mut Turn<'_>, taken: &mut BTreeSet<String>) {
    if turn.role == "assistant" {
        sort_answer(&mut turn.content);
        return;
    }
    let mut has_document = false;
    for block in &mut turn.content {
        if let Block::Document(document) = block {
            has_document = true;
            document.name = names::unlike(std::mem::take(&mut document.name), taken);
        }
    }
    // "If you include a ContentBlock with a document field in the array, you must also include one with a text field."
    if has_document && !turn.content.iter().any(|it| matches!(it, Block::Text(_))) {
        let is_marked = matches!(turn.content.last(), Some(Block::CachePoint(_)));
        turn.content.insert(turn.content.len() - usize::from(is_marked), Block::text("."));
    }
}

/// Thinking first, calls last, each with the mark behind it: what stands between a call and its answer breaks the pair.
fn sort_answer(content: &mut Vec<Block<'_>>) {
    let mut rank = 1_u8;
    let ranked = std::mem::take(content).into_iter().map(|block| {
        match &block {
            Block::ReasoningContent(_) => rank = 0,
            Block::ToolUse(_) => rank = 2,
            Block::CachePoint(_) => {}
            _ => rank = 1,
        }
        (rank, block)
    });
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    content.extend(ranked.into_iter().map(|(_, block)| block));
}
