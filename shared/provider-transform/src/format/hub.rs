//! The way through the hub: the provider's protocol decodes, the caller's format writes.

use super::{Fault, Format, FrameStream, Frames, Plan, Reader, Renderer, View, Whole};
use crate::{ChatChunk, ChatDialect, ChatStream, Cx, ProviderError, TransformError, Usage, openai_responses};

struct HubReader {
    dialect: &'static dyn ChatDialect,
    renderer: Box<dyn Renderer>,
}

pub(super) fn plan(format: &dyn Format, cx: &Cx<'_>, view: &View<'_>) -> Result<Plan, TransformError> {
    let missing = TransformError::NoOperation { provider: cx.provider.slug, operation: "chat" };
    let dialect = openai_responses::instead(cx, format.chat()).or(cx.provider.chat).ok_or(missing)?;
    plan_over(dialect, format, cx, view)
}

/// As [`super::plan`], through the hub and over `dialect`.
pub(crate) fn plan_over(
    dialect: &'static dyn ChatDialect,
    format: &dyn Format,
    cx: &Cx<'_>,
    view: &View<'_>,
) -> Result<Plan, TransformError> {
    let request = dialect.request(cx, format.chat())?;
    Ok(Plan { request, reader: Box::new(HubReader { dialect, renderer: format.renderer(view) }) })
}

impl Reader for HubReader {
    fn whole(mut self: Box<Self>, cx: &Cx<'_>, body: &[u8]) -> Result<Whole, ProviderError> {
        let (response, usage) = self.dialect.response(cx, body)?;
        let counted = (usage != Usage::default()).then_some(&usage);
        Ok(self.renderer.whole(response, counted))
    }

    fn stream(self: Box<Self>, cx: &Cx<'_>) -> Box<dyn FrameStream> {
        Box::new(HubStream { decoder: self.dialect.stream(cx), renderer: self.renderer, chunks: Vec::new() })
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
            out.write(self.renderer.as_mut(), chunk);
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
