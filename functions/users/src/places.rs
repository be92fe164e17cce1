//! The teams and organizations that users are in.

use gateway::{ApiError, App, Caller, editor};
use policy::access::Role;
use policy::entity::{Member, Organization, OrganizationMember, Team};
use policy::key::Around;
use policy::organization;
use policy::team::join;
use policy::user::{New, Place};
use serde_json::Map;
use store::{Listing, Record, RecordId, StoreError, Stored};

use crate::{forbidden, stored};

/// The listing of a user's records of a kind.
pub(crate) fn of(user: &str) -> Listing {
    Listing::Of("USER", user.to_owned())
}

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

/// The places of a new user, and what surrounds its first key there.
pub(crate) struct Places {
    pub(crate) teams: Vec<Member>,
    pub(crate) organizations: Vec<OrganizationMember>,
    pub(crate) around: Around,
}

/// The places that a new user gets. Refuses teams and organizations that there are not, or that are not the caller's to
/// manage.
pub(crate) async fn prepare(app: &App, caller: &Caller, new: &New) -> Result<Places, ApiError> {
    let (editor, user) = (editor(app, caller), &new.user);
    let mut ids: Vec<RecordId> = new.teams.iter().map(|it| RecordId::of::<Team>(&it.team_id)).collect();
    ids.extend(new.organizations.iter().map(RecordId::of::<Organization>));
    let found = app.store.find_records(&ids).await.map_err(stored)?;
    let mut places = Places { teams: Vec::new(), organizations: Vec::new(), around: Around::default() };
    for Place { team_id, role, limits } in &new.teams {
        let Some(team) = found.get::<Team>(team_id).map_err(stored)? else {
            return Err(ApiError::invalid(format!("Team {team_id} does not exist.")).param("teams"));
        };
        if !caller.manager().may_manage_team(&team.value, None) {
            return Err(forbidden("Only who manages a team may add users to it.", "teams"));
        }
        let email = user.user_email.as_deref();
        places.teams.push(join(&team.value, &user.user_id, email, *role, limits, &editor)?);
        if new.key_is_of(team_id) {
            places.around.team = Some(team.value);
        }
    }
    for id in &new.organizations {
        let Some(organization) = found.get::<Organization>(id).map_err(stored)? else {
            return Err(ApiError::invalid(format!("Organization {id} does not exist.")).param("organizations"));
        };
        let role = Role::InternalUser;
        places.organizations.push(organization::join(id, &user.user_id, role, &Map::new(), &editor)?);
        if user.organization_id.as_ref() == Some(id) {
            places.around.organization = Some(organization.value);
        }
    }
    Ok(places)
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
