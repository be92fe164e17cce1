//! POST `/team/member_update`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;

use super::{find, unknown};
use crate::access::{failed, managed};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = policy::member::named(&body)?;
    let met = managed(app, caller, gateway::required(&body, "team_id")?).await?;
    let team_id = &met.team.value.team_id;
    let member = find(app, team_id, &named).await?.ok_or_else(|| unknown(&named))?;
    let changed = policy::team::update_member(&member.value, &body, &gateway::editor(app, caller))?;
    let member = app.store.update(&member, &changed).await.map_err(failed)?.value;
    app.forget_entities();
    let limits = &member.limits;
    let answer = Answer::new()
        .with("team_id", team_id)
        .with("user_id", &member.user_id)
        .with("user_email", &member.user_email)
        .with("role", &member.role)
        .with("max_budget_in_team", &limits.max_budget)
        .with("tpm_limit", &limits.tpm_limit)
        .with("rpm_limit", &limits.rpm_limit)
        .with("budget_duration", &limits.budget_duration)
        .with("allowed_models", &member.allowed_models)
        .with("temp_budget_increase", &limits.temp_budget_increase)
        .with("temp_budget_expiry", &limits.temp_budget_expiry);
    Ok(Reply::json(StatusCode::OK, &answer))
}
