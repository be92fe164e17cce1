//! Keys that are slowed down once they have spent their budget, rather than stopped.

use crate::subject::Subject;

/// The share of the key's rate limits that is left to it when its budget is used up; `None` where it is refused then:
/// a key that did not choose otherwise, or has no rate limit that could be lowered. `share` is
/// `litellm_settings.budget_exceeded_throttle_percentage`.
#[must_use]
pub fn throttle(subject: &Subject<'_>, share: Option<f64>) -> Option<f64> {
    let key = subject.key;
    let chosen = key.metadata.get("throttle_on_budget_exceeded").is_some_and(|it| it == true);
    let limited = key.limits.rpm_limit.is_some() || key.limits.tpm_limit.is_some();
    share.filter(|share| chosen && limited && *share > 0.0 && *share <= 1.0)
}

/// A share of a limit, rounded down: at least 1, so that the key stays alive, and never more than the limit.
#[must_use]
pub(super) fn throttled(limit: u64, share: f64) -> u64 {
    ((limit as f64 * share) as u64).max(1).min(limit)
}
