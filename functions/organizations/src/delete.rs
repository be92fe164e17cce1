//! DELETE `/organization/delete`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::entity::{Member, Organization, OrganizationMember, Team};
use policy::key::Key;
use store::{Listing, Record, StoreError};

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
    for organization in organizations {
        sweep(app, &organization.value.organization_id).await?;
        // It goes last, so that what fails half-way can be asked for again.
        app.store.delete(&organization).await.map_err(failed)?;
    }
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &shown))
}

/// Deletes what belongs to an organization: keys, teams with their keys and members, and its own members.
async fn sweep(app: &App, id: &str) -> Result<(), ApiError> {
    let listing = Listing::Of("ORGANIZATION", id.to_owned());
    keys(app, &listing).await?;
    for team in show::all::<Team>(app, &listing).await? {
        let of_team = Listing::Of("TEAM", team.team_id.clone());
        keys(app, &of_team).await?;
        delete_all::<Member>(app, &of_team).await?;
    }
    delete_all::<Team>(app, &listing).await?;
    delete_all::<OrganizationMember>(app, &listing).await
}

async fn keys(app: &App, listing: &Listing) -> Result<(), ApiError> {
    for key in show::all::<Key>(app, listing).await? {
        app.forget_key(&key.token);
    }
    delete_all::<Key>(app, listing).await
}

async fn delete_all<T: Record>(app: &App, listing: &Listing) -> Result<(), ApiError> {
    for record in app.store.list_whole::<T>(listing).await.map_err(failed)? {
        match app.store.delete(&record).await {
            // Someone else has deleted it meanwhile.
            Ok(()) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}
