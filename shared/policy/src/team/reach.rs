use serde_json::{Map, Value};

use super::make::update;
use crate::access::{Manager, glob};
use crate::entity::{Editor, Member, ModelBudget, ObjectPermission, Team};
use crate::request::{Refusal, forbidden};

/// The fields that `general_settings.team_admin_editable_team_fields` can name.
const EDITABLE: &[&str] = &["max_budget", "rpm_limit", "tpm_limit"];

/// What a caller may change of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'a> {
    /// Everything.
    Everything,
    /// What stays within the organization.
    Organization,
    /// These fields, as long as no budget grows.
    Fields(&'a [String]),
}

impl<'a> Reach<'a> {
    /// What `manager` may change of the team, in which `own` is its membership; `fields` is what the configuration
    /// leaves to admins of teams. None for someone who may change nothing.
    #[must_use]
    pub fn of(manager: &Manager<'_>, team: &Team, own: Option<&Member>, fields: &'a [String]) -> Option<Self> {
        if manager.is_admin() {
            Some(Self::Everything)
        } else if manager.may_manage_organization(team.organization_id.as_deref()) {
            Some(Self::Organization)
        } else if manager.may_manage_team(team, own) {
            Some(Self::Fields(fields))
        } else {
            None
        }
    }
}

/// The fields of a team that its admins may change, of those that the configuration names.
#[must_use]
pub fn editable(configured: &[String]) -> Vec<&'static str> {
    EDITABLE.iter().copied().filter(|field| configured.iter().any(|it| it == field)).collect()
}

/// Checks that whoever has this reach may turn `team` into `changed`, which is what `body` asks for. Values that are sent
/// as they are change nothing.
///
/// # Errors
/// A [`crate::request::RefusalKind::Forbidden`] that names the field.
pub fn permit(
    reach: Reach<'_>,
    team: &Team,
    changed: &Team,
    body: &Map<String, Value>,
    editor: &Editor<'_>,
) -> Result<(), Refusal> {
    match reach {
        Reach::Everything => return Ok(()),
        Reach::Organization => {
            if changed.organization_id.is_none() && team.organization_id.is_some() {
                return Err(forbidden("organization_id", "only a proxy admin takes a team out of its organization"));
            }
            if ObjectPermission::is_looser(changed.object_permission.as_ref(), team.object_permission.as_ref()) {
                return Err(forbidden("object_permission", "only a proxy admin lets a team reach more"));
            }
        }
        Reach::Fields(configured) => {
            let editable = editable(configured);
            for field in fields_changed(team, body, editor) {
                if editable.is_empty() {
                    return Err(forbidden(field, "admins of teams may not change settings of their teams here"));
                }
                if !editable.contains(&field) {
                    return Err(forbidden(field, "admins of teams may not change this setting of their teams here"));
                }
            }
            let (old, new) = (team.limits.max_budget, changed.limits.max_budget);
            if old.is_some_and(|old| new.is_none_or(|new| new > old)) {
                return Err(forbidden("max_budget", "only a proxy admin raises or removes the budget of a team"));
            }
        }
    }
    check_model_budgets(team, changed)
}

/// The fields of `body` that change something, each looked at alone.
fn fields_changed<'a>(team: &Team, body: &'a Map<String, Value>, editor: &Editor<'_>) -> Vec<&'a str> {
    let stays = |field: &str, value: &Value| {
        let alone = Map::from_iter([(field.to_owned(), value.clone())]);
        let changed = update(team, &alone, editor).ok();
        let changed = changed.map(|it| Team { updated_at: team.updated_at, updated_by: team.updated_by.clone(), ..it });
        changed.is_some_and(|it| it == *team)
    };
    body.iter().filter(|(field, value)| !stays(field, value)).map(|(field, _)| field.as_str()).collect()
}

/// Budgets of single models stay, for everyone but a proxy admin: none is raised, dropped or given another period, nor
/// passed by a more exact entry.
fn check_model_budgets(team: &Team, changed: &Team) -> Result<(), Refusal> {
    let old = &team.limits.model_max_budget;
    let new = &changed.limits.model_max_budget;
    let within = |new: &ModelBudget, old: &ModelBudget| {
        old.budget_limit.is_none_or(|cap| {
            new.budget_limit.is_some_and(|amount| amount <= cap) && new.time_period == old.time_period
        })
    };
    let kept = old.iter().all(|(model, cap)| cap.budget_limit.is_none() || new.contains_key(model));
    let governed = new.iter().all(|(model, budget)| {
        let exact = old.get(model);
        let pattern = || old.iter().find(|(pattern, _)| glob::matches(pattern, model)).map(|(_, cap)| cap);
        exact.or_else(pattern).is_none_or(|cap| within(budget, cap))
    });
    if kept && governed {
        Ok(())
    } else {
        Err(forbidden("model_max_budget", "only a proxy admin raises or removes the budget of a model"))
    }
}
