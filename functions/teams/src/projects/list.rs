//! GET `/project/list`.

use gateway::{ApiError, App, Caller, Reply};
use http::StatusCode;
use policy::entity::Project;
use store::Listing;

use super::{failed, show_all};
use crate::list::{joined, visible};

/// All projects for those who see everything, for others those of the teams that they see.
pub(crate) async fn handle(app: &App, caller: &Caller) -> Result<Reply, ApiError> {
    let manager = caller.manager();
    let mut listings = Vec::new();
    if manager.sees_all() {
        listings.push(Listing::All);
    } else {
        let mut teams =
            if manager.organizations.is_empty() { Vec::new() } else { visible(app, caller, None, None).await? };
        if let Some(user) = manager.user_id {
            teams.extend(joined(app, user).await?);
        }
        let mut ids: Vec<String> = teams.into_iter().map(|it| it.team_id).collect();
        ids.sort();
        ids.dedup();
        listings.extend(ids.into_iter().map(|id| Listing::Of("TEAM", id)));
    }
    let mut projects: Vec<Project> = Vec::new();
    for listing in &listings {
        let found = app.store.list_whole::<Project>(listing).await.map_err(failed)?;
        projects.extend(found.into_iter().map(|it| it.value));
    }
    Ok(Reply::json(StatusCode::OK, &show_all(app, &projects).await?))
}
