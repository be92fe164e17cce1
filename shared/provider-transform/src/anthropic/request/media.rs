//! Images and files as Anthropic's sources ("Vision", "PDF support", "Files API").

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::anthropic::wire::{Block, Source};
use crate::chat::part::{File, Image, PartKind};
use crate::provider::claude::{Feature, Fetches, Host};
use crate::{Cx, Files, Message, TransformError};

use super::invalid;

/// What becomes of URLs: the host downloads them itself, or their bytes are here.
#[derive(Clone, Copy)]
pub(super) struct Remote<'a> {
    host: &'static Host,
    files: &'a Files,
}

/// What a URL stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image,
    Document,
}

/// Every file that OpenAI's parts name, that the host does not download itself and that is not here.
pub(super) fn missing(cx: &Cx<'_>, host: &'static Host, messages: &[Message]) -> Vec<String> {
    let remote = Remote::new(host, cx.files);
    let mut urls = Vec::new();
    for part in messages.iter().flat_map(|it| it.content().parts()) {
        let (kind, url) = match part.kind {
            PartKind::Image(image) => (Kind::Image, image.url),
            PartKind::File(file) => (Kind::Document, file.data.or(file.id).unwrap_or_default()),
            _ => continue,
        };
        if remote.is_wanted(kind, url) && !urls.iter().any(|it| it == url) {
            urls.push(url.to_owned());
        }
    }
    urls
}

impl<'a> Remote<'a> {
    pub(super) fn new(host: &'static Host, files: &'a Files) -> Self {
        Self { host, files }
    }

    /// An image part.
    pub(super) fn image(self, image: Image<'a>, at: &str) -> Result<Block<'a>, TransformError> {
        if let Some((media_type, data)) = data_url(image.url) {
            return Ok(picture(base64(image.format.unwrap_or(media_type), data)));
        }
        if self.does_fetch(Kind::Image) && is_https(image.url) {
            return Ok(picture(Source::Url { url: image.url }));
        }
        if let Some(file) = self.files.get(image.url) {
            return Ok(picture(bytes(file, image.format)));
        }
        let message = "must be an https URL or `data:<media type>;base64,<data>`";
        Err(invalid(format!("{at}.image_url"), message))
    }

    /// A file part: inline data, a URL, or an id of Anthropic's Files API.
    pub(super) fn file(self, file: File<'a>, at: &str) -> Result<Block<'a>, TransformError> {
        let url = file.data.or(file.id).unwrap_or_default();
        if self.does_fetch(Kind::Document) && is_https(url) {
            return Ok(document(Source::Url { url }));
        }
        if let Some(downloaded) = self.files.get(url) {
            return Ok(block(bytes(downloaded, file.format)));
        }
        match (file.data, file.id) {
            (Some(data), _) => inline(data, file.format, at),
            (None, Some(id)) if !id.is_empty() && !id.contains("://") && self.host.has(Feature::Files) => {
                Ok(stored(id, file.format))
            }
            (None, Some(id)) if !id.contains("://") => {
                Err(invalid(format!("{at}.file.file_id"), "this host of Claude stores no files"))
            }
            _ => Err(invalid(format!("{at}.file"), "needs `file_data`, an https URL or a file id")),
        }
    }

    fn does_fetch(self, kind: Kind) -> bool {
        match self.host.fetches {
            Fetches::All => true,
            Fetches::Documents => kind == Kind::Document,
            Fetches::Nothing => false,
        }
    }

    fn is_wanted(self, kind: Kind, url: &str) -> bool {
        !self.does_fetch(kind) && is_web(url) && self.files.get(url).is_none()
    }
}

/// Whether the block needs the Files API.
pub(super) fn is_stored(block: &Block<'_>) -> bool {
    matches!(
        block,
        Block::ContainerUpload { .. }
            | Block::Document { source: Source::File { .. }, .. }
            | Block::Image { source: Source::File { .. }, .. }
    )
}

fn inline<'a>(data: &'a str, format: Option<&'a str>, at: &str) -> Result<Block<'a>, TransformError> {
    let (media_type, data) = match data_url(data) {
        Some((media_type, data)) => (format.unwrap_or(media_type), data),
        None if !data.contains(':') => (format.unwrap_or("application/pdf"), data),
        None => return Err(invalid(format!("{at}.file.file_data"), "must be a base64 data URL")),
    };
    if media_type.starts_with("text/") {
        let bytes = STANDARD.decode(data).ok().and_then(|it| String::from_utf8(it).ok());
        let data = bytes.ok_or_else(|| invalid(format!("{at}.file.file_data"), "must be base64 of UTF-8 text"))?;
        return Ok(document(text(data)));
    }
    Ok(block(base64(media_type, data)))
}

/// A downloaded file: as text where it is text, since Anthropic takes no other base64 than of images and PDFs.
fn bytes<'a>(file: &'a crate::File, format: Option<&'a str>) -> Source<'a> {
    let media_type = format.unwrap_or_else(|| file.kind());
    match std::str::from_utf8(&file.bytes) {
        Ok(data) if media_type.starts_with("text/") => text(data.to_owned()),
        _ => Source::Base64 { media_type: Cow::Borrowed(media_type), data: Cow::Owned(STANDARD.encode(&file.bytes)) },
    }
}

/// What a file is: a picture or a document.
fn block(source: Source<'_>) -> Block<'_> {
    match &source {
        Source::Base64 { media_type, .. } if media_type.starts_with("image/") => picture(source),
        _ => document(source),
    }
}

fn text(data: String) -> Source<'static> {
    Source::Text { media_type: "text/plain", data }
}

fn stored<'a>(file_id: &'a str, format: Option<&str>) -> Block<'a> {
    match format {
        Some(it) if it.starts_with("image/") => picture(Source::File { file_id }),
        None | Some("application/pdf" | "text/plain") => document(Source::File { file_id }),
        Some(_) => Block::ContainerUpload { file_id },
    }
}

fn base64<'a>(media_type: &'a str, data: &'a str) -> Source<'a> {
    Source::Base64 { media_type: Cow::Borrowed(media_type), data: Cow::Borrowed(data) }
}

fn picture(source: Source<'_>) -> Block<'_> {
    Block::Image { source, cache_control: None }
}

fn document(source: Source<'_>) -> Block<'_> {
    Block::Document { source, cache_control: None }
}

/// A URL that can be downloaded; whether it may be is the downloader's business.
pub(crate) fn is_web(url: &str) -> bool {
    is_https(url) || url.get(..7).is_some_and(|it| it.eq_ignore_ascii_case("http://"))
}

fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|it| it.eq_ignore_ascii_case("https://"))
}

/// Media type and base64 of a data URL.
pub(crate) fn data_url(url: &str) -> Option<(&str, &str)> {
    let (header, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = header.strip_suffix(";base64")?;
    let media_type = media_type.split_once(';').map_or(media_type, |(it, _)| it);
    (!media_type.is_empty()).then_some((media_type, data))
}
