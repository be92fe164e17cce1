//! Nobody but an admin makes a key that may do more than the one it comes from.

use serde_json::{Map, Value};

use super::{Key, settings};
use crate::access::glob;
use crate::duration::Length;
use crate::entity::{BudgetWindow, Limits, ModelBudget, ObjectPermission};
use crate::request::{Refusal, forbidden, is_blank};

/// Checks that `key` may do nothing that it may not do now, as `base`. Both with what their budgets set filled in.
///
/// # Errors
/// A [`crate::request::RefusalKind::Forbidden`] that names the field.
pub(super) fn check_change(key: &Key, base: &Key) -> Result<(), Refusal> {
    let (new, old) = (&key.limits, &base.limits);
    // Another period is another count of what was spent.
    let period = (&new.budget_duration, new.budget_reset_at) != (&old.budget_duration, old.budget_reset_at);
    let fixed = [
        ("budget_id", key.budget_id != base.budget_id),
        ("budget_duration", old.max_budget.is_some() && period),
        ("budget_limits", !old.budget_limits.is_empty() && new.budget_limits != old.budget_limits),
        ("project_id", key.project_id != base.project_id),
        ("agent_id", key.agent_id != base.agent_id),
        ("access_group_ids", key.access_group_ids != base.access_group_ids),
        ("blocked", base.blocked && !key.blocked),
    ];
    refuse(fixed.iter().find(|(_, looser)| *looser).map(|(field, _)| *field))?;
    check(key, base)
}

/// Checks that a new `key` may do nothing that `base`, the key of its maker, may not.
///
/// # Errors
/// As [`check_change`].
pub(super) fn check_new(key: &Key, base: &Key) -> Result<(), Refusal> {
    let (new, old) = (&key.limits, &base.limits);
    let seconds = |limits: &Limits| limits.budget_duration.as_deref()?.parse::<Length>().ok().map(Length::seconds);
    // Shorter periods allow more; none at all allows least.
    let shorter = seconds(new).is_some_and(|own| seconds(old).is_none_or(|old| own < old));
    let covered = |window: &BudgetWindow| {
        let same = |own: &&BudgetWindow| own.budget_duration == window.budget_duration;
        new.budget_limits.iter().find(same).is_some_and(|own| own.max_budget <= window.max_budget)
    };
    let looser = [
        ("budget_duration", old.max_budget.is_some() && shorter),
        ("budget_limits", !old.budget_limits.iter().all(covered)),
        ("agent_id", key.agent_id != base.agent_id),
        ("team_id", base.team_id.is_some() && key.team_id.is_none()),
    ];
    refuse(looser.iter().find(|(_, looser)| *looser).map(|(field, _)| *field))?;
    check(key, base)
}

/// Gives a new key what `base` has, wherever the request says nothing and would so get more.
pub(super) fn inherit(key: &mut Key, base: &Key, asked: &Map<String, Value>) {
    let silent = |field: &str| asked.get(field).is_none_or(is_blank);
    let (new, old) = (&mut key.limits, &base.limits);
    if silent("max_budget") && is_looser(new.max_budget, old.max_budget) {
        new.max_budget = old.max_budget;
        if silent("budget_duration") {
            (new.budget_duration, new.budget_reset_at) = (old.budget_duration.clone(), old.budget_reset_at);
        }
    }
    take(silent("tpm_limit"), &mut new.tpm_limit, old.tpm_limit);
    take(silent("rpm_limit"), &mut new.rpm_limit, old.rpm_limit);
    take(silent("tpd_limit"), &mut new.tpd_limit, old.tpd_limit);
    take(silent("max_parallel_requests"), &mut new.max_parallel_requests, old.max_parallel_requests);
    if silent("model_max_budget") {
        new.model_max_budget.clone_from(&old.model_max_budget);
    }
    if silent("budget_limits") {
        new.budget_limits.clone_from(&old.budget_limits);
    }
    if silent("models") && !base.models.is_empty() {
        key.models.clone_from(&base.models);
    }
    if silent("allowed_routes") && silent("key_type") {
        key.allowed_routes.clone_from(&base.allowed_routes);
    }
    if silent("allowed_cache_controls") {
        key.allowed_cache_controls.clone_from(&base.allowed_cache_controls);
    }
    if silent("duration") && is_looser(key.expires, base.expires) {
        key.expires = base.expires;
    }
    if silent("object_permission") {
        ObjectPermission::inherit(&mut key.object_permission, ("key", &key.origin), base.object_permission.as_ref());
    }
    if silent("agent_id") {
        key.agent_id.clone_from(&base.agent_id);
    }
    settings::inherit(&mut key.metadata, &base.metadata);
}

