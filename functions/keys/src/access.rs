//! Which keys a caller may see and change, and how requests name keys.

use gateway::{ApiError, App, Caller};
use http::StatusCode;
use policy::key::{Key, Maker};
use policy::money::Usd;
use serde_json::{Map, Value};
use store::Stored;

use crate::errors::{not_found, store};

/// The token that a request means: a hash as it is, a secret by its hash.
pub(crate) fn token(named: &str) -> String {
    if named.starts_with("sk-") { Key::hash(named) } else { named.to_owned() }
}

/// Finds a key that the caller may change: an admin every one, others their user's own.
pub(crate) async fn find_own(app: &App, caller: &Caller, token: &str) -> Result<Stored<Key>, ApiError> {
    let found = app.store.find::<Key>(token).await.map_err(store)?.ok_or_else(not_found)?;
    if may_change(caller, &found.value) { Ok(found) } else { Err(forbidden()) }
}

pub(crate) fn may_change(caller: &Caller, key: &Key) -> bool {
    caller.is_admin() || (caller.user_id().is_some() && caller.user_id() == key.user_id.as_deref())
}

pub(crate) fn forbidden() -> ApiError {
    let message = "Only the key's own user or a proxy admin may do this.";
    ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("key")
}

/// The key that a body or a path names.
pub(crate) fn named<'a>(body: &'a Map<String, Value>, field: &str) -> Result<&'a str, ApiError> {
    match body.get(field) {
        Some(Value::String(named)) if !named.is_empty() => Ok(named),
        Some(Value::Null) | None => Err(ApiError::invalid(format!("`{field}` is required.")).param(field)),
        Some(_) => {
            let message = format!("`{field}` must be a string.");
            Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message).param(field))
        }
    }
}

/// Everything beside the request that making a key depends on.
pub(crate) fn maker<'a>(app: &'a App, caller: &'a Caller) -> Result<Maker<'a>, ApiError> {
    let settings = &app.config.litellm_settings;
    Ok(Maker {
        now: gateway::timestamp(app),
        calendar: &app.calendar,
        random: gateway::random_bytes().map_err(ApiError::internal)?,
        role: caller.role,
        user_id: caller.user_id(),
        own: caller.key(),
        defaults: &settings.default_key_generate_params,
        bounds: &settings.upperbound_key_generate_params,
        custom_secrets: !app.config.general_settings.disable_custom_api_keys,
    })
}

/// What the key has spent in its current budget period.
pub(crate) async fn spend(app: &App, key: &Key) -> Result<Usd, ApiError> {
    Ok(app.store.find_total(&gateway::key_scope(app, key)).await.map_err(store)?.spend)
}
