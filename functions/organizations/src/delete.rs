//! DELETE `/organization/delete`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::entity::{Deletion, Member, Organization, OrganizationMember, Seat, Team};
use policy::key::Key;
use store::{Listing, StoreError};

use crate::access::{admins_only, failed, managed};
use crate::show;

/// Deletes every organization that is named, or none: all are looked up before the first goes.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    admins_only(caller, "delete")?;
    let mut ids = gateway::required_list(&body, "organization_ids")?;
    ids.sort_unstable();
    ids.dedup();
    let mut organizations = Vec::new();
    for id in ids {
        organizations.push(managed(app, caller, id).await?);
    }
    let values: Vec<Organization> = organizations.iter().map(|it| it.value.clone()).collect();
    let shown = show::wholes(app, &values).await?;
    let deletion = gateway::deletion(app, req, caller);
    for organization in organizations {
        sweep(app, &organization.value.organization_id, &deletion).await?;
        // It goes last, so that what fails half-way can be asked for again.
        gateway::remove(app, &organization).await.map_err(failed)?;
    }
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &shown))
}

/// Deletes what belongs to an organization: keys, teams with their keys and members, and its own members.
async fn sweep(app: &App, id: &str, deletion: &Deletion) -> Result<(), ApiError> {
    let listing = Listing::Of("ORGANIZATION", id.to_owned());
    keys(app, &listing, deletion).await?;
    for team in app.store.list_whole::<Team>(&listing).await.map_err(failed)? {
        let of_team = Listing::Of("TEAM", team.value.team_id.clone());
        keys(app, &of_team, deletion).await?;
        for member in app.store.list_whole::<Member>(&of_team).await.map_err(failed)? {
            gone(gateway::remove_member(app, Some(&team.value), &member).await)?;
        }
        gone(gateway::remove_team(app, &team, deletion).await)?;
    }
    for member in app.store.list_whole::<OrganizationMember>(&listing).await.map_err(failed)? {
        gone(gateway::remove_seat(app, &Seat::in_organization(&member.value), &member).await)?;
    }
    Ok(())
}

async fn keys(app: &App, listing: &Listing, deletion: &Deletion) -> Result<(), ApiError> {
    for key in app.store.list_whole::<Key>(listing).await.map_err(failed)? {
        gone(gateway::remove_key(app, &key, deletion).await)?;
    }
    Ok(())
}

/// What someone else has deleted meanwhile is gone as well.
fn gone(deleted: Result<(), StoreError>) -> Result<(), ApiError> {
    match deleted {
        Err(StoreError::NotFound) => Ok(()),
        other => other.map_err(failed),
    }
}
