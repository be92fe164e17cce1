//! GET `/team/info`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{Organization, User};
use policy::team::{Reach, editable};
use serde_json::{Value, json};
use store::RecordId;

use crate::access::{Met, denied, failed, find, missing};
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let id = req.query_param("team_id").filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", "`team_id` is required.")
            .param("team_id")
    })?;
    let limit = req.query_param("key_limit").map(|text| match text.parse::<usize>() {
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err(ApiError::invalid("`key_limit` must be a whole number above 0.").param("key_limit")),
    });
    let limit = limit.transpose()?;
    let met = match find(app, caller, id).await? {
        Some(met) if may_see(caller, &met) => met,
        None if caller.manager().sees_all() => return Err(missing(id)),
        _ => return Err(denied("Only members of the team and its admins may see it.")),
    };
    let team = &met.team.value;
    let members = show::members(app, id).await?;
    let account = gateway::account(app, team).await?;
    let info = team
        .answer(&members, account.spend)
        .with("members_with_roles", &seats(app, &members).await?)
        .with("team_member_budget_table", &team.member_table())
        .with("organization_models", &organization_models(app, caller, &met).await?)
        .with("caller_edit_access", &edit_access(app, caller, &met));
    let answer = Answer::new()
        .with("team_id", id)
        .with("team_info", &info)
        .with("keys", &show::keys(app, id, limit).await?)
        .with("team_memberships", &show::memberships(app, team, &members).await?);
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// A key of the team may look at it as a member may.
fn may_see(caller: &Caller, met: &Met) -> bool {
    let team = &met.team.value;
    let has_key = caller.key().and_then(|key| key.team_id.as_deref()) == Some(team.team_id.as_str());
    has_key || caller.manager().may_see_team(team, met.own.as_ref())
}

/// The members with what is known of their users.
async fn seats(app: &App, members: &[policy::entity::Member]) -> Result<Vec<Answer>, ApiError> {
    let ids: Vec<RecordId> = members.iter().map(|it| RecordId::of::<User>(it.user_id.as_str())).collect();
    let found = app.store.find_records(&ids).await.map_err(failed)?;
    let seat = |member: &policy::entity::Member| {
        let user = found.get::<User>(&member.user_id).map_err(failed)?.map(|it| it.value);
        let email = member.user_email.as_ref().or(user.as_ref().and_then(|it| it.user_email.as_ref()));
        let alias = user.as_ref().and_then(|it| it.user_alias.as_ref());
        Ok(member.seat().with("user_email", &email).with("user_alias", &alias))
    };
    members.iter().map(seat).collect()
}

/// What the organization allows, for those who manage the team.
async fn organization_models(app: &App, caller: &Caller, met: &Met) -> Result<Option<Vec<String>>, ApiError> {
    let team = &met.team.value;
    let Some(id) = &team.organization_id else { return Ok(None) };
    if !caller.manager().may_manage_team(team, met.own.as_ref()) {
        return Ok(None);
    }
    let organization = app.store.find::<Organization>(id).await.map_err(failed)?;
    Ok(organization.map(|it| it.value.models))
}

/// LiteLLM's words for what the caller may change.
fn edit_access(app: &App, caller: &Caller, met: &Met) -> Value {
    let fields = &app.config.general_settings.team_admin_editable_team_fields;
    match Reach::of(&caller.manager(), &met.team.value, met.own.as_ref(), fields) {
        Some(Reach::Everything | Reach::Organization) => json!({"kind": "unrestricted"}),
        Some(Reach::Fields(fields)) => match editable(fields).as_slice() {
            [] => json!({"kind": "team_admin_disabled"}),
            fields => json!({"kind": "team_admin", "editable_fields": fields}),
        },
        None => json!({"kind": "none"}),
    }
}
