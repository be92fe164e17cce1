//! The teams and organizations that users are in.

use gateway::{ApiError, App, Caller, editor};
use policy::access::Role;
use policy::entity::{Member, Organization, OrganizationMember, Team};
use policy::organization;
use policy::team::join;
use policy::user::{New, Place};
use serde_json::Map;
use store::{Record, RecordId, StoreError, Stored};

use crate::access::of;
use crate::{forbidden, stored};

/// A user's places of a kind.
pub(crate) async fn members_of<T: Record>(app: &App, user: &str) -> Result<Vec<Stored<T>>, ApiError> {
    app.store.list_whole(&of(user)).await.map_err(stored)
}

/// The ids of a user's teams.
pub(crate) async fn teams_of(app: &App, user: &str) -> Result<Vec<String>, ApiError> {
    let members = members_of::<Member>(app, user).await?;
    let mut teams: Vec<String> = members.into_iter().map(|it| it.value.team_id).collect();
    teams.sort_unstable();
    Ok(teams)
}

/// The places that a new user gets. Refuses teams and organizations that there are not, or that are not the caller's to
/// manage.
pub(crate) async fn prepare(
    app: &App,
    caller: &Caller,
    new: &New,
) -> Result<(Vec<Member>, Vec<OrganizationMember>), ApiError> {
    let (editor, user) = (editor(app, caller), &new.user);
    let mut ids: Vec<RecordId> = new.teams.iter().map(|it| RecordId::of::<Team>(&it.team_id)).collect();
    ids.extend(new.organizations.iter().map(RecordId::of::<Organization>));
    let found = app.store.find_records(&ids).await.map_err(stored)?;
    let mut members = Vec::new();
    for Place { team_id, role, limits } in &new.teams {
        let Some(team) = found.get::<Team>(team_id).map_err(stored)? else {
            return Err(ApiError::invalid(format!("Team {team_id} does not exist.")).param("teams"));
        };
        if !caller.manager().may_manage_team(&team.value, None) {
            return Err(forbidden("Only who manages a team may add users to it.", "teams"));
        }
        let email = user.user_email.as_deref();
        members.push(join(&team.value, &user.user_id, email, *role, limits, &editor)?);
    }
    let mut places = Vec::new();
    for id in &new.organizations {
        if found.get::<Organization>(id).map_err(stored)?.is_none() {
            return Err(ApiError::invalid(format!("Organization {id} does not exist.")).param("organizations"));
        }
        places.push(organization::join(id, &user.user_id, Role::InternalUser, &Map::new(), &editor)?);
    }
    Ok((members, places))
}

/// Gives a new user places. Doing it twice changes nothing.
pub(crate) async fn take<T: Record>(app: &App, places: &[T]) -> Result<(), ApiError> {
    for place in places {
        match app.store.create(place).await {
            Ok(_) | Err(StoreError::Exists) => {}
            Err(error) => return Err(stored(error)),
        }
    }
    Ok(())
}
