//! POST `/team/model/add` and `/team/model/delete`.

use gateway::{ApiError, App, Caller, Reply, Request};
use policy::team::{with_models, without_models};
use serde_json::{Map, Value};

use crate::access::managed;
use crate::{show, update};

/// What happens to a team's list of models.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    Add,
    Delete,
}

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, change: Change) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let met = managed(app, caller, gateway::required(&body, "team_id")?).await?;
    let named = gateway::required_list(&body, "models")?;
    let models = match change {
        Change::Add => with_models(&met.team.value, &named),
        Change::Delete => without_models(&met.team.value, &named),
    };
    let models = Map::from_iter([("models".to_owned(), Value::from(models))]);
    show::reply(app, &update::change(app, caller, &met, &models).await?).await
}
