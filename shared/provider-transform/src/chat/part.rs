//! Typed views of a message's content and tool calls.

use serde_json::Value;

use crate::Object;

/// A message's content as sent.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// Absent or null.
    Empty,
    /// One string.
    Text(&'a str),
    /// A list of parts.
    Parts(&'a [Value]),
    /// Something OpenAI does not take.
    Unknown(&'a Value),
}

/// One content part: what it is, and the object it was sent as.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The part, typed.
    pub kind: PartKind<'a>,
    /// The part's object as sent; `None` for plain strings.
    pub raw: Option<&'a Object>,
}

/// What a content part holds.
#[derive(Clone, Copy, Debug)]
pub enum PartKind<'a> {
    /// `text`.
    Text(&'a str),
    /// `image_url`, in either of its spellings.
    Image(Image<'a>),
    /// `input_audio`.
    Audio {
        /// Base64.
        data: &'a str,
        /// `wav`, `mp3`, ...
        format: Option<&'a str>,
    },
    /// `file`.
    File(File<'a>),
    /// Any other `type`, which is given; empty when there is none.
    Other(&'a str),
}

/// An image by URL or data URL.
#[derive(Clone, Copy, Debug, Default)]
pub struct Image<'a> {
    /// `https://...` or `data:<media type>;base64,...`.
    pub url: &'a str,
    /// `low`, `high`, `auto`.
    pub detail: Option<&'a str>,
    /// Media type stated beside the URL (LiteLLM's extension).
    pub format: Option<&'a str>,
}

/// A file by id, URL or data URL.
#[derive(Clone, Copy, Debug, Default)]
pub struct File<'a> {
    /// Id, or (LiteLLM's extension) a URL.
    pub id: Option<&'a str>,
    /// `data:<media type>;base64,...` or bare base64.
    pub data: Option<&'a str>,
    /// The file's name.
    pub name: Option<&'a str>,
    /// Media type stated beside it (LiteLLM's extension).
    pub format: Option<&'a str>,
}

/// A tool call in a request's history.
#[derive(Clone, Copy, Debug)]
pub struct ToolCallRef<'a> {
    /// Its id, empty when absent.
    pub id: &'a str,
    /// The function's name, empty when absent.
    pub name: &'a str,
    /// The arguments: JSON in a string, as the model wrote it.
    pub arguments: &'a str,
    /// The call's object as sent.
    pub raw: &'a Object,
}

impl<'a> Content<'a> {
    /// The parts; plain text is one text part.
    pub fn parts(self) -> impl Iterator<Item = Part<'a>> {
        let (text, list) = match self {
            Content::Text(text) => (Some(text), &[][..]),
            Content::Parts(parts) => (None, parts),
            Content::Empty | Content::Unknown(_) => (None, &[][..]),
        };
        text.map(|it| Part { kind: PartKind::Text(it), raw: None }).into_iter().chain(list.iter().map(Part::new))
    }

    /// All text, joined by `separator`.
    pub fn text(self, separator: &str) -> String {
        let texts = self.parts().filter_map(|it| if let PartKind::Text(text) = it.kind { Some(text) } else { None });
        texts.collect::<Vec<_>>().join(separator)
    }
}

impl<'a> Part<'a> {
    fn new(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self { kind: PartKind::Text(text), raw: None },
            Value::Object(raw) => Self { kind: PartKind::new(raw), raw: Some(raw) },
            _ => Self { kind: PartKind::Other(""), raw: None },
        }
    }

    /// A cache mark on the part.
    pub fn cache_control(self) -> Option<&'a Value> {
        self.raw?.get("cache_control").filter(|it| !it.is_null())
    }
}

impl<'a> PartKind<'a> {
    fn new(raw: &'a Object) -> Self {
        let kind = str(raw, "type").unwrap_or_default();
        let inner = raw.get(kind).and_then(Value::as_object);
        match (kind, inner) {
            ("text", _) => str(raw, "text").map_or(Self::Other(kind), Self::Text),
            ("image_url", Some(inner)) => Self::Image(Image {
                url: str(inner, "url").unwrap_or_default(),
                detail: str(inner, "detail"),
                format: str(inner, "format"),
            }),
            ("image_url", None) => {
                str(raw, "image_url").map_or(Self::Other(kind), |url| Self::Image(Image { url, ..Image::default() }))
            }
            ("input_audio", Some(inner)) => {
                Self::Audio { data: str(inner, "data").unwrap_or_default(), format: str(inner, "format") }
            }
            ("file", Some(inner)) => Self::File(File {
                id: str(inner, "file_id"),
                data: str(inner, "file_data"),
                name: str(inner, "filename"),
                format: str(inner, "format"),
            }),
            _ => Self::Other(kind),
        }
    }
}

impl<'a> ToolCallRef<'a> {
    pub(super) fn new(raw: &'a Object) -> Self {
        let function = raw.get("function").and_then(Value::as_object);
        let text = |name| function.and_then(|it| str(it, name)).unwrap_or_default();
        Self { id: str(raw, "id").unwrap_or_default(), name: text("name"), arguments: text("arguments"), raw }
    }

    /// The arguments parsed: `{}` for an empty string, `None` when they are no JSON object.
    pub fn parsed_arguments(self) -> Option<Object> {
        if self.arguments.trim().is_empty() {
            return Some(Object::new());
        }
        serde_json::from_str(self.arguments).ok()
    }
}

fn str<'a>(raw: &'a Object, name: &str) -> Option<&'a str> {
    raw.get(name).and_then(Value::as_str)
}
