//! POST `/key/block` and `/key/unblock`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use serde_json::{Map, Value};

use crate::access::{find_own, maker, named, spend, token};
use crate::errors::{refusal, store};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, block: bool) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let found = find_own(app, caller, &token(named(&body, "key")?)).await?;
    let blocked = Map::from_iter([("blocked".to_owned(), Value::Bool(block))]);
    let changed = policy::key::update(&found.value, &blocked, &maker(app, caller)?).map_err(refusal)?;
    let stored = app.store.update(&found, &changed).await.map_err(store)?;
    app.forget_key(&stored.value.token);
    let spend = spend(app, &stored.value).await?;
    Ok(Reply::json(StatusCode::OK, &stored.value.full(spend)))
}
