//! Addresses of Google's operations beside conversations.

use crate::provider::GoogleService;
use crate::vertex::{Place, segment};
use crate::{Cx, TransformError};

/// The address of a model's method. Errors when a deployment at Vertex AI names no project or an impossible location.
pub(super) fn url(cx: &Cx<'_>, service: GoogleService, method: &str) -> Result<String, TransformError> {
    if service == GoogleService::VertexAi {
        return Ok(Place::of(cx)?.model("v1", "google", cx.model, method));
    }
    let own = ["api_base", "base_url"].into_iter().find_map(|it| cx.params.get(it)?.as_str());
    let own = own.map(|it| it.trim_end_matches('/')).filter(|it| !it.is_empty());
    let base = own.map_or_else(|| format!("{}/v1beta", cx.provider.base_url), str::to_owned);
    Ok(format!("{base}/models/{}:{method}", segment(cx.model)))
}
