//! Whom a caller may see and manage.

use gateway::{ApiError, App, Caller};
use policy::access::Role;
use policy::entity::{Member, OrganizationMember, TeamRole, User};
use store::{RecordId, membership};

use crate::places::members_of;
use crate::stored;

/// Whether the caller may see a user: admins and viewers everyone, everyone themselves, admins of organizations and of
/// teams whom they have there.
pub(crate) async fn may_see(app: &App, caller: &Caller, id: &str) -> Result<bool, ApiError> {
    if caller.manager().sees_all() || caller.user_id() == Some(id) {
        return Ok(true);
    }
    let teams: Vec<String> = administered(app, caller).await?.iter().map(|team| membership(team, id)).collect();
    let organizations: Vec<String> = caller.organizations.iter().map(|it| membership(it, id)).collect();
    let mut ids: Vec<RecordId> = teams.iter().map(RecordId::of::<Member>).collect();
    ids.extend(organizations.iter().map(RecordId::of::<OrganizationMember>));
    let found = app.store.find_records(&ids).await.map_err(stored)?;
    for team in &teams {
        if found.get::<Member>(team).map_err(stored)?.is_some() {
            return Ok(true);
        }
    }
    for organization in &organizations {
        if found.get::<OrganizationMember>(organization).map_err(stored)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The teams that the caller administers, by id.
pub(crate) async fn administered(app: &App, caller: &Caller) -> Result<Vec<String>, ApiError> {
    let Some(own) = caller.user_id() else { return Ok(Vec::new()) };
    let teams = members_of::<Member>(app, own).await?;
    Ok(teams.into_iter().filter(|team| team.value.role == TeamRole::Admin).map(|it| it.value.team_id).collect())
}

/// Whether the caller may delete a user who is in these organizations: an admin everyone, an admin of organizations
/// whoever is in these alone and no admin.
pub(crate) fn may_delete(caller: &Caller, user: &User, organizations: &[OrganizationMember]) -> bool {
    let manager = caller.manager();
    let is_admin = matches!(user.user_role, Some(Role::ProxyAdmin | Role::ProxyAdminViewer));
    let mut all = organizations.iter().map(|it| it.organization_id.as_str());
    let inside = !organizations.is_empty() && all.all(|it| manager.may_manage_organization(Some(it)));
    manager.is_admin() || (inside && !is_admin && caller.user_id() != Some(user.user_id.as_str()))
}
