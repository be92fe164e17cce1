//! "Create embeddings", at OpenAI and at everything that has the same operation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::address::{self, Place};
use super::{error, models};
use crate::operation::embeddings::{Input, inputs, model, wire_usage};
use crate::operation::params::{EMBEDDINGS, Params, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply};
use crate::provider::Address;
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

const PLACE: Place = Place { path: "/embeddings", by_deployment: true };

/// The operation, by the parameters that a provider takes.
pub(crate) struct OpenAiEmbeddings {
    takes: &'static [&'static str],
    renames: &'static [(&'static str, &'static str)],
    inputs: Inputs,
}

/// How inputs are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inputs {
    /// As sent.
    AsSent,
    /// Always a list; images apart from text (Jina AI "Embeddings API").
    Jina,
}

impl OpenAiEmbeddings {
    /// OpenAI's own, and hosts that say nothing else.
    pub(crate) const OPENAI: Self = Self::taking(&["dimensions", "encoding_format", "user"]);
    /// Mistral AI ("Embeddings").
    pub(crate) const MISTRAL: Self = Self::taking(&["encoding_format"]);
    /// Databricks ("Query an embedding model").
    pub(crate) const DATABRICKS: Self = Self::taking(&[]);
    /// Jina AI ("Embeddings API").
    pub(crate) const JINA: Self = Self { inputs: Inputs::Jina, ..Self::taking(&["dimensions"]) };
    /// Voyage AI ("Text embeddings").
    pub(crate) const VOYAGE: Self =
        Self { renames: &[("dimensions", "output_dimension")], ..Self::taking(&["dimensions", "encoding_format"]) };

    const fn taking(takes: &'static [&'static str]) -> Self {
        Self { takes, renames: &[], inputs: Inputs::AsSent }
    }
}

impl Operation for OpenAiEmbeddings {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let takes = |param: &str| self.takes.contains(&param) && !(param == "dimensions" && has_fixed_size(cx.model));
        let mut params = Params::prepare(cx, ask, &EMBEDDINGS, &takes)?;
        for (from, to) in self.renames {
            params.rename(from, to);
        }
        let mut body = Object::new();
        body.insert("model".into(), models::deployment(cx.model).into());
        body.insert("input".into(), self.input(ask)?);
        body.extend(std::mem::take(&mut params.fields));
        if asks_for_base64(cx) {
            body.entry("encoding_format").or_insert_with(|| "base64".into());
        }
        let (url, auth) = address::find(cx, PLACE)?;
        Ok(vec![params.post(url, auth, body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let mut body = object(cx, only(cx, replies)?)?;
        if body.get("error").is_some_and(|it| !it.is_null()) {
            return Err(error::inline(cx.provider.slug, &body));
        }
        let Some(Value::Array(data)) = body.get_mut("data") else {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no list of embeddings"));
        };
        if ask.text("encoding_format") != Some("base64") && asks_for_base64(cx) {
            data.iter_mut().filter_map(|it| it.get_mut("embedding")).for_each(decode);
        }
        let model = model(&body, cx).to_owned();
        body.insert("model".into(), model.clone().into());
        body.entry("object").or_insert_with(|| "list".into());
        let usage = count(&mut body);
        Ok(Outcome { usage, ..Outcome::json(&body, &model) })
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

impl OpenAiEmbeddings {
    fn input(&self, ask: &Ask) -> Result<Value, TransformError> {
        let sent = ask.fields.get("input").cloned().unwrap_or_default();
        if self.inputs == Inputs::AsSent {
            return Ok(sent);
        }
        let inputs = inputs(ask)?;
        if inputs.iter().all(|it| it.text().is_some()) {
            return Ok(if sent.is_array() { sent } else { json!([sent]) });
        }
        let apart = inputs.into_iter().map(|it| match it {
            Input::Text(text) => json!({"text": text}),
            Input::Data { data, .. } => json!({"image": data}),
        });
        Ok(apart.collect())
    }
}

/// OpenAI's second generation has vectors of one length ("Vector embeddings", Reducing embedding dimensions).
fn has_fixed_size(model: &str) -> bool {
    model.starts_with("text-embedding-ada")
}

/// Vectors of Azure's come in base64, a third of the size, and are read here.
fn asks_for_base64(cx: &Cx<'_>) -> bool {
    cx.provider.quirks.address == Address::AzureDeployment
}

/// A vector in base64 (32-bit floats, little endian) as numbers; anything else stays.
fn decode(vector: &mut Value) {
    let bytes = vector.as_str().and_then(|it| STANDARD.decode(it).ok());
    let Some(bytes) = bytes else { return };
    let number = |it: &[u8]| it.try_into().map(f32::from_le_bytes).map_or(Value::Null, |it| json!(f64::from(it)));
    *vector = bytes.chunks_exact(4).map(number).collect();
}

/// Usage, with zeros where a host counts nothing.
fn count(body: &mut Object) -> Usage {
    let sent = body.get("usage").and_then(Value::as_object);
    let usage = sent.and_then(Usage::from_openai).unwrap_or_default();
    let total = sent.and_then(|it| it.get("total_tokens")).and_then(Value::as_u64);
    // Some hosts tell the total alone.
    let prompt = if usage.prompt_tokens == 0 { total.unwrap_or(0) } else { usage.prompt_tokens };
    let mut counts = wire_usage(prompt, total.unwrap_or(prompt));
    counts.extend(sent.cloned().unwrap_or_default());
    counts.insert("prompt_tokens".into(), prompt.into());
    body.insert("usage".into(), counts.into());
    Usage { prompt_tokens: prompt, ..usage }
}
