//! The provider's own headers in an answer.

use http::header::{HeaderMap, HeaderName};

/// Headers that belong to one connection, or that a browser would act on.
const NOT_COPIED: &[&str] = &["connection", "keep-alive", "set-cookie", "transfer-encoding", "upgrade"];

/// Copies the provider's headers: all with a prefix, its rate limits and request id as they are.
pub(super) fn copy_provider(headers: &mut HeaderMap, provider: &HeaderMap) {
    for (name, value) in provider {
        if NOT_COPIED.contains(&name.as_str()) {
            continue;
        }
        if let Ok(prefixed) = HeaderName::try_from(format!("llm_provider-{name}")) {
            headers.append(prefixed, value.clone());
        }
        if name.as_str().starts_with("x-ratelimit-") {
            headers.insert(name.clone(), value.clone());
        }
    }
    if let Some(id) = provider.get("x-request-id").or_else(|| provider.get("request-id")) {
        headers.insert(HeaderName::from_static("request-id"), id.clone());
    }
}
