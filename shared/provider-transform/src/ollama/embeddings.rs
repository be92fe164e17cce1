//! Ollama's "Generate embeddings".

use serde_json::Value;

use crate::openai::{address, error};
use crate::operation::embeddings::{Vectors, estimated, inputs};
use crate::operation::params::{EMBEDDINGS, Params, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply, Units};
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

const PATH: &str = "/api/embed";

/// The operation.
pub(crate) struct OllamaEmbeddings;

impl Operation for OllamaEmbeddings {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &EMBEDDINGS, &|it| it == "dimensions")?;
        inputs(ask)?;
        let input = match ask.fields.get("input") {
            Some(Value::Array(list)) => list.clone(),
            one => one.cloned().into_iter().collect(),
        };
        let mut body = Object::new();
        body.insert("model".into(), cx.model.into());
        body.insert("input".into(), input.into());
        body.extend(std::mem::take(&mut params.fields));
        let base = address::base(cx)?;
        let base = base.strip_suffix(PATH).unwrap_or(base);
        Ok(vec![params.post(format!("{base}{PATH}"), cx.provider.auth.clone(), body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        let Some(list) = body.get("embeddings").and_then(Value::as_array) else {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no embeddings"));
        };
        let mut vectors = Vectors::default();
        list.iter().for_each(|it| vectors.push(it.clone()));
        let usage = match body.get("prompt_eval_count").and_then(Value::as_u64) {
            Some(prompt_tokens) => Usage { prompt_tokens, ..Usage::default() },
            None => estimated(&inputs(ask).unwrap_or_default()),
        };
        Ok(vectors.outcome(cx.model, usage, Units::default()))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}
