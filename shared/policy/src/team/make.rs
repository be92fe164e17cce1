use serde_json::{Map, Value};

use crate::duration::Length;
use crate::entity::{Editor, ObjectPermission, SETTINGS, Team, TeamRole, UNENFORCED, merge, set_metadata};
use crate::form::Form;
use crate::member::Named;
use crate::request::{self, Refusal, invalid};
use crate::within::check_soft_budget;

use super::{PERMISSIONS, members::named_members};

/// LiteLLM's own team, of sessions of its pages.
const RESERVED: &str = "litellm-dashboard";

const LIMITS: &[&str] = &[
    "budget_duration",
    "budget_limits",
    "max_budget",
    "model_max_budget",
    "rpm_limit",
    "soft_budget",
    "tpd_limit",
    "tpm_limit",
];

const OWN: &[&str] = &[
    "blocked",
    "default_team_member_models",
    "metadata",
    "model_aliases",
    "models",
    "organization_id",
    "team_alias",
    "team_id",
    "team_member_budget",
    "team_member_budget_duration",
    "team_member_key_duration",
    "team_member_permissions",
    "team_member_rpm_limit",
    "team_member_tpm_limit",
];

const FORM: Form =
    Form { entity: "team", fields: &[OWN, LIMITS, SETTINGS, ObjectPermission::FIELDS], unenforced: UNENFORCED };

const FORM_OF_NEW: Form = Form {
    entity: "team",
    fields: &[OWN, LIMITS, SETTINGS, ObjectPermission::FIELDS, &["admins", "members", "members_with_roles"]],
    unenforced: UNENFORCED,
};

/// What the configuration gives new teams, from `litellm_settings`.
#[derive(Debug, Clone, Copy)]
pub struct Defaults<'a> {
    /// `default_team_params`
    pub params: &'a Map<String, Value>,
    /// `default_team_settings`
    pub settings: &'a [Map<String, Value>],
}

/// A team to be stored, and who belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTeam {
    /// The team.
    pub team: Team,
    /// Its first members.
    pub members: Vec<Named<TeamRole>>,
}

/// Makes a team as a `/team/new` request asks; `id` is its id when the request names none.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn new(
    body: &Map<String, Value>,
    id: String,
    defaults: &Defaults<'_>,
    editor: &Editor<'_>,
) -> Result<NewTeam, Refusal> {
    let mut body = body.clone();
    defaults.fill(&mut body);
    FORM_OF_NEW.check(&body)?;
    let field = |name: &str| body.get(name).unwrap_or(&Value::Null);
    let team_id = request::text("team_id", field("team_id"))?.filter(|it| !it.trim().is_empty()).unwrap_or(id);
    if team_id == RESERVED {
        return Err(invalid("team_id", format!("{RESERVED} is reserved")));
    }
    let mut team =
        Team { team_id, created_at: Some(editor.now), created_by: editor.by.map(str::to_owned), ..Team::default() };
    set(&mut team, &body, editor)?;
    let mut members = named_members("members_with_roles", field("members_with_roles"))?;
    for (name, role) in [("admins", TeamRole::Admin), ("members", TeamRole::User)] {
        for user_id in request::texts(name, field(name))? {
            members.push(Named { user_id: Some(user_id), user_email: None, role });
        }
    }
    Ok(NewTeam { team, members })
}

/// Changes a team as a `/team/update` request asks: fields that are left out stay, null takes a limit away.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(team: &Team, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<Team, Refusal> {
    FORM.check(body)?;
    let mut changed = team.clone();
    set(&mut changed, body, editor)?;
    Ok(changed)
}

/// The `/team/update` request that stands for a PATCH: its metadata are merged with the team's.
#[must_use]
pub fn patch(team: &Team, mut body: Map<String, Value>) -> Map<String, Value> {
    if let Some(metadata) = body.get_mut("metadata") {
        *metadata = merge(&Value::Object(team.metadata.clone()), metadata);
    }
    body
}

/// The team's models and some more. A team that may use every model still may.
#[must_use]
pub fn with_models(team: &Team, more: &[&str]) -> Vec<String> {
    let every = team.models.is_empty().then(|| "all-proxy-models".to_owned());
    let mut models: Vec<String> = every.into_iter().chain(team.models.iter().cloned()).collect();
    for model in more {
        if !models.iter().any(|known| known == model) {
            models.push((*model).to_owned());
        }
    }
    models
}

