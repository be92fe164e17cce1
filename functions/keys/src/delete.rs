//! POST `/key/delete`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::key::Key;
use serde_json::{Map, Value, json};
use store::Stored;

use crate::access::{find_own, forbidden, may_change, token};
use crate::errors::{not_found, store};

/// Deletes every key that is named, or none: all are looked up before the first goes.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let mut found: Vec<(Value, Stored<Key>)> = Vec::new();
    for named in texts(&body, "keys")? {
        found.push((named.into(), find_own(app, caller, &token(named)).await?));
    }
    for alias in texts(&body, "key_aliases")? {
        let key = app.store.find_by::<Key>("alias", alias).await.map_err(store)?.ok_or_else(not_found)?;
        if !may_change(caller, &key.value) {
            return Err(forbidden());
        }
        found.push((alias.into(), key));
    }
    if found.is_empty() {
        return Err(ApiError::invalid("`keys` or `key_aliases` is required.").param("keys"));
    }
    let mut deleted = Vec::new();
    for (named, key) in found {
        app.store.delete(&key).await.map_err(store)?;
        app.forget_key(&key.value.token);
        deleted.push(named);
    }
    Ok(Reply::json(StatusCode::OK, &json!({"deleted_keys": deleted})))
}

fn texts<'a>(body: &'a Map<String, Value>, field: &str) -> Result<Vec<&'a str>, ApiError> {
    let wrong = || {
        let message = format!("`{field}` must be a list of strings.");
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message).param(field)
    };
    match body.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(|it| it.as_str().ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
    }
}
