//! Nobody but an admin makes a key that may do more than the one it comes from.

use super::Key;
use crate::access::glob;
use crate::request::{Refusal, forbidden};

/// Checks that `key` may do nothing that `base` may not.
///
/// # Errors
/// A [`crate::request::RefusalKind::Forbidden`] that names the field.
pub(super) fn check_within(key: &Key, base: &Key) -> Result<(), Refusal> {
    let metadata = |name: &str| key.metadata.get(name) != base.metadata.get(name);
    let models = !base.models.is_empty() && (key.models.is_empty() || !key.models.iter().all(|it| covers(base, it)));
    let foreign_alias = |(name, target)| base.aliases.get(name) != Some(target) && !covers(base, target);
    let routes = !base.allowed_routes.is_empty()
        && (key.allowed_routes.is_empty() || !key.allowed_routes.iter().all(|it| base.allowed_routes.contains(it)));
    let own = &base.allowed_cache_controls;
    let controls = !own.is_empty()
        && (key.allowed_cache_controls.is_empty() || !key.allowed_cache_controls.iter().all(|it| own.contains(it)));
    let period = (&key.limits.budget_duration, key.limits.budget_reset_at)
        != (&base.limits.budget_duration, base.limits.budget_reset_at);
    let looser = [
        ("max_budget", is_looser(key.limits.max_budget, base.limits.max_budget)),
        ("budget_duration", base.limits.max_budget.is_some() && period),
        ("tpm_limit", is_looser(key.limits.tpm_limit, base.limits.tpm_limit)),
        ("rpm_limit", is_looser(key.limits.rpm_limit, base.limits.rpm_limit)),
        ("max_parallel_requests", is_looser(key.limits.max_parallel_requests, base.limits.max_parallel_requests)),
        ("duration", is_looser(key.expires, base.expires)),
        ("models", models),
        ("aliases", !base.models.is_empty() && key.aliases.iter().any(foreign_alias)),
        ("allowed_routes", routes),
        ("allowed_cache_controls", controls),
        (
            "permissions",
            key.permissions.iter().any(|(name, it)| *it != false && base.permissions.get(name) != Some(it)),
        ),
        ("blocked", base.blocked && !key.blocked),
        ("team_id", key.team_id != base.team_id),
        ("organization_id", key.organization_id != base.organization_id),
        ("project_id", key.project_id != base.project_id),
        ("agent_id", key.agent_id != base.agent_id),
        ("temp_budget_increase", metadata("temp_budget_increase") || metadata("temp_budget_expiry")),
    ];
    match looser.iter().find(|(_, looser)| *looser) {
        Some((field, _)) => Err(forbidden(field, "only an admin may allow more than the key allows now")),
        None => Ok(()),
    }
}

/// Checks that `base` has no limit that would be worth less with each key made from it.
pub(super) fn check_unlimited(base: &Key) -> Result<(), Refusal> {
    let limited = [
        ("max_budget", base.limits.max_budget.is_some()),
        ("tpm_limit", base.limits.tpm_limit.is_some()),
        ("rpm_limit", base.limits.rpm_limit.is_some()),
        ("max_parallel_requests", base.limits.max_parallel_requests.is_some()),
    ];
    match limited.iter().find(|(_, limited)| *limited) {
        Some((field, _)) => Err(forbidden(field, "a key with this limit cannot make further keys: it would multiply")),
        None => Ok(()),
    }
}

/// Whether a limit is above another; none is above all.
fn is_looser<T: PartialOrd>(limit: Option<T>, base: Option<T>) -> bool {
    base.is_some_and(|base| limit.is_none_or(|limit| limit > base))
}

/// Whether the models of `base` hold an entry of another list.
fn covers(base: &Key, entry: &str) -> bool {
    base.models.iter().any(|own| own == entry || own == "all-proxy-models" || glob::matches(own, entry))
}
