//! Streams that never end a line, an event or a message are given up, with no more kept than the longest allowed.

use provider_transform::sse::MAX_LINE;
use provider_transform::{Frames, find};

use crate::call::{hello, parse, planned, with_cx};
use crate::pieces::MODELS;
use crate::seed::FORMATS;

/// Beginnings of what never ends.
const STARTS: &[&[u8]] = &[b"data: ", b"", b"data: {}\ndata: ", b"event: ", b"{\"a\":\"", b"\0\xff\xff\xff\0\0\0\0"];

/// Every beginning through chat, one through the other formats.
fn cases() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let others = FORMATS.iter().filter(|it| **it != "chat").map(|it| (*it, STARTS[0]));
    STARTS.iter().map(|it| ("chat", *it)).chain(others)
}

#[test]
fn what_never_ends_is_given_up() {
    let more = vec![b'a'; 1 << 20];
    let params = [("vertex_project".to_owned(), "p".into())].into_iter().collect();
    for (slug, model) in MODELS {
        with_cx(find(slug).unwrap(), model, &params, |cx| {
            for (format, start) in cases() {
                let request = parse(format, hello(format, model).to_string().as_bytes()).unwrap();
                let Ok(plan) = planned(request.as_ref(), cx) else { continue };
                let (mut stream, mut out) = (plan.reader.stream(cx), Frames::default());
                let mut pushed = stream.push(start, &mut out);
                let mut length = start.len();
                while pushed.is_ok() {
                    pushed = stream.push(&more, &mut out);
                    length += more.len();
                    assert!(length < MAX_LINE + 3 * more.len(), "{slug}/{model} keeps {length} bytes");
                }
            }
        });
    }
}
