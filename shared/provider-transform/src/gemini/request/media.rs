//! Images, sounds, films and documents ("File input methods"): bytes in the request, or an address that Google fetches.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::chat::part::{Part as Sent, PartKind};
use crate::chat::request::Role;
use crate::gemini::wire::request::{Blob, FileData, Part};
use crate::provider::GoogleService;
use crate::{Cx, Files, Message, Object, TransformError};

use super::invalid;

/// Where the Gemini API keeps uploaded files ("Files API").
const FILES_API: &str = "https://generativelanguage.googleapis.com/";

/// Media types by the end of a name, as Google's pages on each kind of input list them.
static TYPES: &[(&str, &str)] = &[
    ("3gp", "video/3gpp"),
    ("aac", "audio/aac"),
    ("aiff", "audio/aiff"),
    ("avi", "video/avi"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("flac", "audio/flac"),
    ("flv", "video/flv"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("m4a", "audio/m4a"),
    ("md", "text/md"),
    ("mov", "video/mov"),
    ("mp3", "audio/mp3"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("mpegps", "video/mpegps"),
    ("mpg", "video/mpeg"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/opus"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("rtf", "text/rtf"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("wmv", "video/wmv"),
    ("xml", "text/xml"),
];

/// A medium as a client sends it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Medium<'a> {
    /// A URL, a data URL, a `gs://` name, a name of the Files API, or bare base64.
    pub(super) source: &'a str,
    /// Its media type, where it is stated.
    pub(super) format: Option<&'a str>,
    /// Its file's name.
    pub(super) name: Option<&'a str>,
    /// How closely to look at it.
    pub(super) detail: Option<&'a str>,
    /// Which stretch of a film to look at, and how often.
    pub(super) video: Option<&'a Object>,
}

/// Who reads a medium: a function's answer holds bytes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A turn.
    Turn,
    /// What a function answered.
    Answer,
}

/// How the bytes reach Google.
enum Way<'a> {
    Inline { media_type: &'a str, data: &'a str },
    Bare,
    Address { media_type: Option<&'a str>, uri: Cow<'a, str> },
    Download,
}

/// Makes parts of media.
#[derive(Clone, Copy)]
pub(super) struct Media<'a> {
    service: GoogleService,
    files: &'a Files,
}

/// Asks for every file that Google does not fetch itself.
pub(super) fn check(cx: &Cx<'_>, service: GoogleService, messages: &[Message]) -> Result<(), TransformError> {
    let mut urls: Vec<String> = Vec::new();
    for message in messages {
        let place = if matches!(message.role(), Role::Tool | Role::Function) { Place::Answer } else { Place::Turn };
        for medium in message.parts().filter_map(Medium::of) {
            let is_missing = cx.files.get(medium.source).is_none() && !urls.iter().any(|it| it == medium.source);
            if is_missing && matches!(way(service, &medium, place), Some(Way::Download)) {
                urls.push(medium.source.to_owned());
            }
        }
    }
    if urls.is_empty() { Ok(()) } else { Err(TransformError::NeedsFiles { urls }) }
}

