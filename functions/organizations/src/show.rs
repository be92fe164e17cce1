//! Organizations with everything that is kept beside them: members, teams and what they have spent.

use futures_util::future::try_join_all;
use gateway::{Account, ApiError, App};
use policy::answer::Answer;
use policy::entity::{Limits, Organization, OrganizationMember, Spender, Team, User};
use policy::money::Usd;
use policy::spend::{Scope, pair};
use store::{Listing, Record, RecordId};

use crate::access::failed;

/// Organizations that are looked at at once.
const AT_ONCE: usize = 8;

/// The organization with its members and teams.
pub(crate) async fn whole(app: &App, organization: &Organization) -> Result<Answer, ApiError> {
    let listing = Listing::Of("ORGANIZATION", organization.organization_id.clone());
    let members = members(app, &all::<OrganizationMember>(app, &listing).await?).await?;
    let teams = all::<Team>(app, &listing).await?;
    let accounts = gateway::accounts(app, &teams).await?;
    let teams: Vec<Answer> = teams.iter().zip(accounts).map(|(team, account)| brief_team(team, &account)).collect();
    Ok(alone(app, organization).await?.with("members", &members).with("teams", &teams))
}

/// The organizations with their members and teams.
pub(crate) async fn wholes(app: &App, organizations: &[Organization]) -> Result<Vec<Answer>, ApiError> {
    let mut shown = Vec::with_capacity(organizations.len());
    for some in organizations.chunks(AT_ONCE) {
        shown.extend(try_join_all(some.iter().map(|it| whole(app, it))).await?);
    }
    Ok(shown)
}

/// The organization alone.
pub(crate) async fn alone(app: &App, organization: &Organization) -> Result<Answer, ApiError> {
    let account = gateway::account(app, organization).await?;
    let own = organization.limits();
    let limits: Limits = account.budget.map_or_else(|| own.clone(), |it| own.over(&it.limits));
    Ok(organization.answer(&limits, account.spend))
}

/// A team without its members, who are looked up team by team.
fn brief_team(team: &Team, account: &Account) -> Answer {
    let mut answer = team.answer(&[], account.spend);
    drop(answer.take("members_with_roles"));
    answer
}

/// Members with their users and what they have spent in the organization.
pub(crate) async fn members(app: &App, members: &[OrganizationMember]) -> Result<Vec<Answer>, ApiError> {
    let ids: Vec<RecordId> = members.iter().map(|it| RecordId::of::<User>(it.user_id.as_str())).collect();
    let users = app.store.find_records(&ids).await.map_err(failed)?;
    let scope = |it: &OrganizationMember| Scope::new("organization_member", pair(&it.organization_id, &it.user_id));
    let scopes: Vec<Scope> = members.iter().map(scope).collect();
    let totals = app.store.find_totals(&scopes).await.map_err(failed)?;
    let show = |(member, spend): (&OrganizationMember, Usd)| {
        let user = users.get::<User>(&member.user_id).map_err(failed)?.map(|it| it.value);
        Ok(member.answer(user.as_ref(), spend))
    };
    members.iter().zip(totals.into_iter().map(|it| it.spend)).map(show).collect()
}

pub(crate) async fn all<T: Record>(app: &App, listing: &Listing) -> Result<Vec<T>, ApiError> {
    let found = app.store.list_whole::<T>(listing).await.map_err(failed)?;
    Ok(found.into_iter().map(|it| it.value).collect())
}
