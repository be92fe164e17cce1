use serde_json::{Map, Value};

use crate::entity::{Editor, Member, Team, TeamRole};
use crate::form::Form;
use crate::member::{self, Named};
use crate::request::{self, Refusal, wrong_type};

const ROLES: &str = "admin or user";

const LIMITS: &[&str] = &["allowed_models", "budget_duration", "max_budget_in_team", "rpm_limit", "tpm_limit"];

const FORM_OF_NEW: Form =
    Form { entity: "member", fields: &[LIMITS, &["all_users", "member", "members", "team_id"]], unenforced: &[] };

const FORM: Form = Form {
    entity: "member",
    fields: &[LIMITS, &["role", "team_id", "temp_budget_expiry", "temp_budget_increase", "user_email", "user_id"]],
    unenforced: &[],
};

/// The members that a `/team/member_add` request (`member`) or a bulk one (`members`) names.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn requested(body: &Map<String, Value>, field: &str) -> Result<Vec<Named<TeamRole>>, Refusal> {
    FORM_OF_NEW.check(body)?;
    named_members(field, body.get(field).unwrap_or(&Value::Null))
}

pub(super) fn named_members(field: &str, value: &Value) -> Result<Vec<Named<TeamRole>>, Refusal> {
    member::members(field, value, role, ROLES)
}

/// Makes a user a member of the team, with the limits that a `/team/member_add` request sets.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn join(
    team: &Team,
    user_id: &str,
    user_email: Option<&str>,
    role: TeamRole,
    body: &Map<String, Value>,
    editor: &Editor<'_>,
) -> Result<Member, Refusal> {
    let mut member = Member {
        team_id: team.team_id.clone(),
        user_id: user_id.to_owned(),
        user_email: user_email.map(str::to_owned),
        role,
        allowed_models: match body.get("allowed_models") {
            None | Some(Value::Null) => team.default_team_member_models.clone(),
            Some(models) => request::texts("allowed_models", models)?,
        },
        created_at: Some(editor.now),
        ..Member::default()
    };
    set_limits(&mut member, body, editor)?;
    Ok(member)
}

/// Changes a member as a `/team/member_update` request asks: fields that are left out stay, null takes a limit away.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update_member(member: &Member, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<Member, Refusal> {
    FORM.check(body)?;
    let mut changed = member.clone();
    if let Some(word) = request::text("role", body.get("role").unwrap_or(&Value::Null))? {
        changed.role = role(&word).ok_or_else(|| wrong_type("role", ROLES))?;
    }
    if let Some(models) = body.get("allowed_models") {
        changed.allowed_models = request::texts("allowed_models", models)?;
    }
    set_limits(&mut changed, body, editor)?;
    Ok(changed)
}

fn set_limits(member: &mut Member, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<(), Refusal> {
    if let Some(budget) = body.get("max_budget_in_team") {
        member.limits.max_budget = request::money("max_budget_in_team", budget)?;
    }
    editor.set_limits(&mut member.limits, body)?;
    member.updated_at = Some(editor.now);
    Ok(())
}

fn role(word: &str) -> Option<TeamRole> {
    match word {
        "admin" => Some(TeamRole::Admin),
        "user" => Some(TeamRole::User),
        _ => None,
    }
}