impl<'a> Medium<'a> {
    /// The medium of a part; `None` when the part is none, or names no bytes.
    pub(super) fn of(part: Sent<'a>) -> Option<Self> {
        let text = |of: &'a Object, name: &str| of.get(name).and_then(Value::as_str);
        match part.kind {
            PartKind::Image(image) => Some(Self {
                source: image.url,
                format: image.format,
                detail: image.detail.filter(|it| *it != "auto"),
                ..Self::default()
            }),
            PartKind::File(file) => {
                let inner = part.raw?.get("file")?.as_object()?;
                // LiteLLM's other names of the format.
                let format =
                    file.format.or_else(|| ["mime_type", "content_type"].iter().find_map(|it| text(inner, it)));
                Some(Self {
                    source: file.id.or(file.data)?,
                    format,
                    name: file.name,
                    detail: text(inner, "detail"),
                    video: inner.get("video_metadata").and_then(Value::as_object),
                })
            }
            PartKind::Other(kind @ ("video_url" | "audio_url")) => match part.raw?.get(kind)? {
                Value::String(source) => Some(Self { source, ..Self::default() }),
                Value::Object(inner) => Some(Self {
                    source: text(inner, "url")?,
                    format: text(inner, "format"),
                    detail: text(inner, "detail"),
                    video: inner.get("video_metadata").and_then(Value::as_object),
                    ..Self::default()
                }),
                _ => None,
            },
            // Anthropic's own parts.
            PartKind::Other("document" | "image") => {
                let source = part.raw?.get("source")?.as_object()?;
                let format = text(source, "media_type");
                match text(source, "type")? {
                    "base64" => Some(Self { source: text(source, "data")?, format, ..Self::default() }),
                    "url" => Some(Self { source: text(source, "url")?, format, ..Self::default() }),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl<'a> Media<'a> {
    pub(super) fn new(service: GoogleService, files: &'a Files) -> Self {
        Self { service, files }
    }

    /// The part of a medium. Errors when nobody can say what it is or where.
    pub(super) fn part(self, medium: Medium<'a>, place: Place, at: &str) -> Result<Part<'a>, TransformError> {
        let unclear = || invalid(at, "needs a media type: state it as `format`");
        let way = way(self.service, &medium, place);
        let way = way.ok_or_else(|| invalid(at, "must be a data URL, a web address, or a file that Google keeps"))?;
        let mut part = match way {
            Way::Inline { media_type, data } => inline(media_type.into(), data.into()),
            Way::Bare => {
                let media_type = medium.format.or_else(|| medium.name.and_then(by_name)).ok_or_else(unclear)?;
                inline(media_type.into(), medium.source.into())
            }
            Way::Address { media_type, uri } => {
                let needs_type = !uri.starts_with(FILES_API) && !is_youtube(&uri);
                if needs_type && media_type.is_none() {
                    return Err(unclear());
                }
                let file = FileData { mime_type: media_type.map(Cow::Borrowed), file_uri: uri };
                Part { file_data: Some(file), ..Part::default() }
            }
            Way::Download => {
                let file = self.files.get(medium.source).ok_or_else(|| invalid(at, "could not be downloaded"))?;
                let kind = Some(file.kind()).filter(|it| !it.is_empty() && *it != "application/octet-stream");
                let media_type = medium.format.or(kind).or_else(|| by_url(medium.source)).ok_or_else(unclear)?;
                inline(media_type.into(), STANDARD.encode(&file.bytes).into())
            }
        };
        part.video_metadata = medium.video.map(video_metadata).filter(|it| !it.is_empty());
        Ok(part)
    }
}

/// A part with bytes in it.
pub(super) fn inline<'a>(mime_type: Cow<'a, str>, data: Cow<'a, str>) -> Part<'a> {
    Part { inline_data: Some(Blob { data, mime_type }), ..Part::default() }
}

fn way<'a>(service: GoogleService, medium: &Medium<'a>, place: Place) -> Option<Way<'a>> {
    let source = medium.source;
    if let Some((media_type, data)) = data_url(source) {
        return Some(Way::Inline { media_type: medium.format.unwrap_or(media_type), data });
    }
    if source.starts_with("gs://") {
        return Some(Way::Address { media_type: medium.format.or_else(|| by_url(source)), uri: source.into() });
    }
    if source.starts_with("https://") || source.starts_with("http://") {
        return Some(web(service, medium, place));
    }
    if service == GoogleService::AiStudio && source.starts_with("files/") {
        let uri = format!("{FILES_API}v1beta/{source}").into();
        return Some(Way::Address { media_type: medium.format, uri });
    }
    let is_base64 =
        |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'=' | b'-' | b'_' | b'\n' | b'\r');
    let has_type = medium.format.is_some() || medium.name.is_some();
    (has_type && !source.is_empty() && source.bytes().all(is_base64)).then_some(Way::Bare)
}

/// Vertex AI fetches public addresses over TLS when it is told what is there; the Gemini API only Google's own.
fn web<'a>(service: GoogleService, medium: &Medium<'a>, place: Place) -> Way<'a> {
    let uri = medium.source;
    let address = |media_type| Way::Address { media_type, uri: uri.into() };
    if place == Place::Answer {
        return Way::Download;
    }
    let known = medium.format.or_else(|| by_url(uri));
    match service {
        GoogleService::AiStudio if uri.starts_with(FILES_API) => address(medium.format),
        _ if is_youtube(uri) => address(Some(medium.format.unwrap_or("video/mp4"))),
        GoogleService::VertexAi if uri.starts_with("https://") && known.is_some() => address(known),
        _ => Way::Download,
    }
}

fn is_youtube(url: &str) -> bool {
    let hosts = ["https://www.youtube.com/", "https://youtube.com/", "https://m.youtube.com/", "https://youtu.be/"];
    hosts.iter().any(|it| url.starts_with(it))
}

fn by_url(url: &str) -> Option<&'static str> {
    by_name(url.split(['?', '#']).next()?)
}

fn by_name(name: &str) -> Option<&'static str> {
    let (_, end) = name.rsplit('/').next()?.rsplit_once('.')?;
    let end = end.to_ascii_lowercase();
    TYPES.iter().find(|(it, _)| *it == end).map(|(_, it)| *it)
}

fn data_url(url: &str) -> Option<(&str, &str)> {
    let (header, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = header.strip_suffix(";base64")?;
    let media_type = media_type.split_once(';').map_or(media_type, |(it, _)| it);
    (!media_type.is_empty()).then_some((media_type, data))
}

/// "Customize video processing".
fn video_metadata(sent: &Object) -> Object {
    let named = [("fps", "fps"), ("start_offset", "startOffset"), ("end_offset", "endOffset")];
    let value = |ours: &str, theirs: &str| sent.get(ours).or_else(|| sent.get(theirs)).cloned();
    named.iter().filter_map(|(ours, theirs)| Some(((*theirs).to_owned(), value(ours, theirs)?))).collect()
}
