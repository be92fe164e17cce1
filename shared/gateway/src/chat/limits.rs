//! How long each part of a call may take.

use std::time::{Duration, Instant};

use upstream::Timeouts;

use super::ChatCall;
use super::target::Target;
use crate::App;

/// Where nothing else is configured, as LiteLLM has it.
const USUAL_TOTAL: f64 = 600.0;
/// A provider that is silent for longer in the middle of an answer has died.
const LONGEST_SILENCE: Duration = Duration::from_secs(300);
/// The longest wait before a retry.
const LONGEST_WAIT: Duration = Duration::from_secs(9);
/// What must be left of an invocation to account for the call.
const RESERVED_FOR_ACCOUNTING: Duration = Duration::from_secs(5);

/// The limits of one try at `target`.
pub(super) fn of_attempt(app: &App, call: &ChatCall, target: &Target) -> Timeouts {
    let total = total(app, call, target);
    let own = &target.served.deployment.settings;
    let first = if call.chat().is_stream() {
        let configured =
            call.extras.stream_timeout.or(own.stream_timeout).or(app.config.router_settings.stream_timeout);
        configured.and_then(seconds).map_or(total, |it| it.min(total))
    } else {
        total
    };
    Timeouts { headers: first, idle: total.min(LONGEST_SILENCE), total }
}

/// The longest that the whole call can take, with every retry and fallback, in milliseconds.
pub(super) fn longest(app: &App, call: &ChatCall, targets: &[Target]) -> u64 {
    let one = targets.iter().map(|it| total(app, call, it)).max().unwrap_or_default() + LONGEST_WAIT;
    let tries = 1 + call.extras.num_retries.unwrap_or(app.rules.num_retries);
    let rules = &app.rules;
    let configured = [&rules.fallbacks, &rules.context_window_fallbacks, &rules.content_policy_fallbacks];
    let falls_back = call.extras.fallbacks.list.is_some()
        || !rules.default_fallbacks.is_empty()
        || configured.iter().any(|it| !it.is_empty());
    let groups = if falls_back { 1 + rules.max_fallbacks } else { 1 };
    let all = one.saturating_mul(tries.saturating_mul(groups));
    let bounded = left(call).map_or(all, |left| all.min(left));
    u64::try_from(bounded.as_millis()).unwrap_or(u64::MAX)
}

fn total(app: &App, call: &ChatCall, target: &Target) -> Duration {
    let configured = call
        .extras
        .timeout
        .or(target.served.deployment.settings.timeout)
        .or(app.config.litellm_settings.request_timeout)
        .or(app.config.router_settings.timeout);
    let total = seconds(configured.unwrap_or(USUAL_TOTAL)).unwrap_or(Duration::from_secs(600));
    left(call).map_or(total, |left| total.min(left))
}

/// What is left of the invocation for the provider.
fn left(call: &ChatCall) -> Option<Duration> {
    let left = call.deadline?.saturating_duration_since(Instant::now());
    Some(left.saturating_sub(RESERVED_FOR_ACCOUNTING))
}

/// Zero means no limit of one's own; beyond a day nobody waits, and clocks overflow.
fn seconds(number: f64) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(86_400);
    Duration::try_from_secs_f64(number).ok().filter(|it| !it.is_zero()).map(|it| it.min(LONGEST))
}
