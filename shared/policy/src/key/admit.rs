//! Whether a caller may make or change a key as it would then be, given the entities that it names.

use serde_json::{Map, Value};

use super::rights::member_may;
use super::settings;
use super::shares::check_shares;
use super::within::{check_change, check_new, has_new_permissions, inherit};
use super::{Around, Key, Maker, Standing};
use crate::access::lists;
use crate::config::KeyGeneration;
use crate::entity::{Team, TeamRole};
use crate::money::Usd;
use crate::request::{Refusal, forbidden, invalid, is_blank, missing};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The route, which a team may permit its members or not.
    pub route: &'static str,
    /// The request as it came.
    pub body: &'a Map<String, Value>,
    /// The key that is changed; `None` for a new one.
    pub before: Option<Before<'a>>,
}

/// A key before a change.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// The key.
    pub key: &'a Key,
    /// The entities that it named.
    pub around: &'a Around,
    /// What the caller is to it.
    pub standing: Standing,
}

/// Completes a key that was made or changed, and decides whether that is allowed.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn admit(key: &mut Key, change: &Change<'_>, maker: &Maker<'_>, around: &Around) -> Result<(), Refusal> {
    let old = change.before.map(|before| before.key);
    let new_team = key.team_id.is_some() && old.is_none_or(|old| old.team_id != key.team_id);
    if new_team && change.body.get("organization_id").is_none_or(is_blank) {
        key.organization_id = around.team.as_ref().and_then(|team| team.organization_id.clone());
    }
    check_named(key, old, maker, around)?;
    match change.before {
        None => admit_new(key, change, maker, around)?,
        Some(before) => admit_change(key, before, maker, around)?,
    }
    if !maker.who.is_admin() {
        check_organization(key, change.before, around)?;
    }
    if old.is_none_or(|old| (&old.models, &old.team_id) != (&key.models, &key.team_id))
        && let Some(team) = &around.team
    {
        check_team_models(key, team, maker)?;
    }
    if !maker.who.is_admin()
        && old.is_none_or(|old| (&old.access_group_ids, &old.team_id) != (&key.access_group_ids, &key.team_id))
    {
        check_team_groups(key, around)?;
    }
    check_project(key, old, maker, around)?;
    check_shares(key, around)
}

/// What a key newly names must be there.
fn check_named(key: &Key, old: Option<&Key>, maker: &Maker<'_>, around: &Around) -> Result<(), Refusal> {
    let newly = |id: fn(&Key) -> Option<&str>| id(key).filter(|new| old.and_then(id) != Some(new));
    if let Some(id) = newly(|key| key.team_id.as_deref())
        && around.team.is_none()
    {
        return match old {
            Some(_) => Err(missing("team_id", format!("there is no team {id}"))),
            None if maker.who.is_admin() && !maker.generation.is_set() => Ok(()),
            None => Err(invalid("team_id", format!("Unable to find team object in database. Team ID: {id}"))),
        };
    }
    if let Some(id) = newly(|key| key.project_id.as_deref()) {
        if old.is_some() {
            let reason = "Project reassignment is not supported. Use null to detach the key.";
            return Err(invalid("project_id", reason));
        }
        if around.project.is_none() {
            return Err(missing("project_id", format!("Project not found, project_id={id}")));
        }
    }
    if let Some(id) = newly(|key| key.organization_id.as_deref())
        && around.organization.is_none()
    {
        return Err(invalid("organization_id", format!("Organization not found for organization_id={id}")));
    }
    if let Some(id) = newly(|key| key.budget_id.as_deref())
        && around.budget.is_none()
    {
        return Err(invalid("budget_id", format!("there is no budget {id}")));
    }
    if let Some(id) = newly(|key| key.end_user_budget_id())
        && around.customer_budget.is_none()
    {
        return Err(invalid("end_user_budget_id", format!("there is no budget {id}")));
    }
    let account = |key: &Key| key.service_account().cloned();
    if account(key).is_some() && key.team_id.is_none() {
        return Err(invalid("team_id", "is required for service account keys"));
    }
    match old.map(account) {
        Some(Some(before)) if account(key).as_ref() != Some(&before) => {
            Err(invalid("metadata.service_account_id", "is immutable once set and cannot be changed via update"))
        }
        _ => Ok(()),
    }
}

fn admit_new(key: &mut Key, change: &Change<'_>, maker: &Maker<'_>, around: &Around) -> Result<(), Refusal> {
    if maker.who.is_admin() {
        return Ok(());
    }
    match &around.team {
        Some(team) => admit_in_team(key, team, change, maker, around)?,
        None => admit_personal(key, change, maker.generation, maker)?,
    }
    check_ceiling(key, change.body, maker, around)?;
    let (nobody, manages) = (Key::default(), around.team.is_some() && maker.who.manages(key, around));
    let own = maker.who.own.unwrap_or(&nobody);
    if manages {
        check_granted(key, own)
    } else {
        inherit(key, own, change.body);
        check_new(key, own)
    }
}

