//! Server-sent events from bytes cut anywhere; one event at a time, nothing older is kept.

use memchr::memchr2;

/// Longest line in bytes; a base64 image in one delta fits.
pub const MAX_LINE: usize = 16 << 20;

/// Event data grew past [`MAX_LINE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line of the event stream is longer than {MAX_LINE} bytes")]
pub struct LineTooLong;

/// One complete event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event:` field, empty when absent.
    pub name: &'a str,
    /// The `data:` lines joined by line feeds.
    pub data: &'a [u8],
}

/// Splits a byte stream into events (WHATWG "Server-sent events", interpretation of a stream).
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    data: Vec<u8>,
    name: String,
    has_data: bool,
    after_cr: bool,
    started: bool,
}

impl Decoder {
    /// Takes the next bytes and calls `on` for every event they complete; stops at the first error of `on`.
    pub fn push<E: From<LineTooLong>>(
        &mut self,
        mut bytes: &[u8],
        mut on: impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = memchr2(b'\n', b'\r', bytes) {
            let (head, tail) = bytes.split_at(end);
            self.grow(head)?;
            let mut rest = tail.iter();
            let is_cr = rest.next() == Some(&b'\r');
            bytes = rest.as_slice();
            if is_cr {
                self.after_cr = bytes.is_empty();
                bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
            }
            self.end_line(&mut on)?;
        }
        self.grow(bytes)?;
        Ok(())
    }

    /// The stream is over: an event whose blank line never came is given out too, as most providers' clients do.
    pub fn finish<E: From<LineTooLong>>(&mut self, mut on: impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        if !self.line.is_empty() {
            self.end_line(&mut on)?;
        }
        self.dispatch(&mut on)
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), LineTooLong> {
        if self.line.len() + self.data.len() + bytes.len() > MAX_LINE {
            return Err(LineTooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line<E>(&mut self, on: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        let mut text = line.as_slice();
        if !self.started {
            self.started = true;
            text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        }
        let result = if text.is_empty() {
            self.dispatch(on)
        } else {
            self.field(text);
            Ok(())
        };
        self.line = line;
        self.line.clear();
        result
    }

    fn field(&mut self, line: &[u8]) {
        let (name, value) = match memchr::memchr(b':', line) {
            Some(at) => {
                let (name, value) = line.split_at(at);
                let value = value.strip_prefix(b":").unwrap_or(value);
                (name, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[][..]),
        };
        match name {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            _ => {}
        }
    }

    fn dispatch<E>(&mut self, on: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let result = if self.has_data { on(Event { name: &self.name, data: &self.data }) } else { Ok(()) };
        self.data.clear();
        self.name.clear();
        self.has_data = false;
        result
    }
}
