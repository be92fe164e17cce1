//! GET `/user/info` and `/v2/user/info`.

use gateway::{ApiError, App, Caller, Reply, Request, account, current_scope};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{OrganizationMember, Team, User};
use policy::key::Key;
use policy::user::memberships;
use store::RecordId;

use crate::access::{administered, may_see};
use crate::places::{members_of, teams_of};
use crate::{find, forbidden, missing, stored};

/// The user with its keys and teams. An admin who asks for nobody is told what the admin has, also without a user.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let named = named(req);
    let Some(id) = named.or(caller.user_id()) else { return Err(missing("None")) };
    if !may_see(app, caller, id).await? {
        return Err(forbidden("This user is not one whom the caller may see.", "user_id"));
    }
    let user = match app.store.find::<User>(id).await.map_err(stored)? {
        Some(user) => Some(user.value),
        None if named.is_none() && caller.is_admin() => None,
        None => return Err(missing(id)),
    };
    let sight = sight(app, caller, id).await?;
    let mut teams = teams(app, id).await?;
    teams.retain(|team| sight.shows(Some(&team.team_id), team.organization_id.as_deref()));
    let info = match &user {
        Some(user) => Some(describe(app, user, &teams, &sight).await?),
        None => None,
    };
    let scopes: Vec<_> = teams.iter().map(|it| current_scope(app, "team", &it.team_id, &it.limits)).collect();
    let totals = app.store.find_totals(&scopes).await.map_err(stored)?;
    let shown: Vec<Answer> = teams.iter().zip(totals).map(|(team, total)| team.answer(&[], total.spend)).collect();
    let answer = Answer::new()
        .with("user_id", id)
        .with("user_info", &info)
        .with("keys", &keys(app, id, &teams, &sight).await?)
        .with("teams", &shown);
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// What of a user's teams, organizations and keys a caller is shown.
struct Sight<'a> {
    whole: bool,
    teams: Vec<String>,
    organizations: &'a [String],
}

impl Sight<'_> {
    fn shows(&self, team: Option<&str>, organization: Option<&str>) -> bool {
        let holds = |ids: &[String], id: Option<&str>| id.is_some_and(|id| ids.iter().any(|it| it == id));
        self.whole || holds(&self.teams, team) || holds(self.organizations, organization)
    }
}

/// Admins of a team or an organization may take anybody in: that shows them what is theirs, and no more.
async fn sight<'a>(app: &App, caller: &'a Caller, id: &str) -> Result<Sight<'a>, ApiError> {
    let whole = caller.manager().sees_all() || caller.user_id() == Some(id);
    let teams = if whole { Vec::new() } else { administered(app, caller).await? };
    Ok(Sight { whole, teams, organizations: &caller.organizations })
}

/// The user alone. Whom the caller may not see is answered as if there were none.
pub(crate) async fn short(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let required = || ApiError::invalid("`user_id` is required with a key that belongs to no user.").param("user_id");
    let id = named(req).or(caller.user_id()).ok_or_else(required)?;
    if !may_see(app, caller, id).await? {
        return Err(missing(id));
    }
    let user = find(app, id).await?.value;
    let account = account(app, &user).await?;
    Ok(Reply::json(StatusCode::OK, &user.short(account.spend, &teams_of(app, id).await?)))
}

fn named(req: &Request) -> Option<&str> {
    req.query_param("user_id").filter(|id| !id.is_empty())
}

async fn describe(app: &App, user: &User, teams: &[Team], sight: &Sight<'_>) -> Result<Answer, ApiError> {
    let account = account(app, user).await?;
    let teams: Vec<String> = teams.iter().map(|team| team.team_id.clone()).collect();
    let organizations = members_of::<OrganizationMember>(app, &user.user_id).await?;
    let organizations = organizations.into_iter().map(|it| it.value);
    let organizations: Vec<OrganizationMember> =
        organizations.filter(|it| sight.shows(None, Some(&it.organization_id))).collect();
    Ok(user.answer(account.spend, &teams).with("organization_memberships", &memberships(&organizations)))
}

/// The user's teams, by their names.
async fn teams(app: &App, user: &str) -> Result<Vec<Team>, ApiError> {
    let ids = teams_of(app, user).await?;
    let records: Vec<RecordId> = ids.iter().map(RecordId::of::<Team>).collect();
    let found = app.store.find_records(&records).await.map_err(stored)?;
    let mut teams: Vec<Team> = Vec::new();
    for id in &ids {
        teams.extend(found.get::<Team>(id).map_err(stored)?.map(|it| it.value));
    }
    teams.sort_by(|one, other| one.team_alias.cmp(&other.team_alias));
    Ok(teams)
}

async fn keys(app: &App, user: &str, teams: &[Team], sight: &Sight<'_>) -> Result<Vec<Answer>, ApiError> {
    let of_shown_team = |key: &Key| teams.iter().any(|team| key.team_id.as_ref() == Some(&team.team_id));
    let shown = |key: &Key| sight.shows(None, key.organization_id.as_deref()) || of_shown_team(key);
    let keys = members_of::<Key>(app, user).await?.into_iter().map(|it| it.value);
    let keys: Vec<Key> = keys.filter(shown).collect();
    let scopes: Vec<_> = keys.iter().map(|key| gateway::key_scope(app, key)).collect();
    let totals = app.store.find_totals(&scopes).await.map_err(stored)?;
    let alias = |key: &Key| {
        let team = key.team_id.as_ref().and_then(|id| teams.iter().find(|team| team.team_id == *id));
        team.and_then(|team| team.team_alias.clone())
    };
    let shown = keys.iter().zip(totals).map(|(key, total)| key.full(total.spend).with("team_alias", &alias(key)));
    Ok(shown.collect())
}
