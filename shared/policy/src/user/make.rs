//! How a user is made.

use serde_json::{Map, Value};

use super::{OWN, UNENFORCED, admins_only, check_id, set};
use crate::access::{Manager, Role};
use crate::duration::Length;
use crate::entity::{Editor, LIMITS, ObjectPermission, TeamRole, User};
use crate::form::Form;
use crate::money::Usd;
use crate::request::{self, Refusal, forbidden, invalid, is_blank, wrong_type};

/// Fields of the key that is made with a user.
const OF_KEY: &[&str] = &["agent_id", "aliases", "blocked", "duration", "key_alias", "permissions", "team_id"];

/// Fields of a user that the key made with it has too.
const SHARED: &[&str] = &["max_parallel_requests", "metadata", "models", "rpm_limit", "tpm_limit"];

const FORM: Form = Form {
    entity: "user",
    fields: &[OWN, LIMITS, OF_KEY, ObjectPermission::FIELDS, &["organization_id", "organizations", "teams", "user_id"]],
    unenforced: UNENFORCED,
};

/// What the configuration gives new users, from `litellm_settings`.
#[derive(Debug, Clone, Copy)]
pub struct Defaults<'a> {
    /// `default_internal_user_params`
    pub params: &'a Map<String, Value>,
    /// `max_internal_user_budget`
    pub max_budget: Option<Usd>,
    /// `internal_user_budget_duration`
    pub budget_duration: Option<Length>,
}

/// A user to be made, and what is made with it.
#[derive(Debug, Clone, PartialEq)]
pub struct New {
    /// The user.
    pub user: User,
    /// What a `/key/generate` request for its first key would say; none when no key is made.
    pub key: Option<Map<String, Value>>,
    /// Teams that it joins.
    pub teams: Vec<Place>,
    /// Organizations that it joins.
    pub organizations: Vec<String>,
    /// What it has spent already, in US dollars.
    pub spend: Usd,
}

/// A place in a team.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The team.
    pub team_id: String,
    /// What the user may do there.
    pub role: TeamRole,
    /// What a `/team/member_add` request would set: `max_budget_in_team`.
    pub limits: Map<String, Value>,
}

impl Defaults<'_> {
    /// Fills what `body` leaves out.
    fn fill(&self, body: &mut Map<String, Value>) {
        let admin = body.get("user_role").is_some_and(|role| *role == Role::ProxyAdmin.as_str());
        let params = self.params.iter().filter(|(field, _)| !admin && *field != "available_teams");
        for (field, value) in params {
            let blank = body.get(field).is_none_or(|it| is_blank(it) && (it.is_null() || field == "models"));
            if blank {
                body.insert(field.clone(), value.clone());
            }
        }
        self.fill_internal(body);
    }

    /// Fills in the budget of internal users, if `body` makes one.
    pub(super) fn fill_internal(&self, body: &mut Map<String, Value>) {
        if body.get("user_role").is_none_or(|role| *role != Role::InternalUser.as_str()) {
            return;
        }
        let absent = |body: &Map<String, Value>, field: &str| body.get(field).is_none_or(Value::is_null);
        if let Some(budget) = self.max_budget.filter(|_| absent(body, "max_budget")) {
            body.insert("max_budget".to_owned(), budget.to_string().into());
        }
        if let Some(length) = self.budget_duration.filter(|_| absent(body, "budget_duration")) {
            body.insert("budget_duration".to_owned(), length.to_string().into());
        }
    }
}

impl New {
    /// Whether the first key belongs to the team.
    #[must_use]
    pub fn key_is_of(&self, team_id: &str) -> bool {
        self.key.as_ref().and_then(|key| key.get("team_id")).is_some_and(|own| own == team_id)
    }
}

