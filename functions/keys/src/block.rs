//! POST `/key/block` and `/key/unblock`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::key::Act;
use serde_json::{Map, Value};

use crate::access::{admit_change, maker, reach};
use crate::around::unread;
use crate::show::spend;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, block: bool) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let reached = reach(app, caller, gateway::required(&body, "key")?, Act::Block).await?;
    let blocked = Map::from_iter([("blocked".to_owned(), Value::Bool(block))]);
    let maker = maker(app, caller)?;
    let mut changed = policy::key::update(&reached.stored.value, &blocked, &maker)?;
    admit_change(app, caller, &reached, &mut changed, &blocked, &maker).await?;
    let stored = app.store.update(&reached.stored, &changed).await.map_err(unread)?;
    app.forget_key(&stored.value.token);
    let spend = spend(app, &stored.value, reached.around.budget.as_ref()).await?;
    Ok(Reply::json(StatusCode::OK, &stored.value.full(spend)))
}
