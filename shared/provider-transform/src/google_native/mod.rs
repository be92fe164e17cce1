//! Google's generateContent as an incoming format ("Method: models.generateContent"): passed through where the provider
//! speaks it, over the hub elsewhere.

pub(crate) mod fault;
mod over;
mod render;
mod request;

use serde_json::Value;

use crate::format::{Counting, Format, Losses, Plan, Renderer, View};
use crate::rules::names;
use crate::{ChatRequest, Cx, Object, TransformError, gemini};

#[cfg(test)]
mod tests;

pub use fault::error_object;
use request::Hub;

/// A call of generateContent, streamGenerateContent or countTokens.
#[derive(Clone, Debug)]
pub struct GoogleFormat {
    /// The body as sent, without what is meant for the gateway.
    sent: Object,
    /// The same in the hub's form.
    hub: Hub,
    /// Set later, in OpenAI's words; `sent` does not have them.
    set: Object,
}

impl GoogleFormat {
    /// Reads a request for an answer of `model`.
    ///
    /// # Errors
    /// [`TransformError::Invalid`] when `contents` is missing, or a field that must be understood has a wrong type.
    pub fn parse(model: &str, is_stream: bool, mut body: Object) -> Result<Self, TransformError> {
        // The address names the model and the method.
        for name in ["model", "stream"] {
            body.shift_remove(name);
        }
        let (ours, sent): (Object, Object) = body.into_iter().partition(|(name, _)| is_for_gateway(name));
        let mut hub = Hub::new(model, &sent)?;
        hub.chat.params.extend(ours.clone());
        if is_stream {
            hub.chat.params.insert("stream".into(), true.into());
        }
        Ok(Self { sent, hub, set: ours })
    }

    /// Reads a request whose tokens are to be counted: contents alone, or a whole request as `generateContentRequest`.
    ///
    /// # Errors
    /// As [`GoogleFormat::parse`].
    pub fn parse_to_count(model: &str, mut body: Object) -> Result<Self, TransformError> {
        let names = ["generateContentRequest", "generate_content_request"];
        match names.into_iter().find_map(|it| body.shift_remove(it)) {
            Some(Value::Object(whole)) => Self::parse(model, false, whole),
            Some(_) => Err(invalid("generateContentRequest", "must be an object")),
            None => Self::parse(model, false, body),
        }
    }
}

impl Format for GoogleFormat {
    fn chat(&self) -> &ChatRequest {
        &self.hub.chat
    }

    fn losses(&self) -> Option<&Losses> {
        Some(&self.hub.losses)
    }

    fn set(&mut self, params: &Object) {
        self.set.extend(params.clone());
        self.hub.chat.params.extend(params.clone());
    }

    fn duplicate(&self) -> Box<dyn Format> {
        Box::new(self.clone())
    }

    fn native(&self, cx: &Cx<'_>, view: &View<'_>) -> Option<Result<Plan, TransformError>> {
        Some(match cx.provider.google.and_then(|it| it(cx)) {
            Some(service) => gemini::native::pass(service, &self.sent, &self.set, self.hub.chat.is_stream(), cx, view),
            None => over::plan(&self.hub, cx, view),
        })
    }

    fn count(&self, cx: &Cx<'_>) -> Option<Result<Counting, TransformError>> {
        match cx.provider.google.and_then(|it| it(cx)) {
            Some(service) => Some(gemini::native::count(service, &self.sent, &self.set, cx)),
            None => cx.provider.count.map(|it| it(cx, &self.hub.chat)),
        }
    }

    fn renderer(&self, view: &View<'_>) -> Box<dyn Renderer> {
        Box::new(render::GoogleRenderer::new(view))
    }
}

/// OpenAI's and LiteLLM's words for the gateway, which Google would refuse.
fn is_for_gateway(name: &str) -> bool {
    names::is_gateway_extra(name) || matches!(name, "metadata" | "user")
}

/// A field in either of Google's spellings; `name` is in camel case.
fn field<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.get(&gemini::wire::snake(name))).filter(|it| !it.is_null())
}

/// A text field in either spelling.
fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    field(object, name).and_then(Value::as_str)
}

fn invalid(param: impl Into<String>, message: impl Into<String>) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}