/// The team's models without some. An empty list would allow every one: when none is left, none may be used.
#[must_use]
pub fn without_models(team: &Team, fewer: &[&str]) -> Vec<String> {
    let left: Vec<String> = team.models.iter().filter(|it| !fewer.contains(&it.as_str())).cloned().collect();
    if left.is_empty() && !team.models.is_empty() { vec!["no-default-models".to_owned()] } else { left }
}

impl Defaults<'_> {
    /// Fills what a request leaves blank; a `budget_duration` of null is a choice.
    fn fill(&self, body: &mut Map<String, Value>) {
        const FILLED: &[&str] =
            &["budget_duration", "max_budget", "organization_id", "rpm_limit", "team_member_permissions", "tpm_limit"];
        for field in FILLED {
            let asked = body.get(*field);
            let is_open = asked.is_none() || (*field != "budget_duration" && asked.is_some_and(Value::is_null));
            if let Some(default) = self.params.get(*field).filter(|_| is_open) {
                body.insert((*field).to_owned(), default.clone());
            }
        }
        let budget = self.settings.first().and_then(|settings| settings.get("max_budget"));
        if let Some(budget) = budget.filter(|_| body.get("max_budget").is_none_or(Value::is_null)) {
            body.insert("max_budget".to_owned(), budget.clone());
        }
    }
}

/// Sets every field that `body` names.
fn set(team: &mut Team, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<(), Refusal> {
    set_metadata(&mut team.metadata, body, &[])?;
    for (field, value) in body {
        match field.as_str() {
            "team_alias" => team.team_alias = request::text(field, value)?.filter(|it| !it.is_empty()),
            "organization_id" => team.organization_id = request::text(field, value)?.filter(|it| !it.is_empty()),
            "models" => team.models = request::texts(field, value)?,
            "model_aliases" => team.model_aliases = request::names(field, value)?,
            "blocked" => team.blocked = request::flag(field, value)?,
            "default_team_member_models" => team.default_team_member_models = request::texts(field, value)?,
            "team_member_permissions" => team.team_member_permissions = permissions(field, value)?,
            "team_member_key_duration" => {
                let length = request::length(field, value)?.map(|it: Length| it.to_string());
                match length {
                    Some(length) => drop(team.metadata.insert(field.clone(), length.into())),
                    None => drop(team.metadata.shift_remove(field)),
                }
            }
            "team_member_budget"
            | "team_member_budget_duration"
            | "team_member_rpm_limit"
            | "team_member_tpm_limit" => set_member_limit(team, field, value, editor)?,
            // The id, the first members and the settings are set; limits follow.
            _ => {}
        }
    }
    ObjectPermission::set(&mut team.object_permission, ("team", &team.team_id), body)?;
    editor.set_limits(&mut team.limits, body)?;
    check_soft_budget(&team.limits)?;
    check_member_models(team)?;
    team.updated_at = Some(editor.now);
    team.updated_by = editor.by.map(str::to_owned);
    Ok(())
}

fn set_member_limit(team: &mut Team, field: &str, value: &Value, editor: &Editor<'_>) -> Result<(), Refusal> {
    let own = match field {
        "team_member_budget" => "max_budget",
        "team_member_budget_duration" => "budget_duration",
        "team_member_rpm_limit" => "rpm_limit",
        _ => "tpm_limit",
    };
    let named = |refusal: Refusal| Refusal { field: field.to_owned(), ..refusal };
    team.member_limits.set(own, value, editor.calendar, editor.now).map(drop).map_err(named)
}

fn permissions(field: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let asked = request::texts(field, value)?;
    match asked.iter().find(|it| !PERMISSIONS.contains(&it.as_str())) {
        Some(unknown) => Err(invalid(field, format!("{unknown:?} is no permission of members"))),
        None => Ok(asked),
    }
}

fn check_member_models(team: &Team) -> Result<(), Refusal> {
    let every = team.models.is_empty() || team.models.iter().any(|it| it == "all-proxy-models");
    match team.default_team_member_models.iter().find(|it| !every && !team.models.contains(it)) {
        Some(model) => {
            Err(invalid("default_team_member_models", format!("{model:?} is not among the models of the team")))
        }
        None => Ok(()),
    }
}
