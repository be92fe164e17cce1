//! DELETE `/project/delete`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::entity::Project;
use policy::key::Key;
use store::Listing;

use super::{failed, find_project, show_all};

/// Deletes every project that is named, or none. One with keys stays.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    if !caller.is_admin() {
        let message = "Only admins can delete projects.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("project_ids"));
    }
    let mut projects = Vec::new();
    for id in gateway::required_list(&body, "project_ids")? {
        let project = find_project(app, id).await?;
        let keys = app.store.count::<Key>(&Listing::Of("PROJECT", id.to_owned())).await.map_err(failed)?;
        if keys > 0 {
            let message = format!("Cannot delete project {id}: {keys} key(s) belong to it. Delete or move them first.");
            return Err(ApiError::invalid(message).param("project_ids"));
        }
        projects.push(project);
    }
    let values: Vec<Project> = projects.iter().map(|it| it.value.clone()).collect();
    let shown = show_all(app, &values).await?;
    for project in &projects {
        gateway::remove(app, project).await.map_err(failed)?;
    }
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &shown))
}
