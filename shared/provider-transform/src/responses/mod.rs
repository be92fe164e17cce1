//! OpenAI's Responses API as an incoming format ("Create a model response", "Streaming events").

mod content;
pub mod id;
mod items;
mod native;
mod object;
mod output;
mod render;
mod request;
pub mod resource;
#[cfg(test)]
mod tests;
mod thinking;
mod tools;

use std::sync::Arc;

use serde_json::Value;

use crate::format::{Format, Losses, Plan, Renderer, View};
use crate::{ChatRequest, Cx, Object, TransformError};
use id::{Origin, Plain, Seal};
use tools::Names;

/// A request of the Responses API.
#[derive(Clone)]
pub struct ResponsesFormat {
    /// As sent.
    body: Arc<Object>,
    /// Set by the gateway, in chat's names.
    set: Object,
    chat: ChatRequest,
    losses: Losses,
    names: Arc<Names>,
    previous: Previous,
    operation: Operation,
    seal: Arc<dyn Seal>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Operation {
    #[default]
    Answer,
    Compaction,
}

/// What a request with `previous_response_id` continues.
#[derive(Clone, Debug, Default)]
pub enum Previous {
    /// Nothing, or what only the provider could know: the id goes out as it was sent.
    #[default]
    AsSent,
    /// An answer that the provider keeps, by the provider's id.
    Native(String),
    /// What was said before, as items.
    Items(Arc<Vec<Value>>),
}

impl ResponsesFormat {
    /// Reads a request body.
    ///
    /// # Errors
    /// [`TransformError`] when it is no JSON object, or a field has a form that nobody can use.
    pub fn parse(body: &[u8]) -> Result<Self, TransformError> {
        let body: Object =
            serde_json::from_slice(body).map_err(|it| TransformError::MalformedJson { message: it.to_string() })?;
        Self::from_object(body)
    }

    /// Reads a request that is JSON already.
    ///
    /// # Errors
    /// As [`ResponsesFormat::parse`].
    pub fn from_object(body: Object) -> Result<Self, TransformError> {
        let read = request::read(&body, &[])?;
        Ok(Self {
            body: Arc::new(body),
            set: Object::new(),
            chat: read.chat,
            losses: read.losses,
            names: Arc::new(read.names),
            previous: Previous::AsSent,
            operation: Operation::Answer,
            seal: Arc::new(Plain),
        })
    }

    /// The same request, continuing `previous`.
    ///
    /// # Errors
    /// [`TransformError`] when an item of what was said before cannot be read.
    pub fn continuing(mut self, previous: Previous) -> Result<Self, TransformError> {
        match &previous {
            Previous::AsSent => {}
            // Another provider would answer as if nothing had been said.
            Previous::Native(_) => self.losses.refused.push("previous_response_id".into()),
            Previous::Items(items) => {
                let read = request::read(&self.body, items)?;
                (self.chat, self.losses) = (read.chat, read.losses);
            }
        }
        self.previous = previous;
        Ok(self)
    }

    /// The same conversation, to be made shorter rather than answered ("Compact a response").
    #[must_use]
    pub fn compaction(mut self) -> Self {
        self.operation = Operation::Compaction;
        self
    }

    /// The same request, whose answer gets its id from `seal`.
    #[must_use]
    pub fn sealed_by(mut self, seal: Arc<dyn Seal>) -> Self {
        self.seal = seal;
        self
    }

    /// The request as sent.
    #[must_use]
    pub fn body(&self) -> &Object {
        &self.body
    }

    /// The id of the answer that the request continues, as its caller knows it.
    #[must_use]
    pub fn previous_response_id(&self) -> Option<&str> {
        self.body.get("previous_response_id").and_then(Value::as_str).filter(|it| !it.is_empty())
    }

    /// Whether the answer may be stored, which is the default.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        self.body.get("store") != Some(&Value::Bool(false))
    }
}

impl Format for ResponsesFormat {
    fn chat(&self) -> &ChatRequest {
        &self.chat
    }

    fn losses(&self) -> Option<&Losses> {
        Some(&self.losses)
    }

    fn set(&mut self, params: &Object) {
        self.set.extend(params.clone());
        self.chat.params.extend(params.clone());
    }

    fn duplicate(&self) -> Box<dyn Format> {
        Box::new(self.clone())
    }

    fn native(&self, cx: &Cx<'_>, view: &View<'_>) -> Option<Result<Plan, TransformError>> {
        if native::speaks(cx) {
            return Some(native::plan(self, cx, view));
        }
        let missing = TransformError::NoOperation { provider: cx.provider.slug, operation: "compaction" };
        (self.operation == Operation::Compaction).then_some(Err(missing))
    }

    fn renderer(&self, view: &View<'_>) -> Box<dyn Renderer> {
        Box::new(render::ResponsesRenderer::new(self, view))
    }
}

/// How an answer shows itself to its caller.
struct Shown {
    provider: &'static str,
    model_id: Option<String>,
    model: String,
    seal: Arc<dyn Seal>,
}

impl Shown {
    fn new(format: &ResponsesFormat, view: &View<'_>) -> Self {
        Self {
            provider: view.provider,
            model_id: view.model_id.map(str::to_owned),
            model: view.model.to_owned(),
            seal: Arc::clone(&format.seal),
        }
    }

    /// The id that the caller sees of the provider's answer `id`.
    fn id(&self, id: &str) -> String {
        self.seal.seal(&Origin {
            provider: self.provider.to_owned(),
            model_id: self.model_id.clone(),
            response_id: id.to_owned(),
        })
    }
}
