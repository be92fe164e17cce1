//! Failures in Anthropic's words ("Errors").

use serde_json::{Value, json};

use crate::format::Fault;

/// A failure as Anthropic's error object.
#[must_use]
pub fn error_object(fault: &Fault) -> Value {
    json!({"type": "error", "error": {"type": kind(fault.status), "message": fault.message}})
}

/// Anthropic's type of a status.
fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}
