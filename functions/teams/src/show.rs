//! Teams with everything that is kept beside them: members, keys and what they have spent.

use futures_util::future::try_join_all;
use gateway::{Account, ApiError, App, Reply};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{Limits, Member, Seat, Spender, Team};
use policy::key::Key;
use policy::spend::Scope;
use store::{Listing, Measures};

use crate::access::failed;

/// Questions to the store at once.
const AT_ONCE: usize = 16;

/// The members of a team, in the order in which they were added.
pub(crate) async fn members(app: &App, team_id: &str) -> Result<Vec<Member>, ApiError> {
    let listing = Listing::Of("TEAM", team_id.to_owned());
    let members = app.store.list_whole::<Member>(&listing).await.map_err(failed)?;
    Ok(members.into_iter().rev().map(|it| it.value).collect())
}

/// The members of each team.
pub(crate) async fn members_of(app: &App, teams: &[Team]) -> Result<Vec<Vec<Member>>, ApiError> {
    let mut found = Vec::with_capacity(teams.len());
    for some in teams.chunks(AT_ONCE) {
        found.extend(try_join_all(some.iter().map(|team| members(app, &team.team_id))).await?);
    }
    Ok(found)
}

/// The keys of a team, as answers show them: without their hashes.
pub(crate) async fn keys(app: &App, team_id: &str, limit: Option<usize>) -> Result<Vec<Answer>, ApiError> {
    let listing = Listing::Of("TEAM", team_id.to_owned());
    let keys = match limit {
        Some(limit) => app.store.list_after::<Key>(&listing, 0, limit).await,
        None => app.store.list_whole::<Key>(&listing).await,
    };
    let keys: Vec<Key> = keys.map_err(failed)?.into_iter().map(|it| it.value).collect();
    let scopes: Vec<Scope> = keys.iter().map(|key| gateway::key_scope(app, key)).collect();
    let totals = app.store.find_totals(&scopes).await.map_err(failed)?;
    Ok(keys.iter().zip(totals).map(|(key, total)| key.info(total.spend)).collect())
}

/// The keys of each team.
pub(crate) async fn keys_of(app: &App, teams: &[Team]) -> Result<Vec<Vec<Answer>>, ApiError> {
    let mut found = Vec::with_capacity(teams.len());
    for some in teams.chunks(AT_ONCE) {
        found.extend(try_join_all(some.iter().map(|team| keys(app, &team.team_id, None))).await?);
    }
    Ok(found)
}

/// How many keys each team has.
pub(crate) async fn key_counts(app: &App, teams: &[Team]) -> Result<Vec<usize>, ApiError> {
    let listings: Vec<Listing> = teams.iter().map(|it| Listing::Of("TEAM", it.team_id.clone())).collect();
    let mut counts = Vec::with_capacity(teams.len());
    for some in listings.chunks(AT_ONCE) {
        counts.extend(try_join_all(some.iter().map(|it| app.store.count::<Key>(it))).await.map_err(failed)?);
    }
    Ok(counts)
}

/// The places of members in a team, as `team_memberships` shows them.
pub(crate) async fn memberships(app: &App, team: &Team, members: &[Member]) -> Result<Vec<Answer>, ApiError> {
    let seats: Vec<Seat> = members.iter().map(|it| Seat::in_team(Some(team), it)).collect();
    let accounts = gateway::accounts(app, &seats).await?;
    let ever: Vec<Scope> = seats.iter().map(|it| Scope::new(it.kind().as_str(), it.id())).collect();
    let ever = app.store.find_totals(&ever).await.map_err(failed)?;
    let each = members.iter().zip(&seats).zip(accounts).zip(ever);
    let show = |(((member, seat), account), ever): (((&Member, &Seat), Account), Measures)| {
        member.membership(team, &held(seat, &account), account.spend, ever.spend)
    };
    Ok(each.map(show).collect())
}

/// The limits that hold for someone: its own, and what its budget sets.
pub(crate) fn held<T: Spender>(entity: &T, account: &Account) -> Limits {
    match &account.budget {
        Some(budget) => entity.limits().over(&budget.limits),
        None => entity.limits().clone(),
    }
}

/// The team, with its members and what it has spent.
pub(crate) async fn team(app: &App, team: &Team) -> Result<Answer, ApiError> {
    let (members, account) = (members(app, &team.team_id).await?, gateway::account(app, team).await?);
    Ok(team.answer(&members, account.spend))
}

/// The team as the answer of a route.
pub(crate) async fn reply(app: &App, changed: &Team) -> Result<Reply, ApiError> {
    Ok(Reply::json(StatusCode::OK, &team(app, changed).await?))
}
