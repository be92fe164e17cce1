//! What goes to Anthropic ("Create a Message"), borrowed from the client's request so that long texts are copied once.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::Object;

/// The body of a request. `fields` are the remaining parameters, already in Anthropic's names.
#[derive(Debug, serde::Serialize)]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) anthropic_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) anthropic_beta: Vec<String>,
    pub(super) messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) system: Vec<Block<'a>>,
    pub(super) max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tools: Option<Vec<Tool<'a>>>,
    #[serde(flatten)]
    pub(super) fields: Object,
}

/// One turn; `role` is `user`, `assistant` or (mid-conversation) `system`.
#[derive(Debug, PartialEq, serde::Serialize)]
pub(super) struct Turn<'a> {
    pub(super) role: &'static str,
    pub(super) content: Vec<Block<'a>>,
}

/// A content block.
#[derive(Debug, PartialEq, serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block<'a> {
    Text {
        text: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Mark<'a>,
    },
    Image {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Mark<'a>,
    },
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Mark<'a>,
    },
    ContainerUpload {
        file_id: &'a str,
    },
    ToolUse(Call<'a>),
    ServerToolUse(Call<'a>),
    ToolResult {
        tool_use_id: Cow<'a, str>,
        content: ResultContent<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        is_error: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Mark<'a>,
    },
    /// A block that is Anthropic's already.
    #[serde(untagged)]
    Native(Native<'a>),
}

/// A cache mark, as the client sent it or as the deployment sets it.
pub(super) type Mark<'a> = Option<Cow<'a, Value>>;

/// A call the assistant made.
#[derive(Debug, PartialEq, serde::Serialize)]
pub(super) struct Call<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) name: &'a str,
    pub(super) input: Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Mark<'a>,
}

/// What a tool answered.
#[derive(Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub(super) enum ResultContent<'a> {
    Text(&'a str),
    Blocks(Vec<Block<'a>>),
}

/// Where an image's or document's bytes are.
#[derive(Debug, PartialEq, serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source<'a> {
    Base64 { media_type: Cow<'a, str>, data: Cow<'a, str> },
    Text { media_type: &'static str, data: String },
    Url { url: &'a str },
    File { file_id: &'a str },
}

/// A block passed on as sent, with a cache mark when one was set from outside.
#[derive(Debug, PartialEq)]
pub(super) struct Native<'a> {
    pub(super) raw: &'a Object,
    pub(super) cache_control: Mark<'a>,
}

/// A tool.
#[derive(Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub(super) enum Tool<'a> {
    Custom(CustomTool<'a>),
    Native(Native<'a>),
    Owned(Object),
}

/// A tool that the caller runs.
#[derive(Debug, PartialEq, serde::Serialize)]
pub(super) struct CustomTool<'a> {
    pub(super) name: &'a str,
    pub(super) input_schema: InputSchema<'a>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    #[serde(flatten)]
    pub(super) extras: Extras<'a>,
}

/// Fields by name, in order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Extras<'a>(pub(super) Vec<(&'static str, Cow<'a, Value>)>);

/// A tool's schema: the keywords that Anthropic takes at the top of one, the type always `object`.
#[derive(Debug, PartialEq)]
pub(super) enum InputSchema<'a> {
    Sent(&'a Object),
    Owned(Object),
    Empty,
}

/// Keywords that Anthropic takes at the top of an input schema ("Define tools").
pub(super) const SCHEMA_KEYWORDS: [&str; 5] = ["type", "properties", "additionalProperties", "required", "$defs"];

impl<'a> Block<'a> {
    /// A text block without a cache mark.
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text { text: text.into(), cache_control: None }
    }

    /// Sets a cache mark, unless the block has its own or cannot carry one.
    pub(super) fn mark(&mut self, mark: &Mark<'a>) {
        let slot = match self {
            Self::Text { cache_control, .. }
            | Self::Image { cache_control, .. }
            | Self::Document { cache_control, .. }
            | Self::ToolResult { cache_control, .. } => cache_control,
            Self::ToolUse(call) | Self::ServerToolUse(call) => &mut call.cache_control,
            Self::Native(native) if !native.is_thinking() => &mut native.cache_control,
            Self::Native(_) | Self::ContainerUpload { .. } => return,
        };
        if slot.is_none() {
            slot.clone_from(mark);
        }
    }
}

impl<'a> Native<'a> {
    /// The object as sent.
    pub(super) fn new(raw: &'a Object) -> Self {
        Self { raw, cache_control: None }
    }

    /// Whether it is the model's own thinking, which must go back unchanged.
    pub(super) fn is_thinking(&self) -> bool {
        self.raw.get("type").and_then(Value::as_str).is_some_and(|it| matches!(it, "thinking" | "redacted_thinking"))
    }
}

impl Serialize for Native<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let own = self.raw.get("cache_control").is_some_and(|it| !it.is_null());
        let Some(mark) = self.cache_control.as_deref().filter(|_| !own) else {
            return self.raw.serialize(out);
        };
        let mut map = out.serialize_map(Some(self.raw.len() + 1))?;
        for (name, value) in self.raw.iter().filter(|(name, _)| *name != "cache_control") {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("cache_control", mark)?;
        map.end()
    }
}

impl Serialize for Extras<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for InputSchema<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let empty = Object::new();
        let schema = match self {
            Self::Sent(schema) => *schema,
            Self::Owned(schema) => schema,
            Self::Empty => &empty,
        };
        let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("type", "object")?;
        if !is_object && !schema.contains_key("properties") {
            map.serialize_entry("properties", &empty)?;
        }
        let taken = |name: &str| name != "type" && SCHEMA_KEYWORDS.contains(&name);
        for (name, value) in schema.iter().filter(|(name, _)| taken(name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
