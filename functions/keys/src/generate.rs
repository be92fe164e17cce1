//! POST `/key/generate` and `/key/service-account/generate`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::key::{Change, Maker, admit};
use policy::money::Usd;
use serde_json::{Map, Value};

use crate::access::maker;
use crate::around::{around, unread};
use crate::show::with_budget;

const SERVICE_ACCOUNT: &str = "/key/service-account/generate";

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    Box::pin(make(app, caller, &body, &maker(app, caller)?, "/key/generate")).await
}

/// A key that belongs to its team and to no user.
pub(crate) async fn service_account(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let mut body = gateway::json_object(app, req)?;
    gateway::required(&body, "team_id")?;
    body.shift_remove("user_id");
    let alias = body.get("key_alias").and_then(Value::as_str).map(str::to_owned);
    let metadata = body.entry("metadata").or_insert(Value::Null);
    if metadata.is_null() {
        *metadata = Value::Object(Map::new());
    }
    if let Value::Object(metadata) = metadata
        && metadata.get("service_account_id").is_none_or(Value::is_null)
    {
        let id = alias.unwrap_or_else(|| gateway::new_id().to_string());
        metadata.insert("service_account_id".to_owned(), id.into());
    }
    let maker = Maker { owner: None, ..maker(app, caller)? };
    Box::pin(make(app, caller, &body, &maker, SERVICE_ACCOUNT)).await
}

async fn make(
    app: &App,
    caller: &Caller,
    body: &Map<String, Value>,
    maker: &Maker<'_>,
    route: &'static str,
) -> Result<Reply, ApiError> {
    let mut made = policy::key::generate(body, maker)?;
    let around = around(app, caller, &made.key).await?;
    if route == SERVICE_ACCOUNT && around.team.is_none() {
        let message = "team_id does not exist in the database. Please specify a valid `team_id` in the request body.";
        return Err(ApiError::invalid(message).param("team_id"));
    }
    admit(&mut made.key, &Change { route, body, before: None }, maker, &around)?;
    app.store.create(&made.key).await.map_err(unread)?;
    app.publish_secret(&made.key, &made.secret).await;
    let answer = with_budget(made.answer(Usd::ZERO), around.budget.as_ref());
    Ok(Reply::json(StatusCode::OK, &answer))
}
