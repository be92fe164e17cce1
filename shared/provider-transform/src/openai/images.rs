//! "Create image" and "Create image edit", at OpenAI and at everything that has the same operations.

use serde_json::Value;

use super::address::{self, Place};
use super::{error, models};
use crate::operation::form::Form;
use crate::operation::images::wire_usage;
use crate::operation::params::{ANY, IMAGES, Params, invalid, object, only};
use crate::operation::{Ask, Operation, Outcome, Reply, Units};
use crate::provider::Address;
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

const GENERATIONS: Place = Place { path: "/images/generations", by_deployment: true };
const EDITS: Place = Place { path: "/images/edits", by_deployment: true };

/// What Azure's answers leave unsaid, as its API reference states the defaults ("Image generations, create").
const AZURE_DEFAULTS: [(&str, &str); 3] = [("output_format", "png"), ("quality", "standard"), ("size", "1024x1024")];

/// Making images.
pub(crate) struct OpenAiImages;

/// Changing images.
pub(crate) struct OpenAiImageEdits;

impl Operation for OpenAiImages {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &IMAGES, &|param| takes(cx.model, param))?;
        let (url, auth) = address::find(cx, GENERATIONS)?;
        let mut body = Object::new();
        if !is_named_by_address(cx) {
            body.insert("model".into(), models::deployment(cx.model).into());
        }
        body.insert("prompt".into(), ask.fields.get("prompt").cloned().unwrap_or_default());
        body.extend(std::mem::take(&mut params.fields));
        Ok(vec![params.post(url, auth, body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        answer(cx, ask, replies)
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

impl Operation for OpenAiImageEdits {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let params = Params::prepare(cx, ask, &ANY, &|_| true)?;
        if !ask.uploads.iter().any(|it| is_image(&it.field)) {
            return Err(invalid("image", "missing"));
        }
        let (url, auth) = address::find(cx, EDITS)?;
        let mut form = Form::new(cx.response_id, &ask.uploads);
        if !is_named_by_address(cx) {
            form.field("model", &models::deployment(cx.model).into());
        }
        for (name, value) in params.fields.iter().chain(params.extra()) {
            form.field(name, value);
        }
        if let Some(prompt) = ask.fields.get("prompt") {
            form.field("prompt", prompt);
        }
        for upload in &ask.uploads {
            form.file(if is_image(&upload.field) { "image[]" } else { &upload.field }, upload);
        }
        let (media_type, body) = form.finish();
        Ok(vec![params.send(url, auth, &media_type, body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        answer(cx, ask, replies)
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

fn is_image(field: &str) -> bool {
    matches!(field, "image" | "image[]")
}

/// What a model takes ("Create image": each parameter names its models).
fn takes(model: &str, param: &str) -> bool {
    match param {
        "response_format" | "style" => !(model.contains("gpt-image") || model.contains("chatgpt-image")),
        "quality" => !model.contains("dall-e-2"),
        _ => true,
    }
}

/// Azure's older API knows the model from the path alone.
fn is_named_by_address(cx: &Cx<'_>) -> bool {
    let version = cx.params.get("api_version").and_then(Value::as_str);
    cx.provider.quirks.address == Address::AzureDeployment && !matches!(version, Some("v1" | "latest" | "preview"))
}

fn answer(cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
    let mut body = object(cx, only(cx, replies)?)?;
    if body.get("error").is_some_and(|it| !it.is_null()) {
        return Err(error::inline(cx.provider.slug, &body));
    }
    let Some(made) = body.get("data").and_then(Value::as_array).map(Vec::len) else {
        return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no list of images"));
    };
    let usage = body.get("usage").and_then(Value::as_object).and_then(Usage::from_openai).unwrap_or_default();
    if !body.get("usage").is_some_and(Value::is_object) {
        body.insert("usage".into(), wire_usage(&usage, false));
    }
    body.entry("created").or_insert_with(|| cx.now.into());
    if cx.provider.quirks.address == Address::AzureDeployment {
        for (name, default) in AZURE_DEFAULTS {
            if body.get(name).is_none_or(Value::is_null) {
                body.insert(name.into(), ask.fields.get(name).cloned().unwrap_or_else(|| default.into()));
            }
        }
    }
    let units = Units { images: made as u64, ..Units::default() };
    Ok(Outcome { usage, units, ..Outcome::json(&body, cx.model) })
}
