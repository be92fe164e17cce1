//! POST `/project/update`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;

use super::{check_team, denied, failed, find_project, show, team};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let project = match find_project(app, gateway::required(&body, "project_id")?).await {
        Err(error) if error.status == StatusCode::NOT_FOUND && !caller.is_admin() => return Err(denied()),
        found => found?,
    };
    let old = project.value.team_id.as_deref().unwrap_or_default();
    let changed = policy::project::update(&project.value, &body, &gateway::editor(app, caller))?;
    let new = changed.team_id.as_deref().unwrap_or_default();
    // Whoever moves a project manages the projects of both teams.
    let mut frame = team(app, caller, old).await?;
    if new != old {
        frame = team(app, caller, new).await?;
    }
    check_team(&changed, &frame, (new == old).then_some(&body))?;
    if changed.budget_id != project.value.budget_id {
        gateway::check_budget(app, changed.budget_id.as_deref()).await?;
    }
    let stored = app.store.update(&project, &changed).await.map_err(failed)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &show(app, &stored.value).await?))
}
