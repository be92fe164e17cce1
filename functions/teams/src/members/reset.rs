//! POST `/team/{team_id}/member/{user_id}/reset_spend` and `…/reset_budget`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{Limits, Member, Seat, Spender, Team};
use policy::request::reset_to;
use store::{Stored, membership};

use crate::access::{denied, failed, managed};
use crate::show::held;

pub(crate) async fn spend(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let (team, member) = member(app, req, caller).await?;
    // Otherwise an admin could use up the team's budget, whatever its own.
    if !caller.is_admin() && caller.user_id() == Some(member.value.user_id.as_str()) {
        return Err(denied("Cannot reset your own spend. Ask a proxy admin."));
    }
    let seat = Seat::in_team(Some(&team), &member.value);
    let account = gateway::account(app, &seat).await?;
    let limits = held(&seat, &account);
    let to = reset_to(&body, account.spend, limits.max_budget)?;
    let scope = gateway::current_scope(app, seat.kind().as_str(), seat.id(), &limits);
    let before = app.store.reset_total(&scope, to, app.clock().now_ms()).await.map_err(failed)?;
    let answer = Answer::new()
        .with("team_id", &member.value.team_id)
        .with("user_id", &member.value.user_id)
        .with("spend", &to)
        .with("previous_spend", &before)
        .with("max_budget", &limits.max_budget);
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// Gives a member the limits that the team has for its members.
pub(crate) async fn budget(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let (team, member) = member(app, req, caller).await?;
    let changed = Member {
        limits: Limits::default(),
        budget_id: None,
        updated_at: Some(gateway::timestamp(app)),
        ..member.value.clone()
    };
    app.store.update(&member, &changed).await.map_err(failed)?;
    app.forget_entities();
    let answer = Answer::new()
        .with("team_id", &changed.team_id)
        .with("user_id", &changed.user_id)
        .with("budget_id", &changed.budget_id)
        .with("previous_budget_id", &member.value.budget_id)
        .with("budget_source", changed.budget_source(&team));
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// The member of the path, in a team that the caller manages.
async fn member(app: &App, req: &Request, caller: &Caller) -> Result<(Team, Stored<Member>), ApiError> {
    let (team, user) = (req.path_param("team_id").unwrap_or_default(), req.path_param("user_id").unwrap_or_default());
    let met = managed(app, caller, team).await?;
    let member = app.store.find(&membership(team, user)).await.map_err(failed)?;
    let unknown = || {
        let message = format!("User {user} is not a member of team {team}.");
        ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", message).param("user_id")
    };
    Ok((met.team.value, member.ok_or_else(unknown)?))
}
