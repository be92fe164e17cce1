//! What kind of file it is, by its server's word and its first bytes.

use super::FileError;

/// What is asked for.
pub(super) const WANTED: &str = "image/*, application/pdf, audio/*, video/*, text/*, */*;q=0.1";

/// Types that a model may be shown, besides the families.
const TYPES: &[&str] = &["application/msword", "application/pdf", "application/vnd.ms-excel"];
const FAMILIES: &[&str] = &["application/vnd.openxmlformats-officedocument.", "audio/", "image/", "text/", "video/"];
/// How servers say that they do not know.
const UNKNOWN: &[&str] = &["", "application/octet-stream", "application/x-download", "binary/octet-stream"];

/// Refuses a type before its body is read.
pub(super) fn check_declared(declared: Option<&str>) -> Result<(), FileError> {
    let essence = essence(declared);
    if is_fit(&essence) || UNKNOWN.contains(&essence.as_str()) { Ok(()) } else { Err(FileError::WrongType) }
}

/// The type without parameters. Servers often call every image a JPEG, and providers refuse one by a wrong name: of
/// images the first bytes decide, and of what the server does not know.
pub(super) fn of(declared: Option<&str>, bytes: &[u8]) -> Result<String, FileError> {
    let essence = essence(declared);
    let begins = beginning(bytes);
    match begins {
        Some(it) if UNKNOWN.contains(&essence.as_str()) => Ok(it.to_owned()),
        Some(it) if essence.starts_with("image/") && it.starts_with("image/") => Ok(it.to_owned()),
        _ if is_fit(&essence) => Ok(essence),
        _ => Err(FileError::WrongType),
    }
}

fn essence(declared: Option<&str>) -> String {
    let essence = declared.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "image/jpg" { "image/jpeg".to_owned() } else { essence }
}

fn is_fit(essence: &str) -> bool {
    let in_family = |family: &str| essence.strip_prefix(family).is_some_and(|rest| !rest.is_empty());
    TYPES.contains(&essence) || FAMILIES.iter().any(|it| in_family(it))
}

/// The type that the first bytes tell ("MIME Sniffing Standard", section 6).
fn beginning(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("audio/wav"),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Some("image/tiff"),
        [b'B', b'M', ..] if bytes.len() > 26 => Some("image/bmp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [b'f', b'L', b'a', b'C', ..] => Some("audio/flac"),
        [b'I', b'D', b'3', ..] => Some("audio/mpeg"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("video/webm"),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => Some(match brand {
            [b'a', b'v', b'i', b'f' | b's', ..] => "image/avif",
            [b'h', b'e', b'i', b'c' | b'x', ..] => "image/heic",
            [b'm', b'i', b'f', b'1', ..] => "image/heif",
            [b'q', b't', ..] => "video/quicktime",
            [b'M', b'4', b'A', ..] => "audio/mp4",
            _ => "video/mp4",
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
