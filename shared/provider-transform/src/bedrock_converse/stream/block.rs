//! One content block of a stream: what it says when it opens, as it grows, and when it closes.

use serde_json::{Value, json};

use crate::Object;
use crate::anthropic::request::tools::JSON_TOOL;
use crate::chat::chunk::{Delta as Said, FunctionDelta, ToolCallDelta};

use super::event::{BlockDelta, BlockStart, ReasoningDelta};

/// Calls so far.
#[derive(Debug, Default)]
pub(super) struct Calls {
    made: u64,
    has_json: bool,
}

/// The open block.
#[derive(Debug)]
pub(super) enum Block {
    /// Text or thinking: its deltas say all.
    Prose,
    /// A call, and whether any of its arguments have come.
    Call { index: u64, has_input: bool },
    /// The tool whose input is the answer.
    Json { has_input: bool },
}

impl Calls {
    /// Whether the only call was the answer in a given form.
    pub(super) fn is_json_only(&self) -> bool {
        self.has_json && self.made == 0
    }
}

impl Block {
    /// Opens a block and gives what its start says.
    pub(super) fn open(start: BlockStart, calls: &mut Calls) -> (Self, Option<Said>) {
        let Some(call) = start.start.and_then(|it| it.tool_use) else { return (Self::Prose, None) };
        if call.name == JSON_TOOL {
            calls.has_json = true;
            return (Self::Json { has_input: false }, None);
        }
        let index = calls.made;
        calls.made += 1;
        let function = FunctionDelta { name: Some(call.name), arguments: Some(String::new()), rest: Object::new() };
        let said = said_call(index, Some(call.tool_use_id), function);
        (Self::Call { index, has_input: false }, Some(said))
    }

    /// What a delta says, if anything.
    pub(super) fn delta(&mut self, delta: BlockDelta) -> Option<Said> {
        let delta = delta.delta;
        if let Some(reasoning) = delta.reasoning_content {
            return said_thinking(reasoning);
        }
        if let Some(citation) = delta.citation {
            return Some(said_fields("citation", citation));
        }
        match (self, delta.text, delta.tool_use) {
            (Self::Prose, Some(text), _) => said_text(text),
            (Self::Call { index, has_input }, _, Some(piece)) => {
                *has_input |= !piece.input.is_empty();
                Some(said_arguments(*index, piece.input))
            }
            (Self::Json { has_input }, _, Some(piece)) => {
                *has_input |= !piece.input.is_empty();
                said_text(piece.input)
            }
            _ => None,
        }
    }

    /// Closes the block; a call whose arguments never came has none.
    pub(super) fn close(self) -> Option<Said> {
        match self {
            Self::Call { index, has_input: false } => Some(said_arguments(index, "{}".to_owned())),
            Self::Json { has_input: false } => said_text("{}".to_owned()),
            Self::Prose | Self::Call { .. } | Self::Json { .. } => None,
        }
    }
}

fn said_text(text: String) -> Option<Said> {
    (!text.is_empty()).then(|| Said { content: Some(text), ..Said::default() })
}

/// Thinking in Anthropic's form, in which it comes back, and in Bedrock's.
fn said_thinking(reasoning: ReasoningDelta) -> Option<Said> {
    let (ours, theirs) = match &reasoning {
        ReasoningDelta { redacted_content: Some(data), .. } => {
            (json!({"type": "redacted_thinking", "data": data}), json!({"redactedContent": data}))
        }
        ReasoningDelta { signature: Some(signature), .. } => {
            let ours = json!({"type": "thinking", "thinking": "", "signature": signature});
            (ours, json!({"signature": signature}))
        }
        ReasoningDelta { text: Some(text), .. } => {
            (json!({"type": "thinking", "thinking": text}), json!({"text": text}))
        }
        _ => return None,
    };
    let is_text = reasoning.signature.is_none() && reasoning.redacted_content.is_none();
    let text = if is_text { reasoning.text.unwrap_or_default() } else { String::new() };
    let mut said = said_fields("reasoningContent", theirs);
    said.rest.insert("thinking_blocks".into(), json!([ours]));
    said.reasoning_content = Some(text);
    Some(said)
}

fn said_fields(name: &str, value: Value) -> Said {
    let mut fields = Object::new();
    fields.insert(name.to_owned(), value);
    let mut rest = Object::new();
    rest.insert("provider_specific_fields".into(), Value::Object(fields));
    Said { content: Some(String::new()), rest, ..Said::default() }
}

fn said_arguments(index: u64, arguments: String) -> Said {
    said_call(index, None, FunctionDelta { arguments: Some(arguments), ..FunctionDelta::default() })
}

fn said_call(index: u64, id: Option<String>, function: FunctionDelta) -> Said {
    let kind = Some("function".to_owned());
    let call = ToolCallDelta { index, id, kind, function, rest: Object::new() };
    Said { content: Some(String::new()), tool_calls: vec![call], ..Said::default() }
}
