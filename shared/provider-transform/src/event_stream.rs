//! AWS event streams (`application/vnd.amazon.eventstream`) from bytes cut anywhere; one message at a time, nothing older
//! is kept.
//!
//! Source of the framing: Amazon Transcribe developer guide, "Event stream encoding".

#[cfg(test)]
pub(crate) mod tests;

use std::str;

/// Longest message in bytes; 16 MiB of payload are the most that AWS sends, with its headers and checksums.
pub const MAX_MESSAGE: usize = (16 << 20) + MAX_HEADERS + OVERHEAD;

const MAX_HEADERS: usize = 128 << 10;
/// Total length, headers length and their checksum.
const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;
const OVERHEAD: usize = PRELUDE + CHECKSUM;

/// Bytes that are no event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A message says that it is longer than [`MAX_MESSAGE`], or shorter than its own frame.
    #[error("a message of the event stream has an impossible length")]
    Length,
    /// A checksum does not fit its bytes.
    #[error("a message of the event stream has a wrong checksum")]
    Checksum,
    /// The headers cannot be read.
    #[error("a message of the event stream has unreadable headers")]
    Headers,
    /// The stream ended inside a message.
    #[error("the event stream ended inside a message")]
    Cut,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An event of the operation's stream.
    Event,
    /// A failure that the operation's model names; its payload is the failure's object.
    Exception,
    /// A failure outside of the model, told by its headers.
    Error,
}

/// One complete message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What it is.
    pub kind: Kind,
    /// The event's type, the exception's type or the error's code; empty when absent.
    pub name: &'a str,
    /// The error's words; empty but for [`Kind::Error`].
    pub error: &'a str,
    /// The payload.
    pub payload: &'a [u8],
}

/// Splits a byte stream into messages.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of a message whose end has not come.
    partial: Vec<u8>,
}

impl Decoder {
    /// Takes the next bytes and calls `on` for every message they complete; stops at the first error.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are no event stream, and what `on` answers.
    pub fn push<E: From<Malformed>>(
        &mut self,
        mut bytes: &[u8],
        mut on: impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while !self.partial.is_empty() && !bytes.is_empty() {
            let wanted = wanted(&self.partial)?;
            let missing = wanted.saturating_sub(self.partial.len()).min(bytes.len());
            let (head, tail) = bytes.split_at(missing);
            self.partial.extend_from_slice(head);
            bytes = tail;
            if let Some((message, _)) = split(&self.partial)? {
                on(message)?;
                self.partial.clear();
            }
        }
        while let Some((message, rest)) = split(bytes)? {
            on(message)?;
            bytes = rest;
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    /// The stream is over.
    ///
    /// # Errors
    /// [`Malformed::Cut`] when a message is not complete.
    pub fn finish(&self) -> Result<(), Malformed> {
        if self.partial.is_empty() { Ok(()) } else { Err(Malformed::Cut) }
    }
}

/// Length of the message that `bytes` begin, or of its prelude while that is not complete.
fn wanted(bytes: &[u8]) -> Result<usize, Malformed> {
    match prelude(bytes)? {
        Some((total, _)) => Ok(total),
        None => Ok(PRELUDE),
    }
}

/// Total length and length of the headers, checked; `None` while the prelude is not complete.
fn prelude(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let Some((prelude, _)) = bytes.split_first_chunk::<PRELUDE>() else { return Ok(None) };
    let [t0, t1, t2, t3, h0, h1, h2, h3, c0, c1, c2, c3] = *prelude;
    let sums = [t0, t1, t2, t3, h0, h1, h2, h3];
    if crc32fast::hash(&sums) != u32::from_be_bytes([c0, c1, c2, c3]) {
        return Err(Malformed::Checksum);
    }
    let length = |bytes| usize::try_from(u32::from_be_bytes(bytes)).map_err(|_| Malformed::Length);
    let (total, headers) = (length([t0, t1, t2, t3])?, length([h0, h1, h2, h3])?);
    if total > MAX_MESSAGE || headers > MAX_HEADERS || total < headers.saturating_add(OVERHEAD) {
        return Err(Malformed::Length);
    }
    Ok(Some((total, headers)))
}

/// The first message and what follows it; `None` while it is not complete.
fn split(bytes: &[u8]) -> Result<Option<(Message<'_>, &[u8])>, Malformed> {
    let Some((total, headers)) = prelude(bytes)? else { return Ok(None) };
    let Some((whole, rest)) = bytes.split_at_checked(total) else { return Ok(None) };
    let Some((summed, sum)) = whole.split_last_chunk::<CHECKSUM>() else { return Err(Malformed::Length) };
    if crc32fast::hash(summed) != u32::from_be_bytes(*sum) {
        return Err(Malformed::Checksum);
    }
    let body = summed.get(PRELUDE..).and_then(|it| it.split_at_checked(headers));
    let (headers, payload) = body.ok_or(Malformed::Length)?;
    Ok(Some((message(headers, payload)?, rest)))
}

fn message<'a>(mut headers: &'a [u8], payload: &'a [u8]) -> Result<Message<'a>, Malformed> {
    let (mut kind, mut name, mut error) = (Kind::Event, "", "");
    while !headers.is_empty() {
        let (header, value, rest) = header(headers).ok_or(Malformed::Headers)?;
        headers = rest;
        match (header, value) {
            (b":message-type", "exception") => kind = Kind::Exception,
            (b":message-type", "error") => kind = Kind::Error,
            (b":event-type" | b":exception-type" | b":error-code", value) => name = value,
            (b":error-message", value) => error = value,
            _ => {}
        }
    }
    Ok(Message { kind, name, error, payload })
}

/// Name, value (empty where it is no text) and the headers behind; `None` where they cannot be read.
fn header(bytes: &[u8]) -> Option<(&[u8], &str, &[u8])> {
    const TEXT: u8 = 7;
    let (length, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (kind, rest) = rest.split_first()?;
    let (length, rest) = match *kind {
        0 | 1 => (0, rest),
        2 => (1, rest),
        3 => (2, rest),
        4 => (4, rest),
        5 | 8 => (8, rest),
        9 => (16, rest),
        6 | TEXT => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    let value = if *kind == TEXT { str::from_utf8(value).ok()? } else { "" };
    Some((name, value, rest))
}
