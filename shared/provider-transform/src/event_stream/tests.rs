use super::{Decoder, Kind, MAX_MESSAGE, Malformed};

pub(crate) fn text(name: &str, value: &str) -> Vec<u8> {
    let mut header = vec![u8::try_from(name.len()).unwrap()];
    header.extend(name.bytes());
    header.push(7);
    header.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    header.extend(value.bytes());
    header
}

pub(crate) fn frame(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let total = u32::try_from(headers.len() + payload.len() + 16).unwrap();
    prelude_and(total, u32::try_from(headers.len()).unwrap(), &[headers, payload].concat())
}

fn prelude_and(total: u32, headers: u32, body: &[u8]) -> Vec<u8> {
    let mut frame = [total.to_be_bytes(), headers.to_be_bytes()].concat();
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(body);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// Kind, name, error and payload.
type Found = (Kind, String, String, Vec<u8>);

/// The messages of bytes that come in pieces of `cut`.
fn decode(bytes: &[u8], cut: usize) -> Result<Vec<Found>, Malformed> {
    let (mut decoder, mut found) = (Decoder::default(), Vec::new());
    for piece in bytes.chunks(cut) {
        decoder.push::<Malformed>(piece, |it| {
            found.push((it.kind, it.name.to_owned(), it.error.to_owned(), it.payload.to_vec()));
            Ok(())
        })?;
    }
    decoder.finish()?;
    Ok(found)
}

fn sample() -> Vec<u8> {
    let event = [text(":event-type", "messageStop"), text(":message-type", "event")].concat();
    let exception = [text(":exception-type", "throttlingException"), text(":message-type", "exception")].concat();
    let error =
        [text(":error-code", "Boom"), text(":error-message", "it broke"), text(":message-type", "error")].concat();
    [frame(&event, b"{}"), frame(&[], b""), frame(&exception, b"{\"message\":\"slow\"}"), frame(&error, b"")].concat()
}

#[test]
fn messages_are_the_same_however_they_are_cut() {
    let want = vec![
        (Kind::Event, "messageStop".to_owned(), String::new(), b"{}".to_vec()),
        (Kind::Event, String::new(), String::new(), Vec::new()),
        (Kind::Exception, "throttlingException".to_owned(), String::new(), b"{\"message\":\"slow\"}".to_vec()),
        (Kind::Error, "Boom".to_owned(), "it broke".to_owned(), Vec::new()),
    ];
    let bytes = sample();
    for cut in 1..=bytes.len() {
        assert_eq!(decode(&bytes, cut).as_ref(), Ok(&want), "cut into {cut}");
    }
}

#[test]
fn every_type_of_header_is_stepped_over() {
    let mut headers = Vec::new();
    for (kind, length) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (8, 8), (9, 16)] {
        headers.extend([1, b'h', kind]);
        headers.extend(vec![0; length]);
    }
    headers.extend([1, b'b', 6, 0, 2, 0xff, 0xfe]);
    headers.extend(text(":event-type", "last"));
    assert_eq!(decode(&frame(&headers, b""), 5).unwrap()[0].1, "last");
}

#[test]
fn flipped_bits_are_noticed() {
    let good = sample();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert!(decode(&bad, 7).is_err(), "bit flipped in byte {at}");
    }
}

#[test]
fn a_cut_message_is_an_error() {
    let bytes = sample();
    assert_eq!(decode(&bytes[..bytes.len() - 1], 64), Err(Malformed::Cut));
}

#[test]
fn impossible_lengths_are_refused_before_anything_is_kept() {
    let too_long = u32::try_from(MAX_MESSAGE + 1).unwrap();
    for (total, headers) in [(too_long, 0), (u32::MAX, 0), (15, 0), (16, 1), (1 << 20, 1 << 19), (20, u32::MAX)] {
        let bytes = prelude_and(total, headers, b"");
        assert_eq!(decode(&bytes, 3), Err(Malformed::Length), "{total} {headers}");
    }
}

#[test]
fn unreadable_headers_are_refused() {
    for headers in [&[200][..], &[1, b'h'], &[1, b'h', 10], &[1, b'h', 7, 0, 9, b'x'], &[1, b'h', 7, 0, 1, 0xff]] {
        assert_eq!(decode(&frame(headers, b""), 9), Err(Malformed::Headers), "{headers:?}");
    }
}