/// Makes a user as a `/user/new` request asks; `id` is its id when the request names none.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn new(
    body: &Map<String, Value>,
    id: &str,
    editor: &Editor<'_>,
    manager: &Manager<'_>,
    defaults: &Defaults<'_>,
) -> Result<New, Refusal> {
    let mut body = body.clone();
    defaults.fill(&mut body);
    FORM.check(&body)?;
    let get = |field: &str| body.get(field).unwrap_or(&Value::Null);
    let text = |field: &str| Ok(request::text(field, get(field))?.filter(|it| !it.is_empty()));
    let mut user = User {
        user_id: text("user_id")?.unwrap_or_else(|| id.to_owned()),
        organization_id: text("organization_id")?,
        created_at: Some(editor.now),
        created_by: editor.by.map(str::to_owned),
        updated_at: Some(editor.now),
        updated_by: editor.by.map(str::to_owned),
        ..User::default()
    };
    check_id(&user.user_id)?;
    set(&mut user, &body, editor)?;
    let mut organizations = request::texts("organizations", get("organizations"))?;
    organizations.extend(user.organization_id.clone().filter(|id| !organizations.contains(id)));
    user.organization_id = user.organization_id.or_else(|| organizations.first().cloned());
    check_manager(&user, &organizations, &body, manager)?;
    let teams = match text("team_id")? {
        Some(team_id) => vec![Place { team_id, role: TeamRole::User, limits: Map::new() }],
        None => places(get("teams"))?,
    };
    let makes_key = get("auto_create_key").is_null() || request::flag("auto_create_key", get("auto_create_key"))?;
    if let Some(field) = OF_KEY.iter().filter(|it| **it != "team_id").find(|it| !makes_key && !is_blank(get(it))) {
        return Err(invalid(field, "is of the first key, which auto_create_key forbids to make"));
    }
    let key = makes_key.then(|| key(&body, &user));
    let spend = request::amount(&body, "spend")?.unwrap_or(Usd::ZERO);
    Ok(New { user, key, teams, organizations, spend })
}

/// Admins of organizations make users there, and no admins.
fn check_manager(
    user: &User,
    organizations: &[String],
    body: &Map<String, Value>,
    manager: &Manager<'_>,
) -> Result<(), Refusal> {
    if manager.is_admin() {
        return Ok(());
    }
    if matches!(user.user_role, Some(Role::ProxyAdmin | Role::ProxyAdminViewer)) {
        return Err(admins_only("user_role", "make administrative users"));
    }
    if body.get("permissions").is_some_and(|it| !is_blank(it)) {
        return Err(admins_only("permissions", "grant permissions"));
    }
    let foreign = organizations.iter().find(|it| !manager.may_manage_organization(Some(it)));
    if organizations.is_empty() || foreign.is_some() {
        return Err(forbidden("organizations", "must name organizations that you administer, and no others"));
    }
    Ok(())
}

/// What the request says of the first key.
fn key(body: &Map<String, Value>, user: &User) -> Map<String, Value> {
    let fields = OF_KEY.iter().chain(SHARED);
    let mut key: Map<String, Value> =
        fields.filter_map(|field| Some(((*field).to_owned(), body.get(*field)?.clone()))).collect();
    key.insert("user_id".to_owned(), user.user_id.clone().into());
    if let Some(organization) = &user.organization_id {
        key.insert("organization_id".to_owned(), organization.clone().into());
    }
    key
}

/// Teams to join: ids, or `{team_id, max_budget_in_team, user_role}`.
fn places(value: &Value) -> Result<Vec<Place>, Refusal> {
    let wrong = || wrong_type("teams", "a list of team ids or of {team_id, max_budget_in_team, user_role}");
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(wrong()),
    };
    let mut places: Vec<Place> = Vec::new();
    for item in items {
        let place = match item {
            Value::String(team_id) => Place { team_id: team_id.clone(), role: TeamRole::User, limits: Map::new() },
            Value::Object(fields) => place(fields)?,
            _ => return Err(wrong()),
        };
        if places.iter().any(|known| known.team_id == place.team_id) {
            return Err(invalid("teams", "names a team twice"));
        }
        places.push(place);
    }
    Ok(places)
}

fn place(fields: &Map<String, Value>) -> Result<Place, Refusal> {
    let role = match fields.get("user_role").and_then(Value::as_str) {
        None | Some("user") => TeamRole::User,
        Some("admin") => TeamRole::Admin,
        Some(_) => return Err(wrong_type("teams.user_role", "user or admin")),
    };
    let mut limits = fields.clone();
    limits.retain(|field, _| field == "max_budget_in_team");
    Ok(Place { team_id: request::required(fields, "team_id")?, role, limits })
}
