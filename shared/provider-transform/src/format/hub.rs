//! The way through the hub: the provider's protocol decodes, the caller's format writes.

mod names;

use super::{Fault, Format, FrameStream, Frames, Losses, Plan, Reader, Renderer, View, Whole};
use crate::rules;
use crate::{
    ChatChunk, ChatDialect, ChatRequest, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

use names::ToolNames;

struct HubReader {
    dialect: &'static dyn ChatDialect,
    renderer: Box<dyn Renderer>,
    names: ToolNames,
    prefilled: Option<String>,
}

/// The way through the hub and over `dialect`.
pub(crate) fn plan(
    dialect: &'static dyn ChatDialect,
    format: &dyn Format,
    cx: &Cx<'_>,
    view: &View<'_>,
) -> Result<Plan, TransformError> {
    let request = match format.losses() {
        Some(losses) => request_with_losses(dialect, cx, format.chat(), losses)?,
        None => dialect.request(cx, format.chat())?,
    };
    let names = ToolNames::new(dialect, cx, format.chat());
    let prefilled = dialect.prefilled(cx, format.chat()).map(str::to_owned);
    Ok(Plan { request, reader: Box::new(HubReader { dialect, renderer: format.renderer(view), names, prefilled }) })
}

fn request_with_losses(
    dialect: &'static dyn ChatDialect,
    cx: &Cx<'_>,
    chat: &ChatRequest,
    losses: &Losses,
) -> Result<ProviderRequest, TransformError> {
    let slug = cx.provider.slug;
    if !losses.refused.is_empty() && !rules::drops_params(cx, chat) {
        return Err(TransformError::Unsupported { params: losses.refused.clone(), provider: slug });
    }
    let is_optional = |it: &String| losses.optional.contains(&it.as_str());
    let mut request = match dialect.request(cx, chat) {
        Err(TransformError::Unsupported { params, .. }) if params.iter().all(is_optional) => {
            let mut without = chat.clone();
            without.params.retain(|name, _| !params.contains(name));
            let mut request = dialect.request(cx, &without)?;
            request.dropped.extend(params);
            request
        }
        planned => planned?,
    };
    request.dropped.extend(losses.dropped.iter().chain(&losses.refused).cloned());
    Ok(request)
}

impl Reader for HubReader {
    fn whole(mut self: Box<Self>, cx: &Cx<'_>, body: &[u8]) -> Result<Whole, ProviderError> {
        let (mut response, usage) = self.dialect.response(cx, body)?;
        self.names.put_back(&mut response);
        if let (Some(prefilled), [choice, ..]) = (self.prefilled, response.choices.as_mut_slice()) {
            let said = choice.message.content.take().unwrap_or_default();
            choice.message.content =
                Some(if said.starts_with(&prefilled) { said } else { format!("{prefilled}{said}") });
        }
        let counted = (usage != Usage::default()).then_some(&usage);
        Ok(self.renderer.whole(response, counted))
    }

    fn stream(self: Box<Self>, cx: &Cx<'_>) -> Box<dyn FrameStream> {
        let decoder = self.dialect.stream(cx);
        Box::new(HubStream { decoder, renderer: self.renderer, names: self.names, chunks: Vec::new() })
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        self.dialect.error(cx, status, body)
    }
}

struct HubStream {
    decoder: Box<dyn ChatStream>,
    renderer: Box<dyn Renderer>,
    names: ToolNames,
    chunks: Vec<ChatChunk>,
}

impl HubStream {
    fn render(&mut self, out: &mut Frames) {
        for mut chunk in self.chunks.drain(..) {
            self.names.put_back_in(&mut chunk);
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
