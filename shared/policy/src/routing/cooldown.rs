//! Whether a deployment rests after a failure, and for how long.

use std::time::Duration;

use super::{Failure, Origin, Rules};
use crate::config::Deployment;

/// The longest rest, whatever a provider asks for.
const LONGEST: Duration = Duration::from_secs(3600);
/// From this many calls a minute on, a deployment that fails all of them rests even when it is alone.
const MANY_CALLS: u32 = 1000;
/// Fewer calls a minute say nothing about a deployment's share of failures.
const FEW_CALLS: u32 = 5;

/// What is known of a deployment, the failure in question included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// Calls in this minute.
    pub calls: u32,
    /// Failures in this minute.
    pub failures: u32,
    /// Failures within the cooldown time.
    pub recent_failures: u32,
    /// Deployments of the same group that do not rest, this one not counted.
    pub awake_others: usize,
}

/// How long `deployment` must rest after `failure`; `None` when it stays in use.
///
/// By the usual rules the last deployment of a group that is awake stays awake: a resting one answers nobody.
#[must_use]
pub fn cooldown(rules: &Rules, deployment: &Deployment, failure: &Failure, health: &Health) -> Option<Duration> {
    let status = failure.status;
    let considered = matches!(status, 401 | 402 | 404 | 408 | 429) || status >= 500;
    if rules.disable_cooldowns || !considered || failure.origin != Origin::Provider {
        return None;
    }
    let alone = health.awake_others == 0;
    let callers_fault = matches!(status, 401 | 402 | 404);
    if alone && callers_fault {
        return None;
    }
    let own = &deployment.info_settings;
    let allowed = own.allowed_fails_policy.as_ref().and_then(|policy| policy.allowed(failure.class));
    let allowed = allowed.or(own.allowed_fails);
    let allowed = allowed.or_else(|| rules.allowed_fails_policy.allowed(failure.class)).or(rules.allowed_fails);
    let rests = match allowed {
        Some(allowed) => health.recent_failures > allowed,
        None => {
            let all_failed = health.failures >= health.calls && health.calls >= MANY_CALLS;
            let most_failed = health.failures.saturating_mul(2) > health.calls && health.calls >= FEW_CALLS;
            all_failed || (!alone && (status == 429 || callers_fault || most_failed))
        }
    };
    if !rests {
        return None;
    }
    let asked = failure.retry_after.filter(|seconds| *seconds > 0.0);
    let seconds = deployment.settings.cooldown_time.or(own.cooldown_time).or(asked).unwrap_or(rules.cooldown_time);
    let rest = Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST);
    (!rest.is_zero()).then_some(rest)
}
