//! The way through the hub: the provider's protocol decodes, the caller's format writes.

use super::{Fault, Format, FrameStream, Frames, Plan, Reader, Renderer, View, Whole};
use crate::{ChatChunk, ChatDialect, ChatStream, Cx, ProviderError, TransformError, Usage};

struct HubReader {
    dialect: &'static dyn ChatDialect,
    format: Box<dyn Format>,
}

pub(super) fn plan(format: &dyn Format, cx: &Cx<'_>) -> Result<Plan, TransformError> {
    let provider = cx.provider;
    let missing = TransformError::NoOperation { provider: provider.slug, operation: "chat" };
    let dialect = provider.chat.ok_or(missing)?;
    let request = dialect.request(cx, format.chat())?;
    Ok(Plan { request, reader: Box::new(HubReader { dialect, format: format.duplicate() }) })
}

impl Reader for HubReader {
    fn whole(&self, cx: &Cx<'_>, view: &View<'_>, body: &[u8]) -> Result<Whole, ProviderError> {
        let (response, usage) = self.dialect.response(cx, body)?;
        let counted = (usage != Usage::default()).then_some(&usage);
        Ok(self.format.renderer(view).whole(response, counted))
    }

    fn stream(&self, cx: &Cx<'_>, view: &View<'_>) -> Box<dyn FrameStream> {
        let (decoder, renderer) = (self.dialect.stream(cx), self.format.renderer(view));
        Box::new(HubStream { decoder, renderer, chunks: Vec::new() })
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        self.dialect.error(cx, status, body)
    }
}

struct HubStream {
    decoder: Box<dyn ChatStream>,
    renderer: Box<dyn Renderer>,
    chunks: Vec<ChatChunk>,
}

impl HubStream {
    fn render(&mut self, out: &mut Frames) {
        for chunk in self.chunks.drain(..) {
            out.has_content |= chunk.has_content();
            out.text_len += chunk.text_len();
            if out.id.is_none() && !chunk.id.is_empty() {
                out.id = Some(chunk.id.clone());
            }
            self.renderer.chunk(chunk, out);
        }
    }
}

impl FrameStream for HubStream {
    fn push(&mut self, bytes: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let pushed = self.decoder.push(bytes, &mut self.chunks);
        self.render(out);
        pushed
    }

    fn finish(&mut self, out: &mut Frames) -> Result<(), ProviderError> {
        let finished = self.decoder.finish(&mut self.chunks);
        self.render(out);
        finished?;
        self.renderer.end(self.decoder.usage(), out);
        Ok(())
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        self.renderer.fail(fault, out);
    }

    fn usage(&self) -> Option<&Usage> {
        self.decoder.usage()
    }
}
