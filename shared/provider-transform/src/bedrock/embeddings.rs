//! Embeddings by Bedrock's `InvokeModel`: Amazon Titan, Amazon Nova and Cohere, each in a form of its own ("Inference
//! request parameters and response fields for foundation models").

use serde_json::{Value, json};

use super::{ModelId, Operation as Call, auth, error, url};
use crate::cohere::embeddings as cohere;
use crate::operation::embeddings::{Input, Vectors, estimated, inputs};
use crate::operation::params::{EMBEDDINGS, Params, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply, Units};
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// The operation.
pub(crate) struct BedrockEmbeddings;

/// Whose form a model takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// "Amazon Titan Embeddings G1 - Text".
    TitanFirst,
    /// "Amazon Titan Text Embeddings V2".
    Titan,
    /// "Amazon Titan Multimodal Embeddings G1".
    TitanImage,
    /// "Amazon Nova Multimodal Embeddings".
    Nova,
    /// "Cohere Embed".
    Cohere,
}

impl Family {
    fn of(cx: &Cx<'_>) -> Result<Self, TransformError> {
        let model = ModelId::parse(cx.model);
        let families = [
            ("cohere.", Self::Cohere),
            ("amazon.titan-embed-image", Self::TitanImage),
            ("amazon.titan-embed-text-v2", Self::Titan),
            ("amazon.titan-embed", Self::TitanFirst),
            ("amazon.nova", Self::Nova),
        ];
        let found = families.into_iter().find(|(name, _)| model.is_of(name)).map(|(_, it)| it);
        found.ok_or(TransformError::NoOperation { provider: cx.provider.slug, operation: "embeddings for this model" })
    }

    fn takes(self, param: &str) -> bool {
        match self {
            Self::TitanFirst => false,
            Self::Titan | Self::Cohere => cohere::takes(param),
            Self::TitanImage | Self::Nova => param == "dimensions",
        }
    }

    /// Parameters as the family names them, the same for each of its calls.
    fn shared(self, mut fields: Object) -> Object {
        if self == Self::TitanImage
            && let Some(length) = fields.shift_remove("dimensions")
        {
            fields.insert("embeddingConfig".into(), json!({"outputEmbeddingLength": length}));
        }
        if self == Self::Titan
            && let Some(format) = fields.shift_remove("encoding_format")
        {
            let kind = if format == "base64" { "binary".into() } else { format };
            fields.insert("embeddingTypes".into(), json!([kind]));
        }
        fields
    }

    /// One call's body.
    fn body(self, input: Input<'_>, shared: &Object) -> Object {
        let mut body = Object::new();
        match (self, input) {
            (Self::Nova, input) => return nova(input, shared.clone()),
            (_, Input::Text(text)) => body.insert("inputText".into(), text.into()),
            (Self::TitanImage, Input::Data { data, .. }) => body.insert("inputImage".into(), data.into()),
            (_, Input::Data { media_type, data }) => {
                body.insert("inputText".into(), format!("data:{media_type};base64,{data}").into())
            }
        };
        body.extend(shared.clone());
        body
    }
}

fn nova(input: Input<'_>, mut fields: Object) -> Object {
    let length = fields.shift_remove("dimensions");
    let mut single = json!({"embeddingPurpose": "GENERIC_INDEX"});
    if let Some(single) = single.as_object_mut() {
        if let Some(length) = length {
            single.insert("embeddingDimension".into(), length);
        }
        let (kind, value) = match input {
            Input::Text(text) => ("text", json!({"truncationMode": "END", "value": text})),
            Input::Data { media_type, data } => {
                let (kind, format) = media_type.split_once('/').unwrap_or(("image", media_type));
                let kind = if matches!(kind, "audio" | "video") { kind } else { "image" };
                (kind, json!({"format": format, "source": {"bytes": data}}))
            }
        };
        single.insert(kind.into(), value);
        single.extend(fields);
    }
    let body = [("taskType", json!("SINGLE_EMBEDDING")), ("singleEmbeddingParams", single)];
    body.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl Operation for BedrockEmbeddings {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let family = Family::of(cx)?;
        let mut params = Params::prepare(cx, ask, &EMBEDDINGS, &|it| family.takes(it))?;
        let url = url(cx, Call::InvokeEscaped);
        if family == Family::Cohere {
            let body = cohere::body(ask, &mut params)?;
            return Ok(vec![params.post(url, auth(cx), body)]);
        }
        let shared = family.shared(std::mem::take(&mut params.fields));
        let inputs = inputs(ask)?.into_iter();
        Ok(inputs.map(|it| params.post(url.clone(), auth(cx), family.body(it, &shared))).collect())
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        if ModelId::parse(cx.model).is_of("cohere.") {
            return cohere::read(cx, ask, only(cx, replies)?, true);
        }
        let unreadable = || ProviderError::unreadable(cx.provider.slug, "the answer has no embedding");
        let (mut vectors, mut counted) = (Vectors::default(), None);
        for reply in replies {
            let body = object(cx, reply)?;
            vectors.push(vector(&body).ok_or_else(unreadable)?);
            if let Some(count) = body.get("inputTextTokenCount").and_then(Value::as_u64) {
                *counted.get_or_insert(0) += count;
            }
        }
        let inputs = inputs(ask).unwrap_or_default();
        let usage = match counted {
            Some(prompt_tokens) => Usage { prompt_tokens, ..Usage::default() },
            None => estimated(&inputs),
        };
        let input_images = inputs.iter().filter(|it| it.text().is_none()).count() as u64;
        Ok(vectors.outcome(cx.model, usage, Units { input_images, ..Units::default() }))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error(cx.provider.slug, status, body)
    }
}

/// Numbers come in a field of their own; other types by their name; Nova's in a list.
fn vector(body: &Object) -> Option<Value> {
    let typed = || body.get("embeddingsByType")?.as_object()?.values().next();
    let listed = || body.get("embeddings")?.get(0)?.get("embedding");
    body.get("embedding").filter(|it| it.is_array()).or_else(typed).or_else(listed).cloned()
}
