//! Images by Google's models: Imagen's `predict` ("Generate images, Imagen API") and Gemini's `generateContent` ("Image
//! generation").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::usage::Counts;
use super::wire::answer::UsageMetadata;
use super::{error, operation};
use crate::operation::images::{outcome, proportion, size};
use crate::operation::params::{IMAGES, Params, invalid, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply};
use crate::provider::GoogleService;
use crate::{Cx, ErrorClass, Object, ProviderError, ProviderRequest, TransformError};

/// The operation, as one of Google's services has it. Files of a form are images to change.
pub(crate) struct GeminiImages(GoogleService);

/// Proportions of Imagen, `aspectRatio`.
static IMAGEN: &[(&str, f64)] =
    &[("1:1", 1.0), ("3:4", 0.75), ("4:3", 4.0 / 3.0), ("9:16", 9.0 / 16.0), ("16:9", 16.0 / 9.0)];
/// Proportions of Gemini, `aspectRatio`.
static GEMINI: &[(&str, f64)] = &[
    ("1:1", 1.0),
    ("2:3", 2.0 / 3.0),
    ("3:2", 1.5),
    ("3:4", 0.75),
    ("4:3", 4.0 / 3.0),
    ("4:5", 0.8),
    ("5:4", 1.25),
    ("9:16", 9.0 / 16.0),
    ("16:9", 16.0 / 9.0),
    ("21:9", 21.0 / 9.0),
];

impl GeminiImages {
    /// At Google AI Studio.
    pub(crate) const AI_STUDIO: Self = Self(GoogleService::AiStudio);
    /// At Vertex AI.
    pub(crate) const VERTEX_AI: Self = Self(GoogleService::VertexAi);

    fn imagen(&self, ask: &Ask, params: &mut Params) -> Object {
        if self.0 == GoogleService::VertexAi {
            params.fields.entry("n").or_insert_with(|| 1.into());
        }
        params.rename("n", "sampleCount");
        if let Some(size) = size(params.take("size").as_ref()) {
            params.fields.insert("aspectRatio".into(), json!(proportion(size, IMAGEN)));
            if self.0 == GoogleService::AiStudio {
                params.fields.insert("imageSize".into(), resolution(size).into());
            }
        }
        let parameters = std::mem::take(&mut params.fields);
        let instances = json!([{"prompt": ask.text("prompt")}]);
        [("instances", instances), ("parameters", parameters.into())]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn gemini(&self, ask: &Ask, params: &mut Params) -> Object {
        let mut parts = vec![json!({"text": ask.text("prompt")})];
        parts.extend(
            ask.uploads
                .iter()
                .map(|it| json!({"inlineData": {"mimeType": it.media_type, "data": STANDARD.encode(&it.bytes)}})),
        );
        let mut config = Object::new();
        let contents = match self.0 {
            GoogleService::AiStudio => {
                config.insert("response_modalities".into(), json!(["IMAGE", "TEXT"]));
                json!([{"parts": parts}])
            }
            GoogleService::VertexAi => {
                config.insert("responseModalities".into(), json!(["IMAGE"]));
                json!([{"role": "user", "parts": parts}])
            }
        };
        if let Some(size) = size(params.take("size").as_ref()) {
            let image = json!({"aspectRatio": proportion(size, GEMINI), "imageSize": resolution(size)});
            config.insert("imageConfig".into(), image);
        }
        params.rename("n", "candidateCount");
        config.extend(std::mem::take(&mut params.fields));
        [("contents", contents), ("generationConfig", config.into())]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

impl Operation for GeminiImages {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &IMAGES, &|it| matches!(it, "n" | "size"))?;
        let is_imagen = is_imagen(cx);
        if is_imagen && !ask.uploads.is_empty() {
            return Err(invalid("image", "this model makes images and changes none"));
        }
        let (method, body) = if is_imagen {
            ("predict", self.imagen(ask, &mut params))
        } else {
            ("generateContent", self.gemini(ask, &mut params))
        };
        Ok(vec![params.post(operation::url(cx, self.0, method)?, cx.provider.auth.clone(), body)])
    }

    fn response(&self, cx: &Cx<'_>, _: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        let list = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
        let predicted = list("predictions").filter_map(|it| it.get("bytesBase64Encoded"));
        let parts = list("candidates").filter_map(|it| it.pointer("/content/parts")?.as_array()).flatten();
        let inline = parts.filter_map(|it| it.get("inlineData").or_else(|| it.get("inline_data"))?.get("data"));
        let images: Vec<Value> = predicted.chain(inline).cloned().collect();
        if images.is_empty() {
            return Err(refused(cx, &body));
        }
        let tokens = body.get("usageMetadata").and_then(|it| serde_json::from_value::<UsageMetadata>(it.clone()).ok());
        let usage = tokens.map(|tokens| Counts { tokens, searches: 0 }.usage());
        let with_details = usage.is_some() && self.0 == GoogleService::AiStudio;
        Ok(outcome(images, cx.now, cx.model, usage.unwrap_or_default(), with_details))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

fn is_imagen(cx: &Cx<'_>) -> bool {
    cx.model.starts_with("imagen") || cx.model.starts_with("imagegeneration")
}

/// `imageSize` of the longer side.
fn resolution((width, height): (u32, u32)) -> &'static str {
    match width.max(height) {
        0..2048 => "1K",
        2048..4096 => "2K",
        _ => "4K",
    }
}

/// Why there is no image: the filter that names itself, else an answer that nobody can read.
fn refused(cx: &Cx<'_>, body: &Object) -> ProviderError {
    let first = |list: &str, name: &str| body.get(list)?.get(0)?.get(name)?.as_str();
    let blocked = body.get("promptFeedback").and_then(|it| it.get("blockReason")).and_then(Value::as_str);
    let reason = first("predictions", "raiFilteredReason").or(blocked).or_else(|| first("candidates", "finishReason"));
    match reason.filter(|it| *it != "STOP") {
        Some(reason) => ProviderError::new(cx.provider.slug, ErrorClass::ContentPolicy, 400, reason),
        None => ProviderError::unreadable(cx.provider.slug, "the answer has no image"),
    }
}
