use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use policy::config::Deployment;
use policy::routing::{Failure, Health, Rules, cooldown};

const MINUTE: Duration = Duration::from_secs(60);
/// Deployments that rest after failures, and how often each has failed lately. Known to this process alone: another
/// one finds out by its own failures.
#[derive(Debug, Default)]
pub(crate) struct Cooldowns {
    by_id: Mutex<HashMap<String, Record>>,
}

/// What is known of one deployment.
#[derive(Debug, Clone, Copy)]
struct Record {
    minute: Instant,
    calls: u32,
    failures: u32,
    recent_since: Instant,
    recent_failures: u32,
    resting_until: Option<Instant>,
}

impl Cooldowns {
    pub(crate) fn rests(&self, id: &str) -> bool {
        self.rest_left(id).is_some()
    }

    /// How much longer the deployment rests.
    pub(crate) fn rest_left(&self, id: &str) -> Option<Duration> {
        let until = self.lock().get(id)?.resting_until?;
        Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    pub(crate) fn called(&self, id: &str) {
        let mut records = self.lock();
        let record = records.entry(id.to_owned()).or_insert_with(Record::new);
        record.turn_minute();
        record.calls = record.calls.saturating_add(1);
    }

    /// Whether the deployment has failed more than `few` times in this minute, as far as this process knows.
    pub(crate) fn is_failing(&self, id: &str, few: u32) -> bool {
        let records = self.lock();
        records.get(id).is_some_and(|it| it.minute.elapsed() < MINUTE && it.failures > few)
    }

    /// Notes a failure and lets the deployment rest if the rules say so.
    pub(crate) fn failed(&self, rules: &Rules, deployment: &Deployment, failure: &Failure, awake_others: usize) {
        let mut records = self.lock();
        let record = records.entry(deployment.id.clone()).or_insert_with(Record::new);
        record.turn_minute();
        record.failures = record.failures.saturating_add(1);
        if record.recent_since.elapsed().as_secs_f64() > rules.cooldown_time {
            (record.recent_since, record.recent_failures) = (Instant::now(), 0);
        }
        record.recent_failures = record.recent_failures.saturating_add(1);
        let health = Health {
            calls: record.calls,
            failures: record.failures,
            recent_failures: record.recent_failures,
            awake_others,
        };
        if let Some(rest) = cooldown(rules, deployment, failure, &health) {
            record.resting_until = Some(Instant::now() + rest);
            tracing::warn!(deployment = deployment.id, seconds = rest.as_secs(), "a deployment rests");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Record>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn new() -> Self {
        let now = Instant::now();
        Self { minute: now, calls: 0, failures: 0, recent_since: now, recent_failures: 0, resting_until: None }
    }

    fn turn_minute(&mut self) {
        if self.minute.elapsed() >= MINUTE {
            (self.minute, self.calls, self.failures) = (Instant::now(), 0, 0);
        }
    }
}

#[cfg(test)]
mod tests;
