//! Where a request goes ("Generating content" of the Gemini API; "Generate content with the Gemini API in Vertex AI").

use crate::gemini::models;
use crate::provider::GoogleService;
use crate::vertex::address::{Place, segment};
use crate::{Cx, TransformError};

/// The method that answers whole, or as a stream of events.
pub(super) fn method(is_stream: bool) -> &'static str {
    if is_stream { "streamGenerateContent?alt=sse" } else { "generateContent" }
}

/// The address of a method of a model. Errors when a deployment at Vertex AI names no project or an impossible location.
pub(super) fn url(
    cx: &Cx<'_>,
    service: GoogleService,
    method: &str,
    is_cached: bool,
) -> Result<String, TransformError> {
    match service {
        GoogleService::AiStudio => Ok(studio(cx, method)),
        GoogleService::VertexAi => vertex(cx, method, is_cached),
    }
}

/// A deployment's own base ends with the version. Fields that only Gemini 3 has are in `v1alpha` alone.
fn studio(cx: &Cx<'_>, method: &str) -> String {
    let own = ["api_base", "base_url"].into_iter().find_map(|it| cx.params.get(it)?.as_str());
    let own = own.map(|it| it.trim_end_matches('/')).filter(|it| !it.is_empty());
    let version = if models::is_third(cx.model) { "v1alpha" } else { "v1beta" };
    let base = own.map_or_else(|| format!("{}/{version}", cx.provider.base_url), str::to_owned);
    let (kind, name) = match cx.model.split_once('/') {
        Some((kind @ ("models" | "tunedModels"), name)) => (kind, name),
        _ => ("models", cx.model),
    };
    format!("{base}/{kind}/{}:{method}", segment(name))
}

/// Tuned models have endpoints of their own; `gemini/<id>` is LiteLLM's word for one that is spoken to like Gemini.
fn vertex(cx: &Cx<'_>, method: &str, is_cached: bool) -> Result<String, TransformError> {
    let place = Place::of(cx)?;
    let version = if is_cached { "v1beta1" } else { "v1" };
    let model = cx.model.strip_prefix("gemini/").unwrap_or(cx.model);
    let is_endpoint = !model.is_empty() && model.chars().all(|it| it.is_ascii_digit());
    Ok(if is_endpoint {
        place.method(version, &format!("endpoints/{model}"), method)
    } else {
        place.model(version, "google", model, method)
    })
}
