//! "Create moderation".

use serde_json::Value;

use super::address::{self, Place};
use super::{error, models};
use crate::operation::embeddings::model;
use crate::operation::params::{ANY, Params, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply};
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError};

const PLACE: Place = Place { path: "/moderations", by_deployment: false };

/// The operation.
pub(crate) struct OpenAiModerations;

impl Operation for OpenAiModerations {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &ANY, &|_| true)?;
        let (url, auth) = address::find(cx, PLACE)?;
        let mut body = Object::new();
        body.insert("model".into(), models::deployment(cx.model).into());
        body.insert("input".into(), ask.fields.get("input").cloned().unwrap_or_default());
        body.extend(std::mem::take(&mut params.fields));
        Ok(vec![params.post(url, auth, body)])
    }

    fn response(&self, cx: &Cx<'_>, _: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        if body.get("error").is_some_and(|it| !it.is_null()) {
            return Err(error::inline(cx.provider.slug, &body));
        }
        if !body.get("results").is_some_and(Value::is_array) {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no list of results"));
        }
        Ok(Outcome::json(&body, model(&body, cx)))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}
