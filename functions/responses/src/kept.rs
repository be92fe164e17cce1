//! Answers that this gateway keeps for providers that keep none.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use gateway::chat::{Keeper, Place};
use gateway::{ApiError, App, Caller};
use provider_transform::Object;
use provider_transform::responses::id::Origin;
use serde_json::{Value, json};
use store::ResponseKey;

/// How long answers are kept, in seconds: thirty days, as OpenAI keeps them.
const KEPT_FOR: u64 = 30 * 24 * 60 * 60;

/// Keeps a call's answer.
pub(crate) struct Keep {
    pub(crate) caller: Caller,
}

impl Keeper for Keep {
    fn keep<'a>(&'a self, app: &'a App, _id: &'a str, answer: Value) -> BoxFuture<'a, ()> {
        async move {
            let shown = answer.pointer("/response/id").and_then(Value::as_str).unwrap_or_default();
            let Ok(place) = Place::find(app, &self.caller, shown) else { return };
            let expires = app.clock().now_secs() + KEPT_FOR;
            if let Err(error) = app.store.save_response(key(&place.origin), &answer, expires).await {
                // The answer itself is good; continuing it will be refused as unknown.
                tracing::error!(%error, "a response could not be kept");
            }
        }
        .boxed()
    }
}

/// An answer with what it was asked.
pub(crate) struct Kept {
    answer: Object,
}

impl Kept {
    /// The answer, if it is kept and has not expired.
    pub(crate) async fn find(app: &App, origin: &Origin) -> Result<Option<Self>, ApiError> {
        let found = app.store.find_response(key(origin), app.clock().now_secs()).await;
        let found = found.map_err(ApiError::unavailable)?;
        Ok(found.and_then(|it| if let Value::Object(answer) = it { Some(Self { answer }) } else { None }))
    }

    /// The answer, or 404.
    pub(crate) async fn require(app: &App, origin: &Origin, id: &str) -> Result<Self, ApiError> {
        Self::find(app, origin).await?.ok_or_else(|| not_found(id))
    }

    /// The response object.
    pub(crate) fn response(&self) -> Value {
        self.answer.get("response").cloned().unwrap_or_default()
    }

    /// What was asked, with everything before it, oldest first.
    pub(crate) fn input(&self) -> Vec<Value> {
        let mut items = self.list("history");
        match self.answer.get("input") {
            Some(Value::Array(input)) => items.extend(input.iter().cloned()),
            Some(Value::String(text)) => items.push(json!({
                "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}],
            })),
            _ => {}
        }
        items
    }

    /// Everything that was said, oldest first.
    pub(crate) fn into_conversation(self) -> Vec<Value> {
        let mut items = self.input();
        let output = self.answer.get("response").and_then(|it| it.get("output")).and_then(Value::as_array);
        items.extend(output.into_iter().flatten().cloned());
        items
    }

    fn list(&self, name: &str) -> Vec<Value> {
        self.answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    }
}

/// Under which key an answer is kept.
pub(crate) fn key(origin: &Origin) -> ResponseKey<'_> {
    ResponseKey { model_id: origin.model_id.as_deref().unwrap_or_default(), response_id: &origin.response_id }
}

/// As OpenAI says it.
pub(crate) fn not_found(id: &str) -> ApiError {
    let message = format!("Response with id '{id}' not found.");
    ApiError::new(http::StatusCode::NOT_FOUND, "invalid_request_error", message)
}
