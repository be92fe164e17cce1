//! Addresses at Vertex AI: project, location and the deployment's own base.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{Cx, TransformError};

const DEFAULT_LOCATION: &str = "us-central1";

/// Project and location of a deployment, and the base URL if it has one of its own.
pub(crate) struct Place<'a> {
    /// The project's id or number.
    pub(crate) project: &'a str,
    /// A region, a multi-region (`us`, `eu`) or `global`.
    pub(crate) location: &'a str,
    base: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// Reads `vertex_project`, `vertex_location` and `api_base`.
    ///
    /// # Errors
    /// [`TransformError::Invalid`] when there is no project, or the location cannot be a part of a host's name.
    pub(crate) fn of(cx: &Cx<'a>) -> Result<Self, TransformError> {
        let text = |name: &str| cx.params.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
        let location = text("vertex_location").or_else(|| text("vertex_ai_location")).unwrap_or(DEFAULT_LOCATION);
        let is_name = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        if !location.chars().all(is_name) {
            return Err(invalid("vertex_location", "must be the name of a Google Cloud location"));
        }
        let base = text("api_base").or_else(|| text("base_url")).map(|it| it.trim_end_matches('/'));
        let project = text("vertex_project").or_else(|| text("vertex_ai_project"));
        let project = project.or_else(|| base.filter(|it| is_whole(it)).map(|_| ""));
        let project = project.ok_or_else(|| invalid("vertex_project", "missing"))?;
        if project.starts_with('.') {
            return Err(invalid("vertex_project", "must be a project's id or number"));
        }
        Ok(Self { project, location, base })
    }

    /// The address of a publisher's model's method.
    pub(crate) fn model(&self, version: &str, publisher: &str, model: &str, method: &str) -> String {
        self.method(version, &format!("publishers/{publisher}/models/{}", segment(model)), method)
    }

    /// The address of a method of something in the location, for example `endpoints/123`; its parts are escaped already.
    pub(crate) fn method(&self, version: &str, resource: &str, method: &str) -> String {
        match self.base {
            Some(base) if is_whole(base) => format!("{base}:{method}"),
            _ => format!("{}/{resource}:{method}", self.location(version)),
        }
    }

    /// The address of chat completions with open models ("Call MaaS APIs for open models").
    pub(crate) fn open_models(&self, version: &str) -> String {
        match self.base {
            Some(base) if base.ends_with("/chat/completions") => base.to_owned(),
            Some(base) if is_whole(base) => format!("{base}/chat/completions"),
            _ => format!("{}/endpoints/openapi/chat/completions", self.location(version)),
        }
    }

    /// The address of the location itself ("Regional endpoints", "Global endpoint", "Multi-region endpoints").
    pub(crate) fn location(&self, version: &str) -> String {
        let (project, location) = (segment(self.project), self.location);
        let path = format!("projects/{project}/locations/{location}");
        match self.base {
            Some(base) if has_version(base) => format!("{base}/{path}"),
            Some(base) => format!("{base}/{version}/{path}"),
            None => format!("https://{}/{version}/{path}", host(location)),
        }
    }
}

/// Whether a deployment's base names the model already, as LiteLLM takes any path to do that ends with no version.
fn is_whole(base: &str) -> bool {
    let path = base.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    path.is_some_and(|(_, path)| !has_version(path))
}

fn has_version(base: &str) -> bool {
    matches!(base.rsplit('/').next(), Some("v1" | "v1beta1"))
}

fn host(location: &str) -> String {
    match location {
        "global" => "aiplatform.googleapis.com".to_owned(),
        "us" | "eu" => format!("aiplatform.{location}.rep.googleapis.com"),
        region => format!("{region}-aiplatform.googleapis.com"),
    }
}

/// A part of a path, with everything escaped that could end it.
pub(crate) fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@') {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").ok();
        }
    }
    escaped
}

fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.to_owned(), message: message.to_owned() }
}
