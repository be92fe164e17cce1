//! Which keys a caller may list.

use gateway::{ApiError, App, Caller};
use http::StatusCode;
use policy::entity::{Member, OrganizationMember, Team, TeamRole};
use policy::key::{Key, Page, View};
use store::{Listing, RecordId, membership};

use crate::around::{unread, values};

/// The keys that the page may show: those of all views together. Fixes the page's user for everyone but admins.
pub(crate) async fn views(app: &App, caller: &Caller, page: &mut Page) -> Result<Vec<View>, ApiError> {
    if caller.manager().sees_all() {
        return Ok(of_admin(page));
    }
    let user = caller.user_id().ok_or_else(|| refused("user_id", "No 'user_id' is associated with your API key."))?;
    if page.filter.user_id.as_deref().is_some_and(|asked| asked != user) {
        return Err(refused("user_id", "You are not authorized to check another user's keys"));
    }
    if let Some(organization) = &page.filter.organization_id {
        if caller.manager().may_manage_organization(Some(organization)) {
            return Ok(vec![View::OfOrganization(organization.clone())]);
        }
        let place = membership(organization, user);
        if app.store.find::<OrganizationMember>(&place).await.map_err(unread)?.is_none() {
            return Err(refused("organization_id", "You are not authorized to check this organization's keys"));
        }
    }
    let mut teams = Vec::new();
    if page.team_keys || page.created_by_keys || page.filter.team_id.is_some() {
        teams = teams_of(app, user).await?;
    }
    if let Some(team) = &page.filter.team_id
        && !teams.iter().any(|(it, _)| it.team_id == *team)
    {
        return Err(refused("team_id", "You are not authorized to check this team's keys"));
    }
    // The user is in the view; as a filter it would hide the keys of the teams.
    page.filter.user_id = None;
    let mut views = vec![View::OfUser(user.to_owned())];
    if page.created_by_keys {
        let of_teams = teams.iter().map(|(team, _)| team.team_id.clone()).collect();
        views.push(View::MadeBy(user.to_owned(), Some(of_teams)));
    }
    if page.team_keys || page.created_by_keys {
        views.extend(teams.iter().map(|(team, member)| {
            let lists = || team.team_member_permissions.iter().any(|it| it == "/key/list");
            let whole = page.team_keys && (member.role == TeamRole::Admin || lists());
            let id = team.team_id.clone();
            if whole { View::OfTeam(id) } else { View::ServiceAccounts(id) }
        }));
    }
    Ok(views)
}

fn of_admin(page: &mut Page) -> Vec<View> {
    match page.filter.user_id.clone().filter(|_| !page.filter.substring) {
        None => vec![View::All],
        Some(user) if page.created_by_keys => {
            page.filter.user_id = None;
            vec![View::OfUser(user.clone()), View::MadeBy(user, None)]
        }
        Some(user) => vec![View::OfUser(user)],
    }
}

fn refused(param: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param(param)
}

/// The user's teams, with the user's place in each.
pub(crate) async fn teams_of(app: &App, user: &str) -> Result<Vec<(Team, Member)>, ApiError> {
    let listing = Listing::Of("USER", user.to_owned());
    let members: Vec<Member> = values(app.store.list_whole(&listing).await.map_err(unread)?);
    let ids: Vec<RecordId> = members.iter().map(|it| RecordId::of::<Team>(it.team_id.as_str())).collect();
    let found = app.store.find_records(&ids).await.map_err(unread)?;
    let mut teams = Vec::new();
    for member in members {
        if let Some(team) = found.get::<Team>(&member.team_id).map_err(unread)? {
            teams.push((team.value, member));
        }
    }
    Ok(teams)
}

/// Every key of a view, read from the narrowest list that has them all.
pub(crate) async fn read(app: &App, view: &View, page: &Page) -> Result<Vec<Key>, ApiError> {
    let keys = app.store.list_whole::<Key>(&listing(view, page)).await.map_err(unread)?;
    Ok(values(keys).into_iter().filter(|key| view.holds(key)).collect())
}

/// The narrowest list that has all keys of a view.
pub(crate) fn listing(view: &View, page: &Page) -> Listing {
    let filter = &page.filter;
    let list = match view {
        View::OfUser(user) => Some(("USER", user)),
        View::MadeBy(user, _) => Some(("CREATOR", user)),
        View::OfTeam(team) | View::ServiceAccounts(team) => Some(("TEAM", team)),
        View::OfOrganization(organization) => Some(("ORGANIZATION", organization)),
        View::All => None,
    };
    let narrower =
        [("PROJECT", &filter.project_id), ("TEAM", &filter.team_id), ("ORGANIZATION", &filter.organization_id)];
    let list = list.or_else(|| narrower.into_iter().find_map(|(kind, id)| Some((kind, id.as_ref()?))));
    list.map_or(Listing::All, |(kind, id)| Listing::Of(kind, id.clone()))
}