/// Whether the caller may make keys of the team.
fn admit_in_team(
    key: &Key,
    team: &Team,
    change: &Change<'_>,
    maker: &Maker<'_>,
    around: &Around,
) -> Result<(), Refusal> {
    let stranger = |user: Option<&str>| {
        let user = user.unwrap_or("unknown");
        Err(invalid("team_id", format!("User={user} not assigned to team={}", team.team_id)))
    };
    let manages = maker.who.manages(key, around);
    if key.user_id.is_some() && around.owner.is_none() && !manages {
        return stranger(key.user_id.as_deref());
    }
    let role = match &around.member {
        _ if manages => TeamRole::Admin,
        Some(member) => member.role,
        None => return stranger(maker.who.user_id()),
    };
    let name = if role == TeamRole::Admin { "admin" } else { "user" };
    if let Some(rules) = &maker.generation.team_key_generation {
        if let Some(roles) = rules.allowed_roles.as_ref().filter(|roles| !roles.iter().any(|it| it == name)) {
            let reason = format!("Team member role {name} not in allowed_team_member_roles={roles:?}");
            return Err(invalid("team_id", reason));
        }
        check_required(&rules.required_params, change.body)?;
    }
    if role == TeamRole::Admin {
        return Ok(());
    }
    member_may(change.route, team)?;
    if key.access_group_ids.is_empty() { Ok(()) } else { member_may("/key/access_group_assignment", team) }
}

/// Whether the caller may make keys that belong to no team.
fn admit_personal(
    key: &Key,
    change: &Change<'_>,
    generation: &KeyGeneration,
    maker: &Maker<'_>,
) -> Result<(), Refusal> {
    if !key.access_group_ids.is_empty() {
        return Err(forbidden("access_group_ids", "only an admin may assign access groups to a key without a team"));
    }
    let Some(rules) = &generation.personal_key_generation else { return Ok(()) };
    let role = maker.who.manager.role.as_str();
    if let Some(roles) = rules.allowed_roles.as_ref().filter(|roles| !roles.iter().any(|it| it == role)) {
        let reason =
            format!("Personal key creation has been restricted by admin. Allowed roles={roles:?}. Your role={role}");
        return Err(invalid("user_id", reason));
    }
    check_required(&rules.required_params, change.body)
}

fn check_required(params: &[String], body: &Map<String, Value>) -> Result<(), Refusal> {
    match params.iter().find(|param| !body.contains_key(*param)) {
        Some(param) => Err(invalid(param, format!("Required param {param} not in data"))),
        None => Ok(()),
    }
}

/// Nobody but an admin hands out a larger budget than their own.
fn check_ceiling(key: &Key, body: &Map<String, Value>, maker: &Maker<'_>, around: &Around) -> Result<(), Refusal> {
    let of_user = || maker.who.user.filter(|_| key.team_id.is_none()).and_then(|user| user.limits.max_budget);
    let Some(ceiling) = maker.who.own.and_then(|own| own.limits.max_budget).or_else(of_user) else { return Ok(()) };
    let above = |field: &str, amount: Usd| {
        invalid(field, format!("({amount}) cannot exceed the caller's own max_budget ({ceiling})."))
    };
    let asked = |field: &str| body.get(field).is_some_and(|value| !is_blank(value));
    if let Some(amount) = key.limits.max_budget.filter(|amount| asked("max_budget") && *amount > ceiling) {
        return Err(above("max_budget", amount));
    }
    // What a linked budget sets counts where the key itself sets nothing.
    let linked = around.budget.as_ref().and_then(|budget| budget.limits.max_budget);
    if let Some(amount) =
        linked.filter(|amount| asked("budget_id") && key.limits.max_budget.is_none() && *amount > ceiling)
    {
        return Err(above("budget_id", amount));
    }
    let window = key.limits.budget_limits.iter().find(|window| asked("budget_limits") && window.max_budget > ceiling);
    window.map_or(Ok(()), |window| Err(above("budget_limits", window.max_budget)))
}

fn admit_change(key: &Key, before: Before<'_>, maker: &Maker<'_>, around: &Around) -> Result<(), Refusal> {
    if before.standing == Standing::Admin {
        return Ok(());
    }
    if key.user_id != before.key.user_id {
        return Err(forbidden("user_id", "only an admin may give a key to another user, or take it away"));
    }
    if key.team_id != before.key.team_id {
        admit_team_change(key, before, maker, around)?;
    }
    if before.standing == Standing::Manager {
        return check_granted(key, before.key);
    }
    let filled = |key: &Key, around: &Around| match &around.budget {
        Some(budget) => Key { limits: key.limits.over(&budget.limits), ..key.clone() },
        None => key.clone(),
    };
    check_change(&filled(key, around), &filled(before.key, before.around))
}

