//! Whether to try again, and after how long.

use std::time::Duration;

use super::{Failure, FailureClass, Origin, RetryPolicy, Rules};

/// What is known when an attempt has failed.
#[derive(Debug, Clone, Copy)]
pub struct RetryAsk<'a> {
    /// The failure.
    pub failure: &'a Failure,
    /// The model group.
    pub group: &'a str,
    /// The request's own `num_retries`.
    pub requested: Option<u32>,
    /// `num_retries` of the deployment that failed.
    pub deployment: Option<u32>,
    /// Retries already done.
    pub done: u32,
    /// Deployments in the group.
    pub group_size: usize,
    /// Of these, how many neither rest now nor are the one that failed.
    pub healthy_others: usize,
    /// Whether the one that failed does not rest either.
    pub healthy_self: bool,
    /// Whether there is a fallback for this failure.
    pub has_fallback: bool,
}

/// How often a group may be tried again after a failure of this class: the request's own number, else the group's
/// policy, the general one, the deployment's number, the general number.
#[must_use]
pub fn retries(rules: &Rules, ask: &RetryAsk<'_>) -> u32 {
    ask.requested.or_else(|| by_policy(rules, ask)).or(ask.deployment).unwrap_or(rules.num_retries)
}

fn by_policy(rules: &Rules, ask: &RetryAsk<'_>) -> Option<u32> {
    let class = ask.failure.class;
    let own = rules.group_retry_policy.get(ask.group).and_then(|policy: &RetryPolicy| policy.retries(class));
    own.or_else(|| rules.retry_policy.retries(class))
}

/// How long to wait before trying the group again; `None` to stop. `jitter` is at least 0 and below 1.
#[must_use]
pub fn retry(rules: &Rules, ask: &RetryAsk<'_>, jitter: f64) -> Option<Duration> {
    if ask.done >= retries(rules, ask) || ask.failure.origin == Origin::CallerTimeout {
        return None;
    }
    // A policy that names the class has decided already.
    if by_policy(rules, ask).is_none() && !is_worthwhile(ask) {
        return None;
    }
    if ask.healthy_others == 0 && !ask.healthy_self {
        return None;
    }
    Some(wait(rules, ask, jitter))
}

/// Whether the same request may fare better on another try.
fn is_worthwhile(ask: &RetryAsk<'_>) -> bool {
    let healthy = ask.healthy_others > 0 || ask.healthy_self;
    match (ask.failure.class, ask.failure.status) {
        (FailureClass::ContextWindow | FailureClass::ContentPolicy | FailureClass::NotFound, _) => false,
        (FailureClass::Authentication | FailureClass::PermissionDenied, _) | (_, 401 | 403) => ask.group_size > 1,
        (_, 429) => healthy || !ask.has_fallback,
        (_, status) => matches!(status, 408 | 409) || status >= 500,
    }
}

fn wait(rules: &Rules, ask: &RetryAsk<'_>, jitter: f64) -> Duration {
    if ask.group_size > 1 && ask.healthy_others > 0 {
        return Duration::ZERO;
    }
    let asked = ask.failure.retry_after.filter(|seconds| *seconds > 0.0 && *seconds <= 60.0);
    let doubled = 0.5 * f64::from(2_u32.saturating_pow(ask.done.min(16)));
    let seconds = asked.unwrap_or_else(|| doubled.max(rules.retry_after).min(8.0));
    Duration::try_from_secs_f64(seconds + 0.75 * jitter.clamp(0.0, 1.0)).unwrap_or(Duration::from_secs(8))
}
