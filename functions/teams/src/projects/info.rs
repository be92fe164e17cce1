//! GET `/project/info`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;

use super::{find_project, show};
use crate::access::find;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let id = req.query_param("project_id").filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| ApiError::invalid("`project_id` is required.").param("project_id"))?;
    let manager = caller.manager();
    let denied = || {
        let message = "You do not have access to this project.";
        ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("project_id")
    };
    let project = match find_project(app, id).await {
        Err(error) if error.status == StatusCode::NOT_FOUND && !manager.sees_all() => return Err(denied()),
        found => found?.value,
    };
    let team = match &project.team_id {
        Some(team) => find(app, caller, team).await?,
        None => None,
    };
    let sees = team.is_some_and(|met| manager.may_see_team(&met.team.value, met.own.as_ref()));
    if !sees && !manager.sees_all() {
        return Err(denied());
    }
    Ok(Reply::json(StatusCode::OK, &show(app, &project).await?))
}
