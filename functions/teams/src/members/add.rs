//! POST `/team/member_add`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{Member, Team, TeamRole, User};
use policy::member::Named;
use policy::money::Usd;
use serde_json::{Map, Value};
use store::{Listing, StoreError};

use crate::access::{Met, denied, failed, find, managed, missing};
use crate::{available, show};

/// Members that were added, each with its user.
pub(crate) struct Added {
    pub(crate) team: Team,
    pub(crate) members: Vec<(Member, User)>,
}

pub(crate) async fn one(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = policy::team::requested(&body, "member")?;
    if named.is_empty() {
        return Err(ApiError::invalid("`member` is required.").param("member"));
    }
    let added = add(app, caller, &body, &named).await?;
    Ok(Reply::json(StatusCode::OK, &answer(app, &added).await?))
}

/// Adds members to the team of the request, without those who are in it already. Nobody is added when all are.
pub(crate) async fn add(
    app: &App,
    caller: &Caller,
    body: &Map<String, Value>,
    named: &[Named<TeamRole>],
) -> Result<Added, ApiError> {
    let team_id = gateway::required(body, "team_id")?;
    let team = match find(app, caller, team_id).await? {
        Some(met) if joins_itself(app, caller, &met, body, named)? => met.team.value,
        None if caller.is_admin() => return Err(missing(team_id)),
        _ => managed(app, caller, team_id).await?.team.value,
    };
    let editor = gateway::editor(app, caller);
    let mut members = Vec::new();
    for asked in named {
        // What a request sets is looked at before anyone is made a user for it.
        policy::team::join(&team, "", None, asked.role, body, &editor)?;
    }
    for asked in named {
        let user = gateway::enrol(app, caller, asked.user_id.as_deref(), asked.user_email.as_deref()).await?;
        let email = user.user_email.as_deref().or(asked.user_email.as_deref());
        let member = policy::team::join(&team, &user.user_id, email, asked.role, body, &editor)?;
        match app.store.create(&member).await {
            Ok(_) => members.push((member, user)),
            Err(StoreError::Exists) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    if members.is_empty() {
        let message = "User already in team.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "team_member_already_in_team", message).param("member"));
    }
    app.forget_entities();
    Ok(Added { team, members })
}

/// Whether someone joins a team that is open to anyone: itself alone, as a user, with no limits of its own choice.
fn joins_itself(
    app: &App,
    caller: &Caller,
    met: &Met,
    body: &Map<String, Value>,
    named: &[Named<TeamRole>],
) -> Result<bool, ApiError> {
    let (manager, team) = (caller.manager(), &met.team.value);
    let is_open = available::open(app).contains(&team.team_id);
    if !is_open || manager.may_manage_team(team, met.own.as_ref()) {
        return Ok(false);
    }
    let plain = body.iter().all(|(field, value)| matches!(field.as_str(), "team_id" | "member") || value.is_null());
    let is_itself = |it: &Named<TeamRole>| {
        it.role == TeamRole::User && it.user_id.is_some() && it.user_id.as_deref() == manager.user_id
    };
    if plain && named.iter().all(is_itself) {
        Ok(true)
    } else {
        Err(denied("Who joins an open team adds itself alone, as a user and without limits or models."))
    }
}

/// The team, with the users and memberships that are new.
pub(crate) async fn answer(app: &App, added: &Added) -> Result<Answer, ApiError> {
    let mut users = Vec::new();
    for (_, user) in &added.members {
        users.push(user_answer(app, user).await?);
    }
    let members: Vec<Member> = added.members.iter().map(|(member, _)| member.clone()).collect();
    let memberships = show::memberships(app, &added.team, &members).await?;
    // The list of members may not know the new ones yet.
    let mut roster = show::members(app, &added.team.team_id).await?;
    let known: Vec<String> = roster.iter().map(|it| it.user_id.clone()).collect();
    roster.extend(members.into_iter().filter(|it| !known.contains(&it.user_id)));
    let team = added.team.answer(&roster, gateway::account(app, &added.team).await?.spend);
    Ok(team.with("updated_users", &users).with("updated_team_memberships", &memberships))
}

/// A user with its teams.
pub(crate) async fn user_answer(app: &App, user: &User) -> Result<Answer, ApiError> {
    let listing = Listing::Of("USER", user.user_id.clone());
    let places = app.store.list_whole::<Member>(&listing).await.map_err(failed)?;
    let teams: Vec<String> = places.into_iter().map(|it| it.value.team_id).collect();
    let spend = gateway::account(app, user).await.map_or(Usd::ZERO, |it| it.spend);
    Ok(user.answer(spend, &teams))
}
