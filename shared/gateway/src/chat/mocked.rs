//! The end of a stream that no provider wrote.

use provider_transform::format::{FrameStream, Renderer};
use provider_transform::{Fault, Frames, ProviderError, Usage};

/// A stream whose answer is written already.
pub(super) struct Mocked {
    pub(super) renderer: Box<dyn Renderer>,
    pub(super) usage: Usage,
}

impl FrameStream for Mocked {
    fn push(&mut self, _bytes: &[u8], _out: &mut Frames) -> Result<(), ProviderError> {
        Ok(())
    }

    fn finish(&mut self, _out: &mut Frames) -> Result<(), ProviderError> {
        Ok(())
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        self.renderer.fail(fault, out);
    }

    fn usage(&self) -> Option<&Usage> {
        Some(&self.usage)
    }
}