fn take<T: PartialOrd + Copy>(silent: bool, limit: &mut Option<T>, base: Option<T>) {
    if silent && is_looser(*limit, base) {
        *limit = base;
    }
}

fn check(key: &Key, base: &Key) -> Result<(), Refusal> {
    let (new, old) = (&key.limits, &base.limits);
    let models = !base.models.is_empty() && (key.models.is_empty() || !key.models.iter().all(|it| covers(base, it)));
    let foreign_alias = |(name, target)| base.aliases.get(name) != Some(target) && !covers(base, target);
    let looser = [
        ("max_budget", is_looser(new.max_budget, old.max_budget)),
        ("tpm_limit", is_looser(new.tpm_limit, old.tpm_limit)),
        ("rpm_limit", is_looser(new.rpm_limit, old.rpm_limit)),
        ("tpd_limit", is_looser(new.tpd_limit, old.tpd_limit)),
        ("max_parallel_requests", is_looser(new.max_parallel_requests, old.max_parallel_requests)),
        ("model_max_budget", more_for_models(new, old)),
        ("duration", is_looser(key.expires, base.expires)),
        ("models", models),
        ("aliases", !base.models.is_empty() && key.aliases.iter().any(foreign_alias)),
        ("allowed_routes", more_of(&key.allowed_routes, &base.allowed_routes)),
        ("allowed_cache_controls", more_of(&key.allowed_cache_controls, &base.allowed_cache_controls)),
        (
            "object_permission",
            ObjectPermission::is_looser(key.object_permission.as_ref(), base.object_permission.as_ref()),
        ),
        ("permissions", has_new_permissions(key, base)),
        ("temp_budget_increase", new.temp_budget_increase != old.temp_budget_increase),
    ];
    refuse(looser.iter().find(|(_, looser)| *looser).map(|(field, _)| *field))?;
    refuse(settings::looser(&key.metadata, &base.metadata).next())
}

/// Whether `key` has a permission that `base` has not.
pub(super) fn has_new_permissions(key: &Key, base: &Key) -> bool {
    key.permissions.iter().any(|(name, it)| *it != false && base.permissions.get(name) != Some(it))
}

fn refuse(field: Option<&str>) -> Result<(), Refusal> {
    match field {
        Some(field) => Err(forbidden(field, "only an admin may allow more than the key allows now")),
        None => Ok(()),
    }
}

/// Whether a limit is above another; none is above all.
fn is_looser<T: PartialOrd>(limit: Option<T>, base: Option<T>) -> bool {
    base.is_some_and(|base| limit.is_none_or(|limit| limit > base))
}

/// Whether an allow-list holds more than another; an empty one holds everything.
fn more_of(list: &[String], base: &[String]) -> bool {
    !base.is_empty() && (list.is_empty() || !list.iter().all(|entry| base.contains(entry)))
}

/// Whether a budget or a limit of a model is raised, dropped, or given a name that could go before another's.
fn more_for_models(new: &Limits, old: &Limits) -> bool {
    let (new, old) = (&new.model_max_budget, &old.model_max_budget);
    let raised = |(model, base): (&String, &ModelBudget)| {
        new.get(model).is_none_or(|own| {
            is_looser(own.budget_limit, base.budget_limit)
                || is_looser(own.tpm_limit, base.tpm_limit)
                || is_looser(own.rpm_limit, base.rpm_limit)
                || own.time_period != base.time_period
        })
    };
    !old.is_empty() && (new.len() > old.len() || old.iter().any(raised))
}

/// Whether the models of `base` hold an entry of another list.
fn covers(base: &Key, entry: &str) -> bool {
    base.models.iter().any(|own| own == entry || own == "all-proxy-models" || glob::matches(own, entry))
}
