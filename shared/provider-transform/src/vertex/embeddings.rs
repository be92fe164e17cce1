//! Embeddings at Vertex AI ("Text embeddings API", "Multimodal embeddings API").

use serde_json::{Value, json};

use super::Place;
use crate::gemini::error;
use crate::operation::embeddings::{Input, Vectors, inputs};
use crate::operation::params::{EMBEDDINGS, Params, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply, Units};
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// The operation.
pub(crate) struct VertexEmbeddings;

impl Operation for VertexEmbeddings {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &EMBEDDINGS, &|it| it == "dimensions")?;
        let inputs = inputs(ask)?;
        let body = if is_multimodal(cx) { multimodal(&inputs, &mut params) } else { text(&inputs, &mut params)? };
        let place = Place::of(cx)?;
        let is_endpoint = !cx.model.is_empty() && cx.model.bytes().all(|it| it.is_ascii_digit());
        let url = if is_endpoint {
            place.method("v1", &format!("endpoints/{}", cx.model), "predict")
        } else {
            place.model("v1", "google", cx.model, "predict")
        };
        Ok(vec![params.post(url, cx.provider.auth.clone(), body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        let Some(predictions) = body.get("predictions").and_then(Value::as_array) else {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no predictions"));
        };
        let (mut vectors, mut units) = (Vectors::default(), Units::default());
        let mut usage = Usage::default();
        for prediction in predictions {
            let embeddings = prediction.get("embeddings");
            let tokens = prediction.pointer("/embeddings/statistics/token_count").and_then(Value::as_f64);
            usage.prompt_tokens += tokens.unwrap_or(0.0) as u64;
            let videos = prediction.get("videoEmbeddings").and_then(Value::as_array).into_iter().flatten();
            let found = [
                embeddings.and_then(|it| it.get("values")),
                prediction.get("textEmbedding"),
                prediction.get("imageEmbedding"),
            ];
            let found = found.into_iter().flatten().chain(videos.filter_map(|it| it.get("embedding")));
            found.for_each(|it| vectors.push(it.clone()));
        }
        let billed = body.get("metadata").and_then(|it| it.get("billableCharacterCount")?.as_u64());
        units.input_characters = billed.unwrap_or(0);
        if !is_multimodal(cx) {
            return Ok(vectors.outcome(cx.model, usage, units));
        }
        let inputs = inputs(ask).unwrap_or_default();
        let texts = inputs.iter().filter(|it| medium(**it).is_none()).filter_map(|it| it.text());
        units.input_characters = texts.flat_map(str::chars).filter(|it| !it.is_whitespace()).count() as u64;
        units.input_images = inputs.iter().filter(|it| medium(**it) == Some("image")).count() as u64;
        units.input_video_seconds = predictions.iter().map(seconds).sum();
        let details = [
            ("character_count", Some(json!(units.input_characters)).filter(|_| units.input_characters > 0)),
            ("image_count", Some(json!(units.input_images))),
            ("video_length_seconds", Some(json!(units.input_video_seconds))),
        ];
        let details = details.into_iter().filter_map(|(name, it)| Some((name.to_owned(), it?))).collect();
        Ok(vectors.outcome_with(cx.model, usage, units, details))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

/// Length of the parts of a video that were embedded.
fn seconds(prediction: &Value) -> f64 {
    let parts = prediction.get("videoEmbeddings").and_then(Value::as_array).into_iter().flatten();
    let at = |part: &Value, name: &str| part.get(name).and_then(Value::as_f64).unwrap_or(0.0);
    parts.map(|it| (at(it, "endOffsetSec") - at(it, "startOffsetSec")).max(0.0)).sum()
}

fn is_multimodal(cx: &Cx<'_>) -> bool {
    cx.model.contains("multimodalembedding")
}

fn text(inputs: &[Input<'_>], params: &mut Params) -> Result<Object, TransformError> {
    let kind = params.take("task_type").or_else(|| params.take("input_type"));
    let title = params.take("title");
    let mut instances = Vec::with_capacity(inputs.len());
    for input in inputs {
        let missing = || crate::operation::params::invalid("input", "this model embeds text alone");
        let mut instance = json!({"content": input.text().ok_or_else(missing)?});
        if let Some(instance) = instance.as_object_mut() {
            for (name, value) in [("task_type", &kind), ("title", &title)] {
                if let Some(value) = value {
                    instance.insert(name.into(), value.clone());
                }
            }
        }
        instances.push(instance);
    }
    params.rename("dimensions", "outputDimensionality");
    params.rename("auto_truncate", "autoTruncate");
    Ok(body(instances, Some(std::mem::take(&mut params.fields))))
}

fn multimodal(inputs: &[Input<'_>], params: &mut Params) -> Object {
    let instances = inputs.iter().map(|input| match (*input, medium(*input)) {
        (Input::Text(text), None) => json!({"text": text}),
        (Input::Text(uri), Some(kind)) => object_of(kind, json!({"gcsUri": uri})),
        (Input::Data { data, .. }, kind) => object_of(kind.unwrap_or("image"), json!({"bytesBase64Encoded": data})),
    });
    let instances = instances.collect();
    params.rename("dimensions", "dimension");
    let parameters = std::mem::take(&mut params.fields);
    body(instances, Some(parameters).filter(|it| !it.is_empty()))
}

fn object_of(name: &str, value: Value) -> Value {
    Value::Object([(name.to_owned(), value)].into_iter().collect())
}

fn body(instances: Vec<Value>, parameters: Option<Object>) -> Object {
    let mut body = Object::new();
    body.insert("instances".into(), instances.into());
    if let Some(parameters) = parameters {
        body.insert("parameters".into(), parameters.into());
    }
    body
}

/// `image` or `video` of what is no text: a file in Cloud Storage by its ending, a data URL by its type.
fn medium(input: Input<'_>) -> Option<&'static str> {
    let is_video = |it: &str| ["mp4", "mov", "mpeg", "mpg", "avi", "wmv", "webm", "flv"].contains(&it);
    match input {
        Input::Text(text) if text.starts_with("gs://") => {
            let ending = text.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            Some(if is_video(&ending) { "video" } else { "image" })
        }
        Input::Text(_) => None,
        Input::Data { media_type, .. } => Some(if media_type.starts_with("video/") { "video" } else { "image" }),
    }
}
