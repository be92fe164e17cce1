//! Anthropic's errors ("Errors"): a status and a typed message, or the same inside a stream.

use crate::recognise::recognise;
use crate::{ErrorClass, ProviderError};

use super::answer::{Failure, FailureText};

/// Longest part of a body that is no error object and is shown as its message.
const MOST_TEXT: usize = 500;

/// An answer with an error status.
pub(super) fn parse(provider: &'static str, status: u16, body: &[u8]) -> ProviderError {
    match serde_json::from_slice::<Failure>(body) {
        Ok(failure) => typed(provider, Some(status), failure.error),
        Err(_) => {
            let text = String::from_utf8_lossy(body);
            let message = Some(text.trim().chars().take(MOST_TEXT).collect());
            typed(provider, Some(status), FailureText { kind: None, message })
        }
    }
}

/// A failure with the status it came with, or (inside a stream) the one its type stands for.
pub(super) fn typed(provider: &'static str, status: Option<u16>, failure: FailureText) -> ProviderError {
    let message = failure.message.unwrap_or_default();
    let status = status.unwrap_or_else(|| status_of(failure.kind.as_deref()));
    let (class, status) = match recognise(Some(status), &message) {
        (ErrorClass::Api, status @ 400..=499) => (ErrorClass::BadRequest, status),
        recognised => recognised,
    };
    let mut error = ProviderError::new(provider, class, status, message);
    error.kind = failure.kind;
    error
}

fn status_of(kind: Option<&str>) -> u16 {
    match kind {
        Some("invalid_request_error") => 400,
        Some("authentication_error") => 401,
        Some("billing_error") => 402,
        Some("permission_error") => 403,
        Some("not_found_error") => 404,
        Some("request_too_large") => 413,
        Some("rate_limit_error") => 429,
        Some("timeout_error") => 504,
        Some("overloaded_error") => 529,
        _ => 500,
    }
}
