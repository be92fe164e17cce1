//! What management routes have in common: how policy's and the store's refusals look to a caller.

use http::StatusCode;
use policy::entity::Limits;
use policy::request::{Refusal, RefusalKind};
use policy::spend::Scope;
use serde_json::{Map, Value};
use store::StoreError;

use crate::{ApiError, App};

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.kind {
            RefusalKind::WrongType => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::Invalid => StatusCode::BAD_REQUEST,
            RefusalKind::Forbidden => StatusCode::FORBIDDEN,
            RefusalKind::Missing => StatusCode::NOT_FOUND,
            RefusalKind::Unpermitted => StatusCode::UNAUTHORIZED,
        };
        let kind = match refusal.kind {
            RefusalKind::Forbidden => "permission_error",
            RefusalKind::Unpermitted => "team_member_permission_error",
            _ => "invalid_request_error",
        };
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

/// The scope that an entity's spend counts in now: the budget period of its limits, or its whole life.
#[must_use]
pub fn current_scope(app: &App, kind: &str, id: &str, limits: &Limits) -> Scope {
    let scope = Scope::new(kind, id);
    match limits.period(&app.calendar, crate::timestamp(app)) {
        Some(period) => scope.within(u64::try_from(period.start.as_second()).unwrap_or_default()),
        None => scope,
    }
}

/// A text of a body that must be there, such as `team_id`.
///
/// # Errors
/// 400 when it is missing or empty, 422 when it is no string.
pub fn required<'a>(body: &'a Map<String, Value>, field: &str) -> Result<&'a str, ApiError> {
    match body.get(field) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None | Some(Value::Null | Value::String(_)) => {
            Err(ApiError::invalid(format!("`{field}` is required.")).param(field))
        }
        Some(_) => Err(wrong_type(field, "a string")),
    }
}

/// A list of texts of a body that must hold at least one, such as `team_ids`.
///
/// # Errors
/// 400 when it is missing or empty, 422 when it is no list of strings.
pub fn required_list<'a>(body: &'a Map<String, Value>, field: &str) -> Result<Vec<&'a str>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Err(ApiError::invalid(format!("`{field}` is required.")).param(field)),
        Some(Value::Array(items)) if items.is_empty() => {
            Err(ApiError::invalid(format!("`{field}` is empty.")).param(field))
        }
        Some(Value::Array(items)) => {
            items.iter().map(|it| it.as_str().ok_or_else(|| wrong_type(field, "a list of strings"))).collect()
        }
        Some(_) => Err(wrong_type(field, "a list of strings")),
    }
}

fn wrong_type(field: &str, expected: &str) -> ApiError {
    let message = format!("`{field}` must be {expected}.");
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message).param(field)
}
