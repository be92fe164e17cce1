//! What goes to Bedrock ("Converse", request body), borrowed from the client's request where it can be.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::Object;

/// The body of a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    pub(super) messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) system: Vec<Block<'a>>,
    pub(super) inference_config: Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_config: Option<ToolConfig<'a>>,
    #[serde(skip_serializing_if = "Object::is_empty")]
    pub(super) additional_model_request_fields: Object,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) additional_model_response_field_paths: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_config: Option<Value>,
    /// `guardrailConfig`, `performanceConfig`, `requestMetadata`, `serviceTier`: Converse's own names.
    #[serde(flatten)]
    pub(super) own: Object,
}

/// One turn; `role` is `user` or `assistant`.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Turn<'a> {
    pub(super) role: &'static str,
    pub(super) content: Vec<Block<'a>>,
}

/// A content block ("ContentBlock", "SystemContentBlock", "ToolResultContentBlock").
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Block<'a> {
    Text(Cow<'a, str>),
    Image(Media<'a>),
    Video(Media<'a>),
    Document(Document<'a>),
    ToolUse(ToolUse<'a>),
    ToolResult(ToolResult<'a>),
    ReasoningContent(Reasoning<'a>),
    GuardContent(Guarded<'a>),
    SearchResult(&'a Value),
    CachePoint(CachePoint),
}

/// An image or a video.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Media<'a> {
    pub(super) format: &'static str,
    pub(super) source: Source<'a>,
}

/// A document; its name must be unlike any other's in the request.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Document<'a> {
    pub(super) format: &'static str,
    pub(super) name: String,
    pub(super) source: Source<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) context: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) citations: Option<&'a Value>,
}

/// Where the bytes are.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Source<'a> {
    /// Base64.
    Bytes(Cow<'a, str>),
    S3Location(S3Location<'a>),
}

/// A file that Bedrock reads from S3 itself.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct S3Location<'a> {
    pub(super) uri: &'a str,
}

/// A call the assistant made.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolUse<'a> {
    pub(super) tool_use_id: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    pub(super) input: Object,
}

/// What a tool answered.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolResult<'a> {
    pub(super) tool_use_id: Cow<'a, str>,
    pub(super) content: Vec<Block<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'static str>,
}

/// The model's own thinking, which goes back unchanged.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reasoning<'a> {
    ReasoningText(ReasoningText<'a>),
    RedactedContent(&'a str),
}

/// Thinking that may be read.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct ReasoningText<'a> {
    pub(super) text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<&'a str>,
}

/// Text that a guardrail looks at.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Guarded<'a> {
    pub(super) text: GuardedText<'a>,
}

/// The text of [`Guarded`].
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct GuardedText<'a> {
    pub(super) text: Cow<'a, str>,
}

/// The end of a prefix that is to be cached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct CachePoint {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ttl: Option<&'static str>,
}

/// The tools and the choice among them.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolConfig<'a> {
    pub(super) tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_choice: Option<ToolChoice<'a>>,
}

/// A tool, or a mark after it.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Tool<'a> {
    ToolSpec(ToolSpec<'a>),
    SystemTool(SystemTool),
    CachePoint(CachePoint),
    /// A tool that is Converse's already.
    #[serde(untagged)]
    Native(&'a Object),
}

/// A tool that the caller runs.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolSpec<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) description: Cow<'a, str>,
    pub(super) input_schema: InputSchema,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) strict: Option<bool>,
}

/// A tool's schema.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct InputSchema {
    pub(super) json: Object,
}

/// A tool that Bedrock runs.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct SystemTool {
    pub(super) name: &'static str,
}

/// Which tool the model may or must call ("ToolChoice").
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ToolChoice<'a> {
    Auto {},
    Any {},
    Tool { name: Cow<'a, str> },
}

impl<'a> Block<'a> {
    /// A text block.
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// Text that a guardrail looks at.
    pub(super) fn guarded(text: impl Into<Cow<'a, str>>) -> Self {
        Self::GuardContent(Guarded { text: GuardedText { text: text.into() } })
    }
}
