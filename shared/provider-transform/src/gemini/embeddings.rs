//! Embeddings of Gemini's API ("Method: models.batchEmbedContents", "Method: models.embedContent").

use serde_json::{Value, json};

use super::{error, operation};
use crate::operation::embeddings::{Input, Vectors, estimated, inputs};
use crate::operation::params::{EMBEDDINGS, Params, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply, Units};
use crate::provider::GoogleService;
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// The operation.
pub(crate) struct GeminiEmbeddings;

impl Operation for GeminiEmbeddings {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &EMBEDDINGS, &|it| it == "dimensions")?;
        let names = [("dimensions", "outputDimensionality"), ("input_type", "taskType"), ("task_type", "taskType")];
        for (from, to) in names {
            params.rename(from, to);
        }
        let fields = std::mem::take(&mut params.fields);
        let (inputs, model) = (inputs(ask)?, format!("models/{}", cx.model));
        let one = |parts: Vec<Value>| {
            let mut request = Object::new();
            request.insert("model".into(), model.clone().into());
            request.insert("content".into(), json!({"parts": parts}));
            request.extend(fields.clone());
            request
        };
        // Files and texts beside them make one vector.
        let is_mixed = inputs.iter().any(|it| it.text().is_none());
        let (method, body) = if is_mixed {
            ("embedContent", one(inputs.into_iter().map(part).collect()))
        } else {
            let requests: Vec<Object> = inputs.into_iter().map(|it| one(vec![part(it)])).collect();
            let mut body = Object::new();
            body.insert("requests".into(), json!(requests));
            ("batchEmbedContents", body)
        };
        let url = operation::url(cx, GoogleService::AiStudio, method)?;
        Ok(vec![params.post(url, cx.provider.auth.clone(), body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        let list = body.get("embeddings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let found = list.iter().chain(body.get("embedding")).filter_map(|it| it.get("values"));
        let mut vectors = Vectors::default();
        let mut is_empty = true;
        for values in found {
            is_empty = false;
            vectors.push(values.clone());
        }
        let inputs = inputs(ask).unwrap_or_default();
        if is_empty && !inputs.is_empty() {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no embeddings"));
        }
        let counted = body.get("usageMetadata").and_then(|it| it.get("promptTokenCount")?.as_u64());
        let usage = counted.map(|prompt_tokens| Usage { prompt_tokens, ..Usage::default() });
        let usage = usage.unwrap_or_else(|| estimated(&inputs));
        Ok(vectors.outcome(cx.model, usage, Units::default()))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

fn part(input: Input<'_>) -> Value {
    match input {
        Input::Text(text) => json!({"text": text}),
        Input::Data { media_type, data } => json!({"inlineData": {"mimeType": media_type, "data": data}}),
    }
}
