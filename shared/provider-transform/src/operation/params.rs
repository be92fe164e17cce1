//! The rules of parameters for operations, and requests made of what they leave.

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

use super::{Ask, Reply};
use crate::rules::{self, Known, Prepared};
use crate::{Auth, ChatRequest, Cx, Object, ProviderError, ProviderRequest, TransformError};

/// What an operation works on: read from the request itself, never a parameter.
static CONTENT: &[&str] = &["documents", "input", "prompt", "query"];

/// Parameters of "Create embeddings".
pub(crate) static EMBEDDINGS: Known =
    Known { knows: |it| matches!(it, "dimensions" | "encoding_format" | "user"), is_idle: |_, _| false };
/// Parameters of "Create image" that every image model may have.
pub(crate) static IMAGES: Known = Known {
    knows: |it| matches!(it, "n" | "quality" | "response_format" | "size" | "style" | "user"),
    is_idle: |name, value| name == "n" && value.and_then(Value::as_u64) == Some(1),
};
/// Parameters of Cohere's "Rerank".
pub(crate) static RERANK: Known = Known {
    knows: |it| {
        matches!(it, "max_chunks_per_doc" | "max_tokens_per_doc" | "rank_fields" | "return_documents" | "top_n")
    },
    is_idle: |name, value| name == "return_documents" && value == Some(&Value::Bool(false)),
};
/// Operations whose parameters are the provider's to judge.
pub(crate) static ANY: Known = Known { knows: |_| false, is_idle: |_, _| true };

/// Parameters after the rules.
pub(crate) struct Params {
    /// Supported parameters, parameters of the provider's own, deployment defaults; no nulls, nothing of the content.
    pub(crate) fields: Object,
    /// To be merged into the provider's body last.
    extra_body: Object,
    headers: HeaderMap,
    /// What was left out, by name.
    pub(crate) dropped: Vec<String>,
}

impl Params {
    /// Applies the rules. `supported` are the operation's parameters that the provider takes.
    pub(crate) fn prepare(
        cx: &Cx<'_>,
        ask: &Ask,
        known: &Known,
        supported: &dyn Fn(&str) -> bool,
    ) -> Result<Self, TransformError> {
        let own = ask.fields.iter().filter(|(name, _)| !CONTENT.contains(&name.as_str()));
        let params = own.map(|(name, value)| (name.clone(), value.clone())).collect();
        let req = ChatRequest { model: String::new(), messages: Vec::new(), params };
        let Prepared { params, extra_body, headers, dropped, .. } = rules::prepare_for(cx, &req, known, supported)?;
        Ok(Self { fields: params, extra_body, headers, dropped })
    }

    /// A parameter, taken out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.shift_remove(name)
    }

    /// Gives a parameter the provider's name.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        if let Some(value) = self.take(from) {
            self.fields.insert(to.into(), value);
        }
    }

    /// A JSON call.
    pub(crate) fn post(&self, url: String, auth: Auth, mut body: Object) -> ProviderRequest {
        body.extend(self.extra_body.clone());
        self.send(url, auth, "application/json", serde_json::to_vec(&body).unwrap_or_default())
    }

    /// What `extra_body` adds to a form.
    pub(crate) fn extra(&self) -> &Object {
        &self.extra_body
    }

    /// A call with a body that is written already.
    pub(crate) fn send(&self, url: String, auth: Auth, media_type: &str, body: Vec<u8>) -> ProviderRequest {
        let mut headers = self.headers.clone();
        if let Ok(media_type) = HeaderValue::try_from(media_type) {
            headers.insert(header::CONTENT_TYPE, media_type);
        }
        let dropped = self.dropped.clone();
        ProviderRequest { method: Method::POST, url, headers, body: body.into(), auth, dropped }
    }
}

/// A request that nobody can serve.
pub(crate) fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}

/// An answer as a JSON object.
pub(crate) fn object(cx: &Cx<'_>, reply: &Reply<'_>) -> Result<Object, ProviderError> {
    let unreadable = || ProviderError::unreadable(cx.provider.slug, "the answer is no JSON object");
    serde_json::from_slice(reply.body).map_err(|_| unreadable())
}

/// The only answer of an operation that makes one call.
pub(crate) fn only<'a>(cx: &Cx<'_>, replies: &'a [Reply<'a>]) -> Result<&'a Reply<'a>, ProviderError> {
    replies.first().ok_or_else(|| ProviderError::unreadable(cx.provider.slug, "there is no answer"))
}
