//! Cohere's "Embed API v2", and the part of it that Bedrock's Cohere models share.

use serde_json::{Value, json};

use crate::openai::{address, error};
use crate::operation::embeddings::{Input, Vectors, estimated, inputs};
use crate::operation::params::{EMBEDDINGS, Params, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply, Units};
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// The operation.
pub(crate) struct CohereEmbeddings;

impl Operation for CohereEmbeddings {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &EMBEDDINGS, &takes)?;
        let mut body = body(ask, &mut params)?;
        body.insert("model".into(), cx.model.into());
        Ok(vec![params.post(url(cx)?, cx.provider.auth.clone(), body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        read(cx, ask, only(cx, replies)?, false)
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

/// Parameters with a counterpart.
pub(crate) fn takes(param: &str) -> bool {
    matches!(param, "dimensions" | "encoding_format")
}

/// The body without the model's name; documents to be searched are what most callers embed.
pub(crate) fn body(ask: &Ask, params: &mut Params) -> Result<Object, TransformError> {
    let (mut texts, mut images) = (Vec::<Value>::new(), Vec::<Value>::new());
    for input in inputs(ask)? {
        match input {
            Input::Text(text) => texts.push(Value::from(text)),
            Input::Data { media_type, data } => images.push(format!("data:{media_type};base64,{data}").into()),
        }
    }
    params.rename("dimensions", "output_dimension");
    if let Some(format) = params.take("encoding_format") {
        let types = if format.is_array() { format } else { json!([format]) };
        params.fields.entry("embedding_types").or_insert(types);
    }
    let kind = if texts.is_empty() && !images.is_empty() { "image" } else { "search_document" };
    let mut body = Object::new();
    body.insert("input_type".into(), kind.into());
    if !images.is_empty() {
        body.insert("images".into(), images.into());
    }
    if !texts.is_empty() || kind != "image" {
        body.insert("texts".into(), texts.into());
    }
    body.extend(std::mem::take(&mut params.fields));
    Ok(body)
}

/// Vectors by type, or (older models) in one list. `is_typed` says whether each vector tells its type.
pub(crate) fn read(cx: &Cx<'_>, ask: &Ask, reply: &Reply<'_>, is_typed: bool) -> Result<Outcome, ProviderError> {
    let body = object(cx, reply)?;
    let mut vectors = Vectors::default();
    match body.get("embeddings") {
        Some(Value::Object(by_type)) => {
            let is_one = by_type.len() == 1;
            for (kind, list) in by_type {
                for vector in list.as_array().into_iter().flatten() {
                    if is_typed || !is_one {
                        vectors.push_typed(vector.clone(), kind);
                    } else {
                        vectors.push(vector.clone());
                    }
                }
            }
        }
        Some(Value::Array(list)) => list.iter().for_each(|it| vectors.push(it.clone())),
        _ => return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no embeddings")),
    }
    let billed = |name: &str| body.get("meta")?.get("billed_units")?.get(name)?.as_f64().map(|it| it as u64);
    let (text, image) = (billed("input_tokens"), billed("image_tokens"));
    let units = Units { input_images: billed("images").unwrap_or(0), ..Units::default() };
    let usage = match (text, image) {
        (None, None) => estimated(&inputs(ask).unwrap_or_default()),
        (text, image) => Usage {
            prompt_tokens: text.unwrap_or(0) + image.unwrap_or(0),
            text_input_tokens: text,
            image_input_tokens: image,
            ..Usage::default()
        },
    };
    Ok(vectors.outcome(cx.model, usage, units))
}

fn url(cx: &Cx<'_>) -> Result<String, TransformError> {
    let base = address::base(cx)?;
    if base.ends_with("/embed") {
        return Ok(base.into());
    }
    let base = ["/v1", "/v2"].iter().find_map(|it| base.strip_suffix(it)).unwrap_or(base);
    Ok(format!("{base}/v2/embed"))
}
