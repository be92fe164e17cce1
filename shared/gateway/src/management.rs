//! What management routes have in common: how policy's and the store's refusals look to a caller.

use http::StatusCode;
use policy::request::{Refusal, RefusalKind};
use store::StoreError;

use crate::ApiError;

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.kind {
            RefusalKind::WrongType => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::Invalid => StatusCode::BAD_REQUEST,
            RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        };
        let kind = if status == StatusCode::FORBIDDEN { "permission_error" } else { "invalid_request_error" };
        Self::new(status, kind, refusal.to_string()).param(refusal.field)
    }
}

impl ApiError {
    /// What the store answers about a `what` (`Key`, `Team`), whose id requests call `field`.
    #[must_use]
    pub fn stored(error: StoreError, what: &'static str, field: &'static str) -> Self {
        match error {
            StoreError::Exists => Self::invalid(format!("{what} with this id exists already.")).param(field),
            StoreError::NameTaken { what: name, name: value } => {
                let message = format!("The {name} {value:?} belongs to another {}.", what.to_lowercase());
                Self::invalid(message).param(name)
            }
            StoreError::NotFound => Self::missing(what, field),
            StoreError::Changed => {
                let message = format!("{what} was changed by someone else at the same time; read it and try again.");
                Self::new(StatusCode::CONFLICT, "invalid_request_error", message).param(field)
            }
            error @ StoreError::Unavailable { .. } => Self::unavailable(error),
            error => Self::internal(error),
        }
    }

    /// There is no such `what`.
    #[must_use]
    pub fn missing(what: &'static str, field: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", format!("{what} not found.")).param(field)
    }
}
