//! Failures in Google's words ("Errors", `google.rpc.Status`).

use serde_json::{Value, json};

use crate::format::Fault;

/// A failure as Google's error object.
#[must_use]
pub fn error_object(fault: &Fault) -> Value {
    json!({"error": {"code": fault.status, "message": fault.message, "status": status(fault.status)}})
}

/// Google's name of an HTTP status (`google.rpc.Code`).
fn status(code: u16) -> &'static str {
    match code {
        401 => "UNAUTHENTICATED",
        402 | 403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        408 | 504 => "DEADLINE_EXCEEDED",
        501 => "UNIMPLEMENTED",
        502 | 503 | 529 => "UNAVAILABLE",
        400..=499 => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    }
}
