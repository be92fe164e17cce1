//! POST `/team/delete`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::entity::{Deletion, Member, Team};
use policy::key::Key;
use serde_json::json;
use store::{Listing, StoreError, Stored};

use crate::access::{failed, managed};

/// Deletes every team that is named, or none: all are looked up before the first goes.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let mut ids = gateway::required_list(&body, "team_ids")?;
    ids.sort_unstable();
    ids.dedup();
    let mut teams = Vec::new();
    for id in &ids {
        teams.push(managed(app, caller, id).await?.team);
    }
    let deletion = gateway::deletion(app, req, caller);
    for team in teams {
        delete(app, team, &deletion).await?;
    }
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &json!({"deleted_teams": ids})))
}

/// Deletes a team with its keys and the places of its members. The team goes last, so that what fails half-way can be
/// asked for again; it is blocked first, so that no call passes meanwhile.
async fn delete(app: &App, team: Stored<Team>, deletion: &Deletion) -> Result<(), ApiError> {
    let blocked = Team { blocked: true, ..team.value.clone() };
    let team = app.store.update(&team, &blocked).await.map_err(failed)?;
    let listing = Listing::Of("TEAM", team.value.team_id.clone());
    for key in app.store.list_whole::<Key>(&listing).await.map_err(failed)? {
        gone(gateway::remove_key(app, &key, deletion).await)?;
    }
    for member in app.store.list_whole::<Member>(&listing).await.map_err(failed)? {
        gone(gateway::remove_member(app, Some(&team.value), &member).await)?;
    }
    gateway::remove_team(app, &team, deletion).await.map_err(failed)
}

/// What someone else has deleted meanwhile is gone as well.
fn gone(deleted: Result<(), StoreError>) -> Result<(), ApiError> {
    match deleted {
        Err(StoreError::NotFound) => Ok(()),
        other => other.map_err(failed),
    }
}
