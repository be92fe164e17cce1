//! Streams taken apart into their events and put together again, so that a change of one keeps the framing good.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use crate::change::{Change, change};

/// One event of a stream.
#[derive(Clone, Debug)]
enum Event {
    /// Server-sent, or a line: what stands before the JSON, the JSON, what stands behind it.
    Text(Vec<u8>, Value, Vec<u8>),
    /// A message of an event stream of AWS: its headers and payload.
    Frame(Vec<u8>, Value),
    /// No JSON.
    Other(Vec<u8>),
}

/// One change of a stream's events.
#[derive(Clone, Debug)]
pub(crate) enum Shuffle {
    Lose(Index),
    Repeat(Index),
    Swap(Index, Index),
    Change(Index, Change),
    /// A header of AWS of some type before the others.
    Header(Index, u8),
}

/// Changes of a stream's events.
pub(crate) fn shuffle() -> impl Strategy<Value = Shuffle> {
    let at = any::<Index>;
    prop_oneof![
        2 => at().prop_map(Shuffle::Lose),
        2 => at().prop_map(Shuffle::Repeat),
        2 => (at(), at()).prop_map(|(one, other)| Shuffle::Swap(one, other)),
        5 => (at(), change()).prop_map(|(at, change)| Shuffle::Change(at, change)),
        1 => (at(), 0..12u8).prop_map(|(at, kind)| Shuffle::Header(at, kind)),
    ]
}

/// A stream whose events are changed in order.
pub(crate) fn shuffled(stream: &[u8], shuffles: &[Shuffle]) -> Vec<u8> {
    let mut events = split(stream);
    for shuffle in shuffles.iter().filter(|_| !stream.is_empty()) {
        let length = events.len();
        if length == 0 {
            break;
        }
        match shuffle {
            Shuffle::Lose(at) => drop(events.remove(at.index(length))),
            Shuffle::Repeat(at) => events.insert(at.index(length), events[at.index(length)].clone()),
            Shuffle::Swap(one, other) => events.swap(one.index(length), other.index(length)),
            Shuffle::Change(at, change) => events[at.index(length)].change(change),
            Shuffle::Header(at, kind) => {
                if let Event::Frame(headers, _) = &mut events[at.index(length)] {
                    headers.splice(0..0, header(*kind));
                }
            }
        }
    }
    events.iter().flat_map(Event::bytes).collect()
}

impl Event {
    fn change(&mut self, change: &Change) {
        match self {
            Self::Text(_, value, _) => change.apply(value),
            Self::Frame(_, value) => change_inside(value, change),
            Self::Other(_) => {}
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(before, value, behind) => {
                [before.clone(), value.to_string().into_bytes(), behind.clone()].concat()
            }
            Self::Frame(headers, payload) => frame(headers, payload.to_string().as_bytes()),
            Self::Other(bytes) => bytes.clone(),
        }
    }
}

/// Events of models that Bedrock does not know lie in base64 in its own.
fn change_inside(value: &mut Value, change: &Change) {
    let inner = value["bytes"].as_str().and_then(|it| STANDARD.decode(it).ok());
    match inner.and_then(|it| serde_json::from_slice::<Value>(&it).ok()) {
        Some(mut inner) => {
            change.apply(&mut inner);
            value["bytes"] = STANDARD.encode(inner.to_string()).into();
        }
        None => change.apply(value),
    }
}

fn split(stream: &[u8]) -> Vec<Event> {
    match stream.first() {
        Some(0) => frames(stream),
        _ => stream.split_inclusive(|it| *it == b'\n').map(text).collect(),
    }
}

/// A line: bare JSON, or behind `data:`.
fn text(line: &[u8]) -> Event {
    let start = line.iter().position(|it| *it == b'{').unwrap_or(line.len());
    let end = line.iter().rposition(|it| *it == b'}').map_or(line.len(), |it| it + 1);
    match line.get(start..end).and_then(|it| serde_json::from_slice(it).ok()) {
        Some(value) => Event::Text(line[..start].to_vec(), value, line[end..].to_vec()),
        None => Event::Other(line.to_vec()),
    }
}

fn frames(mut stream: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap()) as usize;
    while stream.len() >= 16 {
        let total = number(&stream[..4]).clamp(16, stream.len());
        let (message, rest) = stream.split_at(total);
        let (headers, payload) = message[12..total - 4].split_at(number(&message[4..8]).min(total - 16));
        events.push(match serde_json::from_slice(payload) {
            Ok(payload) => Event::Frame(headers.to_vec(), payload),
            Err(_) => Event::Other(message.to_vec()),
        });
        stream = rest;
    }
    events.push(Event::Other(stream.to_vec()));
    events
}

/// A message with good checksums.
pub(crate) fn frame(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = |it: usize| u32::try_from(it).unwrap().to_be_bytes();
    let mut frame = [length(headers.len() + payload.len() + 16), length(headers.len())].concat();
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// A header of a type; 10 and above are none, and the length of texts is one too many at 11.
fn header(kind: u8) -> Vec<u8> {
    let value: &[u8] = match kind {
        2 => &[1],
        3 => &[1; 2],
        4 => &[1; 4],
        5 | 8 => &[1; 8],
        9 => &[1; 16],
        6 | 7 => b"\0\x03abc",
        11 => return vec![1, b'h', 7, 0, 200],
        _ => &[],
    };
    [&[1, b'h', kind], value].concat()
}
