//! Sizes of images, and the list of images that comes back, in OpenAI's shape ("The image generation response").

use serde_json::{Value, json};

use super::{Outcome, Units};
use crate::{Object, Usage};

/// Width and height of `1024x1536`; `None` for words such as `auto`.
pub(crate) fn size(value: Option<&Value>) -> Option<(u32, u32)> {
    let (width, height) = value?.as_str()?.split_once('x')?;
    Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
}

/// The proportion nearest to a size among those that a provider has.
pub(crate) fn proportion((width, height): (u32, u32), known: &[(&'static str, f64)]) -> Option<&'static str> {
    let want = f64::from(width) / f64::from(height.max(1));
    let distance = |ratio: f64| (want.max(1e-6) / ratio).ln().abs();
    known.iter().min_by(|(_, a), (_, b)| distance(*a).total_cmp(&distance(*b))).map(|(name, _)| *name)
}

/// Images in base64 as an answer. Usage is zero where a provider counts nothing, since clients expect the field.
pub(crate) fn outcome(images: Vec<Value>, created: u64, model: &str, usage: Usage, with_details: bool) -> Outcome {
    let units = Units { images: images.len() as u64, ..Units::default() };
    let data: Vec<Value> = images.into_iter().map(|it| json!({"b64_json": it})).collect();
    let mut body = Object::new();
    body.insert("created".into(), created.into());
    body.insert("data".into(), data.into());
    body.insert("usage".into(), wire_usage(&usage, with_details));
    Outcome { usage, units, ..Outcome::json(&body, model) }
}

/// Usage in the words of OpenAI's image API.
pub(crate) fn wire_usage(usage: &Usage, with_details: bool) -> Value {
    let image = usage.image_input_tokens.unwrap_or(0);
    let text = usage.text_input_tokens.unwrap_or(usage.prompt_tokens.saturating_sub(image));
    let mut counts = json!({
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"image_tokens": image, "text_tokens": text},
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens.saturating_add(usage.completion_tokens),
    });
    if with_details && let Some(counts) = counts.as_object_mut() {
        let image = usage.image_output_tokens.unwrap_or(0);
        let text = usage.text_output_tokens.unwrap_or(usage.completion_tokens.saturating_sub(image));
        let details = json!({"image_tokens": image, "text_tokens": text});
        counts.insert("output_tokens_details".into(), details);
    }
    counts
}
