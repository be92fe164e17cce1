//! POST `/key/health`: whether the caller's key is set up well.

use gateway::{ApiError, App, Caller, Reply};
use http::StatusCode;
use serde_json::json;

/// A key that got here is good. Callbacks of a single key are refused when the key is made, so that none can be
/// unhealthy.
pub(crate) fn handle(_: &App, _: &Caller) -> Result<Reply, ApiError> {
    Ok(Reply::json(StatusCode::OK, &json!({"key": "healthy", "logging_callbacks": null})))
}
