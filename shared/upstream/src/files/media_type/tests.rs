use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

#[test]
fn the_servers_word_counts_and_of_images_the_first_bytes() {
    for (declared, bytes, expected) in [
        (Some("image/png"), PNG, Some("image/png")),
        (Some("image/jpeg"), PNG, Some("image/png")),
        (Some("IMAGE/JPG; q=1"), &b"?"[..], Some("image/jpeg")),
        (Some("image/svg+xml"), b"<svg/>", Some("image/svg+xml")),
        (Some("text/plain; charset=utf-8"), b"BM is how it begins, and it is long enough", Some("text/plain")),
        (Some("application/pdf"), b"%PDF-1.7", Some("application/pdf")),
        (None, b"%PDF-1.7", Some("application/pdf")),
        (Some("application/octet-stream"), PNG, Some("image/png")),
        (Some("binary/octet-stream"), b"RIFF....WEBPVP8 ", Some("image/webp")),
        (None, b"RIFF....WAVEfmt ", Some("audio/wav")),
        (None, b"\0\0\0\x20ftypisom", Some("video/mp4")),
        (None, b"\0\0\0\x20ftypavif", Some("image/avif")),
        (None, b"GIF89a", Some("image/gif")),
        (None, b"\xff\xd8\xff\xe0", Some("image/jpeg")),
        (
            Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            b"PK",
            Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ),
        (None, b"{}", None),
        (None, b"", None),
        (Some(""), b"hello", None),
        (Some("application/json"), b"{}", None),
        (Some("application/json"), PNG, None),
        (Some("image/"), b"hello", None),
        (Some("multipart/form-data"), b"hello", None),
        (Some("application/x-www-form-urlencoded"), b"a=b", None),
    ] {
        let found = of(declared, bytes).ok();
        assert_eq!(found.as_deref(), expected, "{declared:?} {bytes:?}");
        let refused_early = check_declared(declared).is_err();
        assert!(!(refused_early && expected.is_some()), "{declared:?} {bytes:?}");
    }
    assert_eq!(check_declared(Some("application/json")), Err(FileError::WrongType));
}
