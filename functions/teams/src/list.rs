//! GET `/team/list`, and which teams a caller may list.

use std::collections::BTreeMap;

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{Deleted, Member, Team};
use store::{Listing, RecordId};

use crate::access::failed;
use crate::deleted::visible as visible_deleted;
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let user = req.query_param("user_id").filter(|it| !it.is_empty());
    let organization = req.query_param("organization_id").filter(|it| !it.is_empty());
    match req.query_param("status").filter(|it| !it.is_empty()) {
        None => {}
        Some("deleted") => {
            let mut teams = visible_deleted(app, caller, user, organization).await?;
            teams.sort_by_key(|it| std::cmp::Reverse(it.deletion.deleted_at));
            let shown: Vec<Answer> = teams.iter().map(Deleted::answer).collect();
            return Ok(Reply::json(StatusCode::OK, &shown));
        }
        Some(_) => return Err(ApiError::invalid("`status` must be deleted, or left out.").param("status")),
    }
    let mut teams = visible(app, caller, user, None).await?;
    teams.retain(|team| match organization {
        None => true,
        Some("default_organization") => team.organization_id.is_none(),
        Some(asked) => team.organization_id.as_deref() == Some(asked),
    });
    teams.sort_by(|one, other| (&one.team_alias, &one.team_id).cmp(&(&other.team_alias, &other.team_id)));
    let members = show::members_of(app, &teams).await?;
    let keys = show::keys_of(app, &teams).await?;
    let accounts = gateway::accounts(app, &teams).await?;
    let mut entries: Vec<Answer> = Vec::with_capacity(teams.len());
    for (((team, members), keys), account) in teams.iter().zip(&members).zip(keys).zip(accounts) {
        let asked: Vec<Member> =
            members.iter().filter(|it| user.is_none_or(|user| it.user_id == user)).cloned().collect();
        let places = show::memberships(app, team, &asked).await?;
        entries.push(team.answer(members, account.spend).with("team_memberships", &places).with("keys", &keys));
    }
    Ok(Reply::json(StatusCode::OK, &entries))
}

/// The teams that the caller may see, of which `user` is a member, if asked for, and that belong to `organization`.
///
/// Those who see everything see all of them; admins of organizations the teams of these, and their own; others their
/// own, and only when they ask for these.
pub(crate) async fn visible(
    app: &App,
    caller: &Caller,
    user: Option<&str>,
    organization: Option<&str>,
) -> Result<Vec<Team>, ApiError> {
    let manager = caller.manager();
    let is_own = user.is_some() && user == manager.user_id;
    if manager.sees_all() {
        return match (user, organization) {
            (Some(user), _) => joined(app, user).await,
            (None, Some(organization)) => of(app, &Listing::Of("ORGANIZATION", organization.to_owned())).await,
            (None, None) => of(app, &Listing::All).await,
        };
    }
    if is_own {
        return joined(app, user.unwrap_or_default()).await;
    }
    if manager.organizations.is_empty() {
        let message = "Only admin users can query all teams/other teams. Pass your own user_id to see your teams.";
        return Err(ApiError::unauthorized(message));
    }
    let mut teams = Vec::new();
    for organization in manager.organizations {
        teams.extend(of(app, &Listing::Of("ORGANIZATION", organization.clone())).await?);
    }
    if let Some(user) = user {
        let joined: Vec<String> = joined(app, user).await?.into_iter().map(|it| it.team_id).collect();
        teams.retain(|team| joined.contains(&team.team_id));
    }
    Ok(teams)
}

/// The teams of a listing.
async fn of(app: &App, listing: &Listing) -> Result<Vec<Team>, ApiError> {
    let teams = app.store.list_whole::<Team>(listing).await.map_err(failed)?;
    Ok(teams.into_iter().map(|it| it.value).collect())
}

/// The teams that a user is a member of.
pub(crate) async fn joined(app: &App, user: &str) -> Result<Vec<Team>, ApiError> {
    let listing = Listing::Of("USER", user.to_owned());
    let places = app.store.list_whole::<Member>(&listing).await.map_err(failed)?;
    let ids: Vec<String> = places.into_iter().map(|it| it.value.team_id).collect();
    find_all(app, &ids).await
}

/// The teams with these ids, without those that are not there.
pub(crate) async fn find_all(app: &App, ids: &[String]) -> Result<Vec<Team>, ApiError> {
    let records: Vec<RecordId> = ids.iter().map(RecordId::of::<Team>).collect();
    let found = app.store.find_records(&records).await.map_err(failed)?;
    let mut teams: BTreeMap<String, Team> = BTreeMap::new();
    for id in ids {
        teams.extend(found.get::<Team>(id).map_err(failed)?.map(|it| (id.clone(), it.value)));
    }
    Ok(teams.into_values().collect())
}
