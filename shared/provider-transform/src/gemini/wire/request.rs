//! What goes to Google, borrowed from the client's request so that long texts are copied once.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::Object;

/// The body of a request. `fields` are the remaining ones, already in Google's names.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Body<'a> {
    pub(crate) contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system_instruction: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tools: Vec<Object>,
    #[serde(rename = "toolConfig", skip_serializing_if = "Object::is_empty")]
    pub(crate) tool_config: Object,
    #[serde(rename = "generationConfig", skip_serializing_if = "Object::is_empty")]
    pub(crate) generation_config: Object,
    #[serde(flatten)]
    pub(crate) fields: Object,
}

/// One turn, `user` or `model`; instructions have no role.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Cow<'a, str>>,
    #[serde(default = "Vec::new")]
    pub(crate) parts: Vec<Part<'a>>,
}

/// A part of a turn; what we do not act on is in `rest`.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thought: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<Cow<'a, str>>,
    #[serde(alias = "inlineData", skip_serializing_if = "Option::is_none")]
    pub(crate) inline_data: Option<Blob<'a>>,
    #[serde(alias = "fileData", skip_serializing_if = "Option::is_none")]
    pub(crate) file_data: Option<FileData<'a>>,
    #[serde(alias = "functionCall", skip_serializing_if = "Option::is_none")]
    pub(crate) function_call: Option<FunctionCall<'a>>,
    #[serde(alias = "functionResponse", skip_serializing_if = "Option::is_none")]
    pub(crate) function_response: Option<FunctionResponse<'a>>,
    #[serde(rename = "thoughtSignature", alias = "thought_signature", skip_serializing_if = "Option::is_none")]
    pub(crate) thought_signature: Option<Cow<'a, str>>,
    #[serde(alias = "mediaResolution", skip_serializing_if = "Option::is_none")]
    pub(crate) media_resolution: Option<Object>,
    #[serde(alias = "videoMetadata", skip_serializing_if = "Option::is_none")]
    pub(crate) video_metadata: Option<Object>,
    #[serde(flatten)]
    pub(crate) rest: Object,
}

/// Bytes in the request itself.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Blob<'a> {
    /// Base64.
    pub(crate) data: Cow<'a, str>,
    #[serde(alias = "mimeType")]
    pub(crate) mime_type: Cow<'a, str>,
}

/// Bytes that Google fetches.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FileData<'a> {
    #[serde(alias = "mimeType", skip_serializing_if = "Option::is_none")]
    pub(crate) mime_type: Option<Cow<'a, str>>,
    #[serde(alias = "fileUri")]
    pub(crate) file_uri: Cow<'a, str>,
}

/// A call the model made.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FunctionCall<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) args: Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<Cow<'a, str>>,
}

/// What a function answered; media come beside it.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FunctionResponse<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) response: Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<Part<'a>>,
}

impl<'a> Part<'a> {
    /// A part with text.
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// A part with the model's thoughts.
    pub(crate) fn thought(text: impl Into<Cow<'a, str>>) -> Self {
        Self { thought: Some(true), ..Self::text(text) }
    }

    /// Whether there is text in it.
    pub(crate) fn has_text(&self) -> bool {
        self.text.as_deref().is_some_and(|it| !it.is_empty())
    }
}
