//! Models that complete a text: the conversation becomes one prompt in the words the model was trained on.

mod answer;
mod family;
mod prompt;
mod thought;

use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;

use super::stream::Events;
use super::{Protocol, address, delivery};
use crate::bedrock::ModelId;
use crate::rules::prepare;
use crate::{ChatRequest, ChatResponse, Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

use family::Family;

/// The protocol of a family of such models.
struct Completion(&'static Family);

/// The protocol of a model that completes texts; `None` for models that take messages.
pub(super) fn protocol(model: &ModelId<'_>) -> Option<Box<dyn Protocol>> {
    family::find(model).map(|it| Box::new(Completion(it)) as Box<dyn Protocol>)
}

impl Protocol for Completion {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        let family = self.0;
        let mut prepared = prepare(cx, req, &|name| family.takes(name))?;
        let prompt = family.template.render(&prepared.messages)?;
        let mut config = Object::new();
        for (name, value) in std::mem::take(&mut prepared.params) {
            match &*name {
                // The address says it.
                "stream" | "stream_options" => {}
                "stop" if value.is_string() => family.set("stop", Value::Array(vec![value]), &mut config),
                name => family.set(name, value, &mut config),
            }
        }
        let mut body = Object::new();
        body.insert(family.prompt.into(), prompt.into());
        match family.config {
            Some(_) if config.is_empty() => {}
            Some(field) => _ = body.insert(field.into(), Value::Object(config)),
            None => body.extend(config),
        }
        body.extend(std::mem::take(&mut prepared.extra_body));
        let (url, auth) = address(cx, delivery(req))?;
        let mut headers = prepared.headers;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(ProviderRequest {
            method: http::Method::POST,
            url,
            headers,
            body: Value::Object(body).to_string().into(),
            auth,
            dropped: prepared.dropped,
        })
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        answer::parse(cx, self.0, body)
    }

    fn events(&self, cx: &Cx<'_>) -> Box<dyn Events> {
        Box::new(answer::Stream::new(cx, self.0))
    }
}
