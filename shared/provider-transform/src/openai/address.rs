//! Where a request of OpenAI's API goes, and how it authenticates there.

use serde_json::Value;

use crate::provider::Address;
use crate::{Auth, Cx, TransformError};

/// An operation's place in OpenAI's API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Its path after the base URL.
    pub(crate) path: &'static str,
    /// Azure's older API names the model in the path rather than in the body.
    pub(crate) by_deployment: bool,
}

pub(super) const CHAT: Place = Place { path: "/chat/completions", by_deployment: true };
/// The Responses API ("Create a model response").
pub(crate) const RESPONSES: Place = Place { path: "/responses", by_deployment: false };

/// Taken when a deployment names none.
const AZURE_API_VERSION: &str = "2025-02-01-preview";

/// The base URL that a deployment gives, else the provider's own. Errors when there is neither.
pub(crate) fn base<'a>(cx: &Cx<'a>) -> Result<&'a str, TransformError> {
    let base = given(cx).unwrap_or(cx.provider.base_url).trim_end_matches('/');
    if base.is_empty() {
        return Err(TransformError::Invalid {
            param: "api_base".into(),
            message: format!("{} has no address of its own", cx.provider.slug),
        });
    }
    Ok(base)
}

fn text<'a>(cx: &Cx<'a>, name: &str) -> Option<&'a str> {
    cx.params.get(name).and_then(Value::as_str).filter(|it| !it.is_empty())
}

fn given<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    text(cx, "api_base").or_else(|| text(cx, "base_url"))
}

/// The URL and the authentication of a call.
pub(crate) fn find(cx: &Cx<'_>, place: Place) -> Result<(String, Auth), TransformError> {
    let base = base(cx)?;
    if base.ends_with(place.path) {
        return Ok((base.into(), cx.provider.auth.clone()));
    }
    Ok(match cx.provider.quirks.address {
        Address::Path => (format!("{base}{}", place.path), cx.provider.auth.clone()),
        Address::Under(folder) => {
            let folder = if given(cx).is_none() || base.ends_with(folder) { "" } else { folder };
            (format!("{base}{folder}{}", place.path), cx.provider.auth.clone())
        }
        Address::AzureAi => azure_ai(cx, base, place),
        Address::AzureDeployment => azure(cx, base, place),
    })
}

/// Taken at Foundry's own path when a deployment names none.
const AZURE_AI_API_VERSION: &str = "2024-05-01-preview";

/// A resource serves its models at a path of their own with a version, and in OpenAI's way without one ("Endpoints for
/// Microsoft Foundry Models"). Endpoints of one model take the key as a bearer.
fn azure_ai(cx: &Cx<'_>, given: &str, place: Place) -> (String, Auth) {
    let (base, query) = given.split_once('?').unwrap_or((given, ""));
    let base = base.trim_end_matches('/');
    let base = base.strip_suffix(place.path).unwrap_or(base);
    let host = base.split_once("://").map_or(base, |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default();
    let is_resource = host.ends_with(".services.ai.azure.com");
    let has_folder = base.ends_with("/models") || base.contains("/openai/");
    let folder = if is_resource && !has_folder { "/models" } else { "" };
    let path = format!("{base}{folder}{}", place.path);
    let takes_version = path.ends_with(&format!("/models{}", place.path));
    let version = text(cx, "api_version").or(takes_version.then_some(AZURE_AI_API_VERSION));
    let query = match version.filter(|_| !query.contains("api-version=")) {
        Some(version) if query.is_empty() => format!("?api-version={version}"),
        Some(version) => format!("?{query}&api-version={version}"),
        None if query.is_empty() => String::new(),
        None => format!("?{query}"),
    };
    let is_azure = is_resource || host.ends_with(".openai.azure.com") || host.ends_with(".cognitiveservices.azure.com");
    (format!("{path}{query}"), if is_azure { Auth::Azure } else { Auth::Bearer })
}

/// The version of Azure's API that a deployment speaks.
pub(super) fn azure_version<'a>(cx: &Cx<'a>) -> &'a str {
    text(cx, "api_version").unwrap_or(AZURE_API_VERSION)
}

/// Versions by date are addressed by deployment, the others are OpenAI's own API (Azure OpenAI "API version
/// lifecycle").
fn azure(cx: &Cx<'_>, base: &str, place: Place) -> (String, Auth) {
    let version = azure_version(cx);
    let path = place.path;
    let resource = base.strip_suffix("/openai/v1");
    if resource.is_some() || matches!(version, "v1" | "latest" | "preview") {
        let resource = resource.unwrap_or(base);
        return (format!("{resource}/openai/v1{path}"), Auth::AzureBearer);
    }
    let url = if base.contains("/openai/deployments/") {
        format!("{base}{path}?api-version={version}")
    } else if place.by_deployment {
        let model = crate::vertex::address::segment(super::models::deployment(cx.model));
        format!("{base}/openai/deployments/{model}{path}?api-version={version}")
    } else {
        format!("{base}/openai{path}?api-version={version}")
    };
    (url, cx.provider.auth.clone())
}

/// A URL with more of a path and more of a query.
pub(crate) fn beneath(url: &str, path: &str, query: &str) -> String {
    let (base, own) = url.split_once('?').unwrap_or((url, ""));
    let query: Vec<&str> = [own, query].into_iter().filter(|it| !it.is_empty()).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{base}{path}{mark}{}", query.join("&"))
}
