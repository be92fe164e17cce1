//! What policy and store refuse, as the caller sees it.

use gateway::ApiError;
use http::StatusCode;
use policy::request::{Refusal, RefusalKind};
use store::StoreError;

pub(crate) fn refusal(refusal: Refusal) -> ApiError {
    let status = match refusal.kind {
        RefusalKind::WrongType => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::Invalid => StatusCode::BAD_REQUEST,
        RefusalKind::Forbidden => StatusCode::FORBIDDEN,
    };
    let kind = if status == StatusCode::FORBIDDEN { "permission_error" } else { "invalid_request_error" };
    ApiError::new(status, kind, refusal.to_string()).param(refusal.field)
}

pub(crate) fn store(error: StoreError) -> ApiError {
    match error {
        StoreError::Exists => ApiError::invalid("A key with this value exists already.").param("key"),
        StoreError::NameTaken { name: alias, .. } => {
            ApiError::invalid(format!("The key alias {alias:?} belongs to another key.")).param("key_alias")
        }
        StoreError::NotFound => not_found(),
        StoreError::Changed => {
            let message = "The key was changed by someone else at the same time; read it and try again.";
            ApiError::new(StatusCode::CONFLICT, "invalid_request_error", message).param("key")
        }
        error @ StoreError::Unavailable { .. } => ApiError::unavailable(error),
        error => ApiError::internal(error),
    }
}

pub(crate) fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", "Key not found.").param("key")
}
