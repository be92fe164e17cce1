//! Where a chat request goes, and how it authenticates there.

use serde_json::Value;

use crate::provider::Address;
use crate::{Auth, Cx, TransformError};

const PATH: &str = "/chat/completions";
/// Taken when a deployment names none.
const AZURE_API_VERSION: &str = "2025-02-01-preview";

/// The URL and the authentication of a call.
pub(super) fn find(cx: &Cx<'_>) -> Result<(String, Auth), TransformError> {
    let text = |name: &str| cx.params.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    let given = text("api_base").or_else(|| text("base_url"));
    let base = given.unwrap_or(cx.provider.base_url).trim_end_matches('/');
    if base.is_empty() {
        return Err(TransformError::Invalid {
            param: "api_base".into(),
            message: format!("{} has no address of its own", cx.provider.slug),
        });
    }
    if base.ends_with(PATH) {
        return Ok((base.into(), cx.provider.auth.clone()));
    }
    Ok(match cx.provider.quirks.address {
        Address::Path => (format!("{base}{PATH}"), cx.provider.auth.clone()),
        Address::AzureDeployment => azure(cx, base, text("api_version").unwrap_or(AZURE_API_VERSION)),
    })
}

/// Versions by date are addressed by deployment, the others are OpenAI's own API (Azure OpenAI "API version
/// lifecycle").
fn azure(cx: &Cx<'_>, base: &str, version: &str) -> (String, Auth) {
    if matches!(version, "v1" | "latest" | "preview") {
        return (format!("{base}/openai/v1{PATH}"), Auth::Bearer);
    }
    let model = super::models::deployment(cx.model);
    let url = if base.contains("/openai/deployments/") {
        format!("{base}{PATH}?api-version={version}")
    } else {
        format!("{base}/openai/deployments/{model}{PATH}?api-version={version}")
    };
    (url, cx.provider.auth.clone())
}