/// A key leaves a team when one of its admins lets it go, and enters one whose members may do that.
fn admit_team_change(key: &Key, before: Before<'_>, maker: &Maker<'_>, around: &Around) -> Result<(), Refusal> {
    if before.key.team_id.is_some() && before.standing != Standing::Manager {
        return Err(forbidden("team_id", "only an admin of the key's team may take it out of the team"));
    }
    match &around.team {
        Some(_) if maker.who.manages(key, around) => Ok(()),
        Some(team) if around.member.is_some() => member_may("/key/update", team),
        Some(team) => Err(forbidden("team_id", &format!("you do not belong to the team {}", team.team_id))),
        None => Ok(()),
    }
}

/// What not even the admin of a team may give to a key.
fn check_granted(key: &Key, base: &Key) -> Result<(), Refusal> {
    if has_new_permissions(key, base) {
        return Err(forbidden("permissions", "only a proxy admin may give permissions to a key"));
    }
    match settings::of_admins(&key.metadata, &base.metadata) {
        Some(field) => Err(forbidden(field, "only a proxy admin may set this")),
        None => Ok(()),
    }
}

/// A key goes to the organization of its team, or to one that the caller belongs to; only an admin of where it is takes
/// it away from there.
fn check_organization(key: &Key, before: Option<Before<'_>>, around: &Around) -> Result<(), Refusal> {
    let old = before.and_then(|before| before.key.organization_id.as_deref());
    let new = key.organization_id.as_deref();
    let of_team = around.team.as_ref().and_then(|team| team.organization_id.as_deref());
    let leaves = old.is_some() && before.is_some_and(|before| before.standing != Standing::Manager);
    match new {
        _ if before.is_some() && new == old => Ok(()),
        _ if leaves => Err(forbidden("organization_id", "only an admin may take a key out of its organization")),
        None => Ok(()),
        Some(_) if new == of_team || around.organization_member.is_some() => Ok(()),
        Some(id) => Err(forbidden("organization_id", &format!("Caller is not a member of organization_id={id}"))),
    }
}

/// A key of a team may use no model that the team may not.
fn check_team_models(key: &Key, team: &Team, maker: &Maker<'_>) -> Result<(), Refusal> {
    let special = |entry: &str| matches!(entry, "all-team-models" | "no-default-models");
    for entry in key.models.iter().filter(|entry| !special(entry) && !team.models.contains(entry)) {
        let deployment = maker.catalog.deployments.iter().find(|it| it.model_name == *entry);
        let provider = deployment.and_then(|it| it.model.split_once('/')).map(|(provider, _)| provider);
        if !lists(&team.models, entry, provider, &maker.catalog) {
            let reason = format!("the team {} may not use {entry}", team.team_id);
            return Err(forbidden("models", &reason));
        }
    }
    Ok(())
}

/// A key's access groups go before its team's models: only a proxy admin gives one that the team has not.
fn check_team_groups(key: &Key, around: &Around) -> Result<(), Refusal> {
    let Some(team) = around.team.as_ref().filter(|team| !team.models.is_empty()) else { return Ok(()) };
    let every = team.models.iter().any(|it| it == "*" || it == "all-proxy-models");
    match key.access_group_ids.iter().find(|group| !every && !team.models.contains(group)) {
        Some(group) => {
            let reason = format!("only a proxy admin may give a key {group}, which the team {} has not", team.team_id);
            Err(forbidden("access_group_ids", &reason))
        }
        None => Ok(()),
    }
}

fn check_project(key: &Key, old: Option<&Key>, maker: &Maker<'_>, around: &Around) -> Result<(), Refusal> {
    if old.is_some_and(|old| old.project_id != key.project_id)
        && !maker.who.is_admin()
        && !maker.who.manages(key, around)
    {
        return Err(forbidden("project_id", "only an admin may take a key out of its project"));
    }
    let Some(project) = around.project.as_ref().filter(|_| key.project_id.is_some()) else { return Ok(()) };
    let id = &project.project_id;
    if project.team_id.is_some() && project.team_id != key.team_id && !maker.who.is_admin() {
        return Err(forbidden("project_id", &format!("the project {id} belongs to another team")));
    }
    let inherits = |entry: &str| matches!(entry, "all-team-models" | "all-proxy-models");
    let foreign = |entry: &&String| !inherits(entry) && !project.models.contains(entry);
    if let Some(entry) = key.models.iter().find(foreign).filter(|_| !project.models.is_empty()) {
        let reason = format!(
            "Model '{entry}' not in project's allowed models. Project allowed models={:?}. Project: {id}",
            project.models
        );
        return Err(invalid("models", reason));
    }
    match (key.limits.max_budget, project.limits.max_budget) {
        (Some(own), Some(most)) if own > most => {
            let reason = format!("Key max_budget ({own}) exceeds project's max_budget ({most}). Project: {id}");
            Err(invalid("max_budget", reason))
        }
        _ => Ok(()),
    }
}
