//! Anthropic's messages API as an incoming format ("Create a Message"): passed through where the provider speaks it,
//! over the hub elsewhere.

mod fault;
mod marks;
mod names;
mod over;
mod render;
mod request;

use serde_json::Value;

use crate::format::{Counting, Format, Plan, Renderer, View};
use crate::{ChatRequest, Cx, Object, TransformError, anthropic};

#[cfg(test)]
mod tests;

pub use fault::error_object;
use names::Names;
use request::Hub;

/// A message as it was asked for.
#[derive(Clone, Debug)]
pub struct MessagesFormat {
    /// As sent. Its messages are Anthropic's turns and its parameters Anthropic's, `system` among them.
    sent: ChatRequest,
    /// The same in the hub's form.
    hub: Hub,
}

impl MessagesFormat {
    /// Reads a request for an answer.
    ///
    /// # Errors
    /// [`TransformError`] when `model`, `messages` or `max_tokens` is missing or of a wrong type, or a turn is none.
    pub fn parse(body: Object) -> Result<Self, TransformError> {
        let format = Self::parse_to_count(body)?;
        match format.sent.params.get("max_tokens") {
            Some(limit) if limit.is_u64() => Ok(format),
            Some(Value::Null) | None => Err(invalid("max_tokens", "missing")),
            Some(_) => Err(invalid("max_tokens", "must be a whole number, zero or more")),
        }
    }

    /// Reads a request whose tokens are to be counted; it needs no `max_tokens`.
    ///
    /// # Errors
    /// As [`MessagesFormat::parse`].
    pub fn parse_to_count(body: Object) -> Result<Self, TransformError> {
        let sent = ChatRequest::from_object(body)?;
        let hub = Hub::new(&sent)?;
        Ok(Self { sent, hub })
    }
}

impl Format for MessagesFormat {
    fn chat(&self) -> &ChatRequest {
        &self.hub.chat
    }

    fn set(&mut self, params: &Object) {
        for (name, value) in params {
            let own = request::own_name(name);
            self.sent.params.insert(own.to_owned(), value.clone());
            self.hub.chat.params.insert(name.clone(), value.clone());
        }
    }

    fn duplicate(&self) -> Box<dyn Format> {
        Box::new(self.clone())
    }

    fn native(&self, cx: &Cx<'_>, view: &View<'_>) -> Option<Result<Plan, TransformError>> {
        let host = cx.provider.messages.and_then(|it| it(cx));
        Some(match host {
            Some(host) => anthropic::pass(host, &self.sent, cx, view),
            None => over::plan(&self.hub, cx, view),
        })
    }

    fn count(&self, cx: &Cx<'_>) -> Option<Result<Counting, TransformError>> {
        match cx.provider.messages.and_then(|it| it(cx)) {
            Some(host) => Some(anthropic::count(host, &self.sent, cx)),
            None => cx.provider.count.map(|it| it(cx, &self.hub.chat)),
        }
    }

    fn renderer(&self, view: &View<'_>) -> Box<dyn Renderer> {
        Box::new(render::MessagesRenderer::new(view, Names::default()))
    }
}

fn invalid(param: impl Into<String>, message: impl Into<String>) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}
