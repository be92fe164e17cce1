//! JSON objects a line each (newline-delimited JSON), from bytes cut anywhere; no line is kept longer than it is open.

use memchr::memchr;

use crate::sse::{LineTooLong, MAX_LINE};

/// Splits a byte stream into lines.
#[derive(Debug, Default)]
pub struct Lines {
    open: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes and calls `on` for every line they complete that is not blank; stops at the first error.
    ///
    /// # Errors
    /// Those of `on`, and [`LineTooLong`].
    pub fn push<E: From<LineTooLong>>(
        &mut self,
        mut bytes: &[u8],
        mut on: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(end) = memchr(b'\n', bytes) {
            let (head, tail) = bytes.split_at(end);
            self.grow(head)?;
            bytes = tail.strip_prefix(b"\n").unwrap_or(tail);
            self.end(&mut on)?;
        }
        self.grow(bytes)?;
        Ok(())
    }

    /// The stream is over: a last line without its end is given out too.
    ///
    /// # Errors
    /// Those of `on`.
    pub fn finish<E>(&mut self, mut on: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        self.end(&mut on)
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), LineTooLong> {
        if self.open.len() + bytes.len() > MAX_LINE {
            return Err(LineTooLong);
        }
        self.open.extend_from_slice(bytes);
        Ok(())
    }

    fn end<E>(&mut self, on: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let line = self.open.trim_ascii();
        let result = if line.is_empty() { Ok(()) } else { on(line) };
        self.open.clear();
        result
    }
}
