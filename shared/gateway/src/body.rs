//! Reads and writes JSON bodies, with the errors that a caller understands.

use bytes::Bytes;
use http::StatusCode;
use provider_transform::{ErrorClass, Object, ProviderError, TransformError};
use serde::Serialize;
use serde_json::Value;

use crate::{ApiError, App, Request};

/// The largest body where the configuration says nothing, in bytes: as much as Lambda takes, and then some.
const LARGEST: usize = 10 << 20;

/// The largest body that this gateway reads, in bytes: `general_settings.max_request_size_mb`.
#[must_use]
pub fn largest_body(app: &App) -> usize {
    match app.config.general_settings.max_request_size_mb {
        Some(megabytes) if megabytes.is_finite() && megabytes > 0.0 => (megabytes * 1_048_576.0) as usize,
        _ => LARGEST,
    }
}

/// The refusal of a body larger than `limit` bytes.
#[must_use]
pub fn too_large(limit: usize) -> ApiError {
    let message = format!("The request body is larger than the limit of {limit} bytes.");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request_error", message).param("request_body")
}

/// The body as a JSON object; an empty body is an empty object.
///
/// # Errors
/// 413 for one that is too large, 400 for one that is not a JSON object.
pub fn json_object(app: &App, req: &Request) -> Result<Object, ApiError> {
    let limit = largest_body(app);
    if req.body.len() > limit {
        return Err(too_large(limit));
    }
    if req.body.is_empty() {
        return Ok(Object::new());
    }
    match serde_json::from_slice(&req.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ApiError::invalid("The request body must be a JSON object.").param("request_body")),
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            Err(ApiError::invalid(format!("The request body is not valid JSON ({place}).")).param("request_body"))
        }
    }
}

/// A value as JSON bytes.
#[must_use]
pub fn json_bytes(value: &impl Serialize) -> Bytes {
    // Only a map with keys that are not strings, or a failing Serialize, could fail here: our answers have neither.
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// A request that cannot be translated, as its caller sees it.
#[must_use]
pub fn transform_error(error: TransformError) -> ApiError {
    let message = error.to_string();
    match &error {
        TransformError::Unsupported { params, .. } => {
            let refused = ApiError::invalid(format!(
                "litellm.UnsupportedParamsError: {message}. To drop them, set `drop_params: true`."
            ));
            let mut api = ApiError { class: Some(ErrorClass::UnsupportedParams.name()), ..refused };
            if let [param] = params.as_slice() {
                api = api.param(param.as_str());
            }
            api
        }
        // LiteLLM treats a missing model like an unknown one, without a parameter.
        TransformError::Invalid { param, .. } if param == "model" => ApiError::invalid(message),
        TransformError::Invalid { param, .. } => ApiError::invalid(message).param(param.as_str()),
        TransformError::MalformedJson { .. } => ApiError::invalid(message).param("request_body"),
        TransformError::UnknownProvider { .. }
        | TransformError::NoOperation { .. }
        | TransformError::NeedsFiles { .. } => ApiError::invalid(message),
    }
}

/// A provider's failure, as the caller sees it.
#[must_use]
pub(crate) fn provider_error(error: &ProviderError) -> ApiError {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = error.class.kind(error.status);
    let exception = exception_name(error.provider);
    let message = format!("litellm.{}: {exception} - {}", error.class.name(), error.message);
    let mut api = ApiError { class: Some(error.class.name()), ..ApiError::new(status, kind, message) };
    let own = !matches!(error.class, ErrorClass::ContextWindow | ErrorClass::ContentPolicy | ErrorClass::RateLimit);
    if let Some(param) = error.param.as_deref().filter(|_| own) {
        api = api.param(param);
    }
    // The provider's words may quote the prompt: the log gets the class alone.
    api.because(format!("{} answered {} ({})", error.provider, error.status, error.class.name()))
}

/// LiteLLM's name of a provider's exceptions: `OpenAIException`, `AnthropicException`.
fn exception_name(slug: &str) -> String {
    match slug {
        "openai" => "OpenAIException".to_owned(),
        "azure" => "AzureException".to_owned(),
        "bedrock" => "BedrockException".to_owned(),
        "vertex_ai" => "VertexAIException".to_owned(),
        other => {
            let mut letters = other.chars();
            let first = letters.next().map(|it| it.to_ascii_uppercase()).into_iter();
            first.chain(letters).chain("Exception".chars()).collect()
        }
    }
}
