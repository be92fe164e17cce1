//! Holds a key to what it may say of the cache: its `allowed_cache_controls`, where it has any.

use http::StatusCode;
use serde_json::Value;

use super::{Asking, Hook, Work, at_once};
use crate::ApiError;

pub(super) struct CacheControl;

impl Hook for CacheControl {
    fn asked<'a>(&'a self, asking: &'a mut Asking<'_>) -> Work<'a, Result<(), ApiError>> {
        let Some(Value::Object(controls)) = asking.body.get("cache") else { return None };
        let allowed = asking.caller.key().map(|it| &it.allowed_cache_controls).filter(|it| !it.is_empty())?;
        let foreign = controls.keys().find(|it| !allowed.contains(it))?;
        let message = format!("Not allowed to set {foreign} as a cache control. Contact admin to change permissions.");
        at_once(Err(ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("cache")))
    }
}
