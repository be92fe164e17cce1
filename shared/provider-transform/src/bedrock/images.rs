//! Images by Bedrock's `InvokeModel`: Amazon Nova Canvas, Amazon Titan and Stability AI, each in a form of its own
//! ("Inference request parameters and response fields for foundation models").

use serde_json::{Value, json};

use super::{ModelId, Operation as Call, auth, error, url};
use crate::operation::images::{outcome, proportion, size};
use crate::operation::params::{IMAGES, Params, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply};
use crate::{Cx, ErrorClass, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// The operation.
pub(crate) struct BedrockImages;

/// Whose form a model takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Amazon,
    /// "Stability.ai Diffusion 1.0".
    StabilityFirst,
    /// "Stable Image Core, Ultra, Stable Diffusion 3".
    Stability,
}

/// Fields of Amazon's request beside its configuration.
static TASK: &[&str] = &["colorGuidedGenerationParams", "imageGenerationConfig", "taskType", "textToImageParams"];
/// Proportions of "Stable Image", `aspect_ratio`.
static PROPORTIONS: &[(&str, f64)] = &[
    ("1:1", 1.0),
    ("16:9", 16.0 / 9.0),
    ("21:9", 21.0 / 9.0),
    ("2:3", 2.0 / 3.0),
    ("3:2", 1.5),
    ("4:5", 0.8),
    ("5:4", 1.25),
    ("9:16", 9.0 / 16.0),
    ("9:21", 9.0 / 21.0),
];

impl Family {
    fn of(cx: &Cx<'_>) -> Result<Self, TransformError> {
        let model = ModelId::parse(cx.model);
        let families = [
            ("amazon.nova-canvas", Self::Amazon),
            ("amazon.titan-image", Self::Amazon),
            ("stability.stable-diffusion-xl", Self::StabilityFirst),
            ("stability.", Self::Stability),
        ];
        let found = families.into_iter().find(|(name, _)| model.is_of(name)).map(|(_, it)| it);
        found.ok_or(TransformError::NoOperation { provider: cx.provider.slug, operation: "images by this model" })
    }

    fn takes(self, param: &str) -> bool {
        match self {
            Self::Amazon => matches!(param, "n" | "quality" | "size"),
            Self::StabilityFirst | Self::Stability => param == "size",
        }
    }
}

impl Operation for BedrockImages {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let family = Family::of(cx)?;
        let mut params = Params::prepare(cx, ask, &IMAGES, &|it| family.takes(it))?;
        let prompt = ask.text("prompt").unwrap_or_default();
        let size = size(params.take("size").as_ref());
        let fields = std::mem::take(&mut params.fields);
        let body = match family {
            Family::Amazon => amazon(prompt, size, fields),
            Family::StabilityFirst => stability_first(prompt, size, fields),
            Family::Stability => stability(prompt, size, fields),
        };
        Ok(vec![params.post(url(cx, Call::Invoke), auth(cx), body)])
    }

    fn response(&self, cx: &Cx<'_>, _: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        let list = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
        let artifacts = list("artifacts").filter_map(|it| it.get("base64"));
        let images: Vec<Value> = list("images").chain(artifacts).filter(|it| it.is_string()).cloned().collect();
        let refused = body.get("error").and_then(Value::as_str).or_else(|| {
            let reasons = list("finish_reasons").filter_map(Value::as_str);
            reasons.into_iter().next()
        });
        match refused {
            Some(message) if images.is_empty() => {
                Err(ProviderError::new(cx.provider.slug, ErrorClass::ContentPolicy, 400, message))
            }
            _ if images.is_empty() => Err(ProviderError::unreadable(cx.provider.slug, "the answer has no images")),
            _ => Ok(outcome(images, cx.now, cx.model, Usage::default(), false)),
        }
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error(cx.provider.slug, status, body)
    }
}

/// Amazon's models keep everything about the image in a configuration.
fn amazon(prompt: &str, size: Option<(u32, u32)>, fields: Object) -> Object {
    let mut body = Object::new();
    body.insert("taskType".into(), "TEXT_IMAGE".into());
    body.insert("textToImageParams".into(), json!({"text": prompt}));
    let mut config = Object::new();
    if let Some((width, height)) = size {
        config.insert("width".into(), width.into());
        config.insert("height".into(), height.into());
    }
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("n", value) => {
                config.insert("numberOfImages".into(), value);
            }
            ("imageGenerationConfig", Value::Object(own)) => config.extend(own),
            ("textToImageParams", Value::Object(own)) => {
                if let Some(params) = body.get_mut("textToImageParams").and_then(Value::as_object_mut) {
                    params.extend(own);
                }
            }
            (task, value) if TASK.contains(&task) => {
                body.insert(name, value);
            }
            (_, value) => {
                config.insert(name, value);
            }
        }
    }
    body.insert("imageGenerationConfig".into(), config.into());
    body
}

fn stability_first(prompt: &str, size: Option<(u32, u32)>, fields: Object) -> Object {
    let mut body = Object::new();
    body.insert("text_prompts".into(), json!([{"text": prompt, "weight": 1}]));
    if let Some((width, height)) = size {
        body.insert("width".into(), width.into());
        body.insert("height".into(), height.into());
    }
    body.extend(fields);
    body
}

fn stability(prompt: &str, size: Option<(u32, u32)>, fields: Object) -> Object {
    let mut body = Object::new();
    body.insert("prompt".into(), prompt.into());
    if let Some(proportion) = size.and_then(|it| proportion(it, PROPORTIONS)) {
        body.insert("aspect_ratio".into(), proportion.into());
    }
    body.extend(fields);
    body
}
