//! POST `/project/new`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;

use super::{check_team, failed, show, team};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let team = team(app, caller, gateway::required(&body, "team_id")?).await?;
    let project = policy::project::new(&body, gateway::new_id().to_string(), &gateway::editor(app, caller))?;
    check_team(&project, &team, None)?;
    gateway::check_budget(app, project.budget_id.as_deref()).await?;
    app.store.create(&project).await.map_err(failed)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &show(app, &project).await?))
}
