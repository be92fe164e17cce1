//! POST `/key/block` and `/key/unblock`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;

use crate::access::{find_own, named, spend, token};
use crate::errors::store;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, block: bool) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let found = find_own(app, caller, &token(named(&body, "key")?)).await?;
    let mut changed = found.key.clone();
    changed.blocked = block;
    changed.updated_at = Some(gateway::timestamp(app));
    changed.updated_by = caller.user_id().map(str::to_owned);
    let stored = app.store.update_key(&found, &changed).await.map_err(store)?;
    app.forget_key(&stored.key.token);
    let spend = spend(app, &stored.key).await?;
    Ok(Reply::json(StatusCode::OK, &stored.key.full(spend)))
}
