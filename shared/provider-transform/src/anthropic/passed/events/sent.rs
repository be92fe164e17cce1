//! Server-sent events.

use crate::format::{Fault, FrameStream, Frames};
use crate::messages::error_object;
use crate::sse::{Decoder, LineTooLong};
use crate::{ProviderError, Usage};

use super::Passing;

/// Decodes them.
pub(in super::super) struct ServerSent {
    decoder: Decoder,
    passing: Passing,
}

impl ServerSent {
    pub(in super::super) fn new(passing: Passing) -> Self {
        Self { decoder: Decoder::default(), passing }
    }
}

impl FrameStream for ServerSent {
    fn push(&mut self, bytes: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, passing } = self;
        let pushed = decoder.push(bytes, |it| passing.event(it.name, it.data, out).map_err(Broken::Error));
        pushed.or_else(|it| passing.broken(it.typed(passing)))
    }

    fn finish(&mut self, out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, passing } = self;
        let finished = decoder.finish(|it| passing.event(it.name, it.data, out).map_err(Broken::Error));
        finished.or_else(|it| passing.broken(it.typed(passing)))?;
        passing.finish(out)
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        out.event(Some("error"), &error_object(fault));
    }

    fn usage(&self) -> Option<&Usage> {
        self.passing.usage.as_ref()
    }
}

/// Either error that ends the decoding.
enum Broken {
    Line(LineTooLong),
    Error(ProviderError),
}

impl From<LineTooLong> for Broken {
    fn from(it: LineTooLong) -> Self {
        Self::Line(it)
    }
}

impl Broken {
    fn typed(self, passing: &Passing) -> ProviderError {
        match self {
            Self::Line(it) => passing.unreadable(&it.to_string()),
            Self::Error(it) => it,
        }
    }
}
