//! POST `/team/block` and `/team/unblock`.

use gateway::{ApiError, App, Caller, Reply, Request};
use serde_json::{Map, Value};

use crate::access::managed;
use crate::{show, update};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, block: bool) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let met = managed(app, caller, gateway::required(&body, "team_id")?).await?;
    let blocked = Map::from_iter([("blocked".to_owned(), Value::Bool(block))]);
    show::reply(app, &update::change(app, caller, &met, &blocked).await?).await
}
