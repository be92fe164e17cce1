//! Images, documents and videos: Bedrock takes bytes or a place in S3, never a URL ("ImageBlock", "DocumentBlock",
//! "VideoBlock").

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::anthropic::request::media::{data_url, is_web};
use crate::bedrock_converse::names;
use crate::bedrock_converse::wire::{Block, Document, Media, S3Location, Source};
use crate::chat::part::{Part, PartKind};
use crate::{Cx, Message, Object, TransformError};

use super::invalid;

/// Where a file is, and what is said of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// A URL, a data URL, or base64.
    url: &'a str,
    media_type: Option<&'a str>,
    name: Option<&'a str>,
    /// The URL may be base64 alone.
    is_bare: bool,
    /// The part, where it is Anthropic's own and says more than the file.
    native: Option<&'a Object>,
}

/// What Bedrock calls a file's format.
#[derive(Clone, Copy, Debug)]
enum Format {
    Image(&'static str),
    Video(&'static str),
    Document(&'static str),
}

/// Formats by media type, or by extension of a file's name.
const FORMATS: [(&str, &str, Format); 23] = [
    ("image/png", "png", Format::Image("png")),
    ("image/jpeg", "jpeg", Format::Image("jpeg")),
    ("image/jpg", "jpg", Format::Image("jpeg")),
    ("image/gif", "gif", Format::Image("gif")),
    ("image/webp", "webp", Format::Image("webp")),
    ("application/pdf", "pdf", Format::Document("pdf")),
    ("text/csv", "csv", Format::Document("csv")),
    ("application/msword", "doc", Format::Document("doc")),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", Format::Document("docx")),
    ("application/vnd.ms-excel", "xls", Format::Document("xls")),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", Format::Document("xlsx")),
    ("text/html", "html", Format::Document("html")),
    ("text/plain", "txt", Format::Document("txt")),
    ("text/markdown", "md", Format::Document("md")),
    ("video/mp4", "mp4", Format::Video("mp4")),
    ("video/quicktime", "mov", Format::Video("mov")),
    ("video/x-matroska", "mkv", Format::Video("mkv")),
    ("video/webm", "webm", Format::Video("webm")),
    ("video/x-flv", "flv", Format::Video("flv")),
    ("video/mpeg", "mpeg", Format::Video("mpeg")),
    ("video/mpg", "mpg", Format::Video("mpg")),
    ("video/x-ms-wmv", "wmv", Format::Video("wmv")),
    ("video/3gpp", "3gp", Format::Video("three_gp")),
];

/// Asks for every file that is named by a URL and has not been downloaded.
pub(super) fn check(cx: &Cx<'_>, messages: &[Message]) -> Result<(), TransformError> {
    let places = messages.iter().flat_map(Message::parts).filter_map(Place::of);
    let missing = places.filter(|it| is_web(it.url) && cx.files.get(it.url).is_none());
    let mut urls: Vec<String> = Vec::new();
    for place in missing {
        if !urls.iter().any(|it| it == place.url) {
            urls.push(place.url.to_owned());
        }
    }
    if urls.is_empty() { Ok(()) } else { Err(TransformError::NeedsFiles { urls }) }
}

impl<'a> Place<'a> {
    /// The file of a part; `None` for parts that hold none.
    pub(super) fn of(part: Part<'a>) -> Option<Self> {
        match part.kind {
            PartKind::Image(image) => Some(Self { url: image.url, media_type: image.format, ..Self::default() }),
            PartKind::File(file) => {
                let url = file.data.or(file.id).unwrap_or_default();
                Some(Self { url, media_type: file.format, name: file.name, is_bare: file.data.is_some(), native: None })
            }
            PartKind::Other("video_url") => {
                let sent = part.raw?.get("video_url")?;
                let url = sent.as_str().or_else(|| sent.get("url")?.as_str()).unwrap_or_default();
                Some(Self { url, media_type: sent.get("format").and_then(Value::as_str), ..Self::default() })
            }
            PartKind::Other("document" | "image") => {
                let native = part.raw;
                let source = native?.get("source")?.as_object()?;
                let (url, media_type) = (text(source, "url"), text(source, "media_type"));
                let is_bare = text(source, "type") == Some("base64");
                let url = if is_bare { text(source, "data") } else { url }.unwrap_or_default();
                (text(source, "type") != Some("text")).then_some(Self { url, media_type, name: None, is_bare, native })
            }
            _ => None,
        }
    }

    /// The block of a file. Errors when Bedrock takes no such file.
    pub(super) fn block(self, cx: &Cx<'a>, at: &str) -> Result<Block<'a>, TransformError> {
        if self.url.starts_with("s3://") {
            let format = self.format(None).ok_or_else(|| unknown(at, self.media_type.unwrap_or(self.url)))?;
            return Ok(self.of_format(format, Source::S3Location(S3Location { uri: self.url })));
        }
        if let Some(file) = cx.files.get(self.url) {
            let format = self.format(Some(file.kind())).ok_or_else(|| unknown(at, file.kind()))?;
            return Ok(self.of_format(format, Source::Bytes(Cow::Owned(STANDARD.encode(&file.bytes)))));
        }
        let (media_type, data) = match data_url(self.url) {
            Some((media_type, data)) => (Some(media_type), data),
            None if self.is_bare && !self.url.is_empty() && !self.url.contains(':') => (None, self.url),
            None => {
                let message = "must be an http(s) or s3 URL, or `data:<media type>;base64,<data>`";
                return Err(invalid(at.to_owned(), message));
            }
        };
        let format = self.format(media_type).ok_or_else(|| unknown(at, media_type.unwrap_or_default()))?;
        Ok(self.of_format(format, Source::Bytes(Cow::Borrowed(data))))
    }

    fn of_format(self, format: Format, source: Source<'a>) -> Block<'a> {
        match format {
            Format::Image(format) => Block::Image(Media { format, source }),
            Format::Video(format) => Block::Video(Media { format, source }),
            Format::Document(format) => {
                let start = if self.native.is_some() { "Document" } else { "DocumentPDFmessages" };
                let name = match &source {
                    Source::Bytes(data) => names::document(start, data, format),
                    Source::S3Location(place) => names::document(start, place.uri, format),
                };
                let context = self.native.and_then(|it| text(it, "context"));
                let citations = self.native.and_then(|it| it.get("citations")).filter(|it| it.is_object());
                Block::Document(Document { format, name, source, context, citations })
            }
        }
    }

    /// What the client says the file is, else what its server or its URL says, else what its name ends in.
    fn format(self, found: Option<&str>) -> Option<Format> {
        let by_type = |it: &str| FORMATS.iter().find(|(media_type, ..)| media_type.eq_ignore_ascii_case(it));
        let by_name = |it: &str| {
            let (_, extension) = it.rsplit_once('.')?;
            FORMATS.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(extension))
        };
        let is_said = |it: &&str| !it.is_empty() && !it.ends_with("/octet-stream");
        let known = match self.media_type.or(found).filter(is_said) {
            Some(media_type) => by_type(media_type),
            None => [self.name, Some(self.url)].into_iter().flatten().find_map(by_name),
        };
        known.map(|(.., format)| *format)
    }
}

/// Plain text as a document (Anthropic's `document` part with a text source).
pub(super) fn text_document(raw: &Object) -> Option<Block<'_>> {
    let source = raw.get("source")?.as_object().filter(|it| text(it, "type") == Some("text"))?;
    let data = STANDARD.encode(text(source, "data")?);
    let place = Place { native: Some(raw), ..Place::default() };
    Some(place.of_format(Format::Document("txt"), Source::Bytes(Cow::Owned(data))))
}

fn text<'a>(fields: &'a Object, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

fn unknown(at: &str, media_type: &str) -> TransformError {
    invalid(at.to_owned(), format!("Bedrock takes no file of type `{media_type}`"))
}
