//! POST `/user/delete`.

use gateway::{ApiError, App, Caller, Reply, Request, json_object, required_list};
use http::StatusCode;
use policy::entity::{Deletion, Member, OrganizationMember, Seat, Team, User};
use policy::key::Key;
use store::{RecordId, Stored};

use crate::access::may_delete;
use crate::places::members_of;
use crate::{find, forbidden, stored};

/// Deletes every user that is named, or none: all are looked up before the first goes.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let mut users: Vec<Stored<User>> = Vec::new();
    for id in required_list(&body, "user_ids")? {
        let user = find(app, id).await?;
        let organizations = members_of::<OrganizationMember>(app, id).await?;
        let organizations: Vec<OrganizationMember> = organizations.into_iter().map(|it| it.value).collect();
        if !may_delete(caller, &user.value, &organizations) {
            let message = "Only a proxy admin, or an admin of all of a user's organizations, may delete the user.";
            return Err(forbidden(message, "user_ids"));
        }
        if !users.iter().any(|known| known.value.user_id == user.value.user_id) {
            users.push(user);
        }
    }
    let deletion = gateway::deletion(app, req, caller);
    for user in &users {
        remove(app, user, &deletion).await?;
    }
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &users.len()))
}

/// Removes a user after its keys and places, so that a request that breaks off can be repeated.
pub(crate) async fn remove(app: &App, user: &Stored<User>, deletion: &Deletion) -> Result<(), ApiError> {
    let id = &user.value.user_id;
    for key in members_of::<Key>(app, id).await? {
        gateway::remove_key(app, &key, deletion).await.map_err(stored)?;
    }
    let places = members_of::<Member>(app, id).await?;
    let teams: Vec<RecordId> = places.iter().map(|it| RecordId::of::<Team>(it.value.team_id.as_str())).collect();
    let teams = app.store.find_records(&teams).await.map_err(stored)?;
    for place in &places {
        let team = teams.get::<Team>(&place.value.team_id).map_err(stored)?;
        gateway::remove_member(app, team.as_ref().map(|it| &it.value), place).await.map_err(stored)?;
    }
    for place in members_of::<OrganizationMember>(app, id).await? {
        gateway::remove_seat(app, &Seat::in_organization(&place.value), &place).await.map_err(stored)?;
    }
    gateway::remove(app, user).await.map_err(stored)
}
