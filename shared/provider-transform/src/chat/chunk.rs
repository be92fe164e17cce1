//! A chunk of a streamed chat answer in OpenAI's shape; what we do not act on is in `rest`.

use bytes::{BufMut, BytesMut};
use serde::Serialize;

use crate::Object;

/// The line that ends an OpenAI stream.
pub const DONE: &[u8] = b"data: [DONE]\n\n";

/// A chunk.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChatChunk {
    /// Same in all chunks of a stream.
    pub id: String,
    /// Seconds since the epoch, same in all chunks.
    pub created: u64,
    /// The model that answers.
    pub model: String,
    /// `chat.completion.chunk`.
    pub object: &'static str,
    /// What is new; empty in the usage chunk.
    pub choices: Vec<ChunkChoice>,
    /// Usage, in the last chunk only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Object>,
    /// Every other field as the provider sent it.
    #[serde(flatten)]
    pub rest: Object,
}

/// What is new in one of the answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChunkChoice {
    /// Which of the answers.
    pub index: u64,
    /// What is new.
    pub delta: Delta,
    /// Why it ended; null until then.
    pub finish_reason: Option<String>,
    /// Every other field as the provider sent it.
    #[serde(flatten)]
    pub rest: Object,
}

/// New pieces of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Delta {
    /// `assistant`, in the first chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// More visible text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// More reasoning text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// New calls or more of their arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCallDelta>,
    /// Every other field: `refusal`, `audio`, `thinking_blocks`, ...
    #[serde(flatten)]
    pub rest: Object,
}

/// A new call, or more of a call's arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ToolCallDelta {
    /// Which of the calls, from 0.
    pub index: u64,
    /// In the call's first delta.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `function`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Name and more arguments.
    pub function: FunctionDelta,
    /// Every other field as the provider sent it.
    #[serde(flatten)]
    pub rest: Object,
}

/// A function's name and more of its arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FunctionDelta {
    /// In the call's first delta.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// More of the JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// Every other field as the provider sent it.
    #[serde(flatten)]
    pub rest: Object,
}

impl ChatChunk {
    /// A chunk with no choices yet.
    pub fn new(id: &str, created: u64, model: &str) -> Self {
        Self { id: id.into(), created, model: model.into(), object: "chat.completion.chunk", ..Self::default() }
    }

    /// The same chunk with one choice of index 0.
    pub fn with_delta(mut self, delta: Delta) -> Self {
        self.choices = vec![ChunkChoice { delta, ..ChunkChoice::default() }];
        self
    }

    /// The same chunk ending choice 0.
    pub fn with_finish(mut self, reason: &str) -> Self {
        self.choices = vec![ChunkChoice { finish_reason: Some(reason.into()), ..ChunkChoice::default() }];
        self
    }

    /// The same chunk with usage and no choices.
    pub fn with_usage(mut self, usage: Object) -> Self {
        self.choices.clear();
        self.usage = Some(usage);
        self
    }

    /// Whether the model said anything in it: text, reasoning, a refusal, a call, audio. A role or a finish is nothing.
    pub fn has_content(&self) -> bool {
        self.choices.iter().any(|it| it.delta.has_content())
    }

    /// Whether it carries usage and nothing else; to be hidden from clients that did not ask for it.
    pub fn is_usage_only(&self) -> bool {
        self.usage.is_some() && self.choices.is_empty()
    }

    /// Characters the model wrote in it, reasoning and arguments included; for estimates.
    pub fn text_len(&self) -> usize {
        self.choices.iter().map(|it| it.delta.text_len()).sum()
    }

    /// Appends the chunk as a server-sent event. Errors never happen for chunks that this crate made.
    pub fn write_sse(&self, out: &mut BytesMut) -> serde_json::Result<()> {
        out.extend_from_slice(b"data: ");
        serde_json::to_writer(out.writer(), self)?;
        out.extend_from_slice(b"\n\n");
        Ok(())
    }
}

impl Delta {
    /// Whether the model said anything in it.
    #[must_use]
    pub fn has_content(&self) -> bool {
        let said = |it: &Option<String>| it.as_deref().is_some_and(|it| !it.is_empty());
        said(&self.content)
            || said(&self.reasoning_content)
            || !self.tool_calls.is_empty()
            || self.rest.values().any(is_filled)
    }

    fn text_len(&self) -> usize {
        let calls = self.tool_calls.iter().flat_map(|it| [&it.function.name, &it.function.arguments]);
        [&self.content, &self.reasoning_content]
            .into_iter()
            .chain(calls)
            .flatten()
            .map(|it| it.chars().count())
            .sum::<usize>()
            + self.rest.get("refusal").and_then(|it| it.as_str()).map_or(0, |it| it.chars().count())
    }
}

fn is_filled(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null | serde_json::Value::Bool(_) => false,
        serde_json::Value::String(text) => !text.is_empty(),
        serde_json::Value::Array(items) => !items.is_empty(),
        serde_json::Value::Object(fields) => !fields.is_empty(),
        serde_json::Value::Number(_) => true,
    }
}
