//! POST `/key/delete`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::key::Act;
use serde_json::{Map, Value, json};

use crate::access::{Reached, reach, reach_alias};
use crate::around::unread;

/// Deletes every key that is named, or none: all are looked up before the first goes.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let mut found: Vec<(Value, Reached)> = Vec::new();
    for named in texts(&body, "keys")? {
        found.push((named.into(), reach(app, caller, named, Act::Delete).await?));
    }
    for alias in texts(&body, "key_aliases")? {
        found.push((alias.into(), reach_alias(app, caller, alias, Act::Delete).await?));
    }
    if found.is_empty() {
        return Err(ApiError::invalid("`keys` or `key_aliases` is required.").param("keys"));
    }
    let deletion = gateway::deletion(app, req, caller);
    let mut deleted = Vec::new();
    for (named, reached) in found {
        gateway::remove_key(app, &reached.stored, &deletion).await.map_err(unread)?;
        deleted.push(named);
    }
    Ok(Reply::json(StatusCode::OK, &json!({"deleted_keys": deleted})))
}

/// A list that may be missing.
pub(crate) fn texts<'a>(body: &'a Map<String, Value>, field: &str) -> Result<Vec<&'a str>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.is_empty() => Ok(Vec::new()),
        Some(_) => gateway::required_list(body, field),
    }
}
