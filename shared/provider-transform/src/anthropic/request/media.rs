//! Images and files as Anthropic's sources ("Vision", "PDF support", "Files API").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::TransformError;
use crate::anthropic::wire::{Block, Source};
use crate::chat::part::{File, Image};

use super::invalid;

/// An image part. Anthropic fetches `https` URLs itself; no other URL is passed on.
pub(super) fn image<'a>(image: Image<'a>, at: &str) -> Result<Block<'a>, TransformError> {
    let source = if let Some((media_type, data)) = data_url(image.url) {
        let media_type = image.format.unwrap_or(media_type);
        Source::Base64 { media_type, data }
    } else if is_https(image.url) {
        Source::Url { url: image.url }
    } else {
        let message = "must be an https URL or `data:<media type>;base64,<data>`";
        return Err(invalid(format!("{at}.image_url"), message));
    };
    Ok(Block::Image { source, cache_control: None })
}

/// A file part: inline data, a URL, or an id of Anthropic's Files API.
pub(super) fn file<'a>(file: File<'a>, at: &str) -> Result<Block<'a>, TransformError> {
    match (file.data, file.id) {
        (Some(data), _) => inline(data, file.format, at),
        (None, Some(id)) if is_https(id) => Ok(document(Source::Url { url: id })),
        (None, Some(id)) if !id.is_empty() && !id.contains("://") => Ok(stored(id, file.format)),
        _ => Err(invalid(format!("{at}.file"), "needs `file_data`, an https URL or a file id")),
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
    if is_https(data) {
        return Ok(document(Source::Url { url: data }));
    }
    let (media_type, data) = match data_url(data) {
        Some((media_type, data)) => (format.unwrap_or(media_type), data),
        None if !data.contains(':') => (format.unwrap_or("application/pdf"), data),
        None => return Err(invalid(format!("{at}.file.file_data"), "must be a base64 data URL")),
    };
    if media_type.starts_with("image/") {
        let source = Source::Base64 { media_type, data };
        return Ok(Block::Image { source, cache_control: None });
    }
    if media_type.starts_with("text/") {
        let bytes = STANDARD.decode(data).ok().and_then(|it| String::from_utf8(it).ok());
        let data = bytes.ok_or_else(|| invalid(format!("{at}.file.file_data"), "must be base64 of UTF-8 text"))?;
        return Ok(document(Source::Text { media_type: "text/plain", data }));
    }
    Ok(document(Source::Base64 { media_type, data }))
}

fn stored<'a>(file_id: &'a str, format: Option<&str>) -> Block<'a> {
    match format {
        Some(it) if it.starts_with("image/") => Block::Image { source: Source::File { file_id }, cache_control: None },
        None | Some("application/pdf" | "text/plain") => document(Source::File { file_id }),
        Some(_) => Block::ContainerUpload { file_id },
    }
}

fn document(source: Source<'_>) -> Block<'_> {
    Block::Document { source, cache_control: None }
}

fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|it| it.eq_ignore_ascii_case("https://"))
}

fn data_url(url: &str) -> Option<(&str, &str)> {
    let (header, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = header.strip_suffix(";base64")?;
    let media_type = media_type.split_once(';').map_or(media_type, |(it, _)| it);
    (!media_type.is_empty()).then_some((media_type, data))
}
