//! Tidies budgets: looks after reservations of crashed calls, and moves ended budget periods on.
//!
//! No budget depends on it: a call's own check knows the period that it falls in.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use gateway::{App, JobError, Tick};
use jiff::Timestamp;
use policy::duration::Calendar;
use policy::entity::Limits;
use policy::key::Key;
use store::{RESET, Store, StoreError};

/// Keys moved on in one go.
const PAGE: usize = 100;

/// Does what is due.
///
/// # Errors
/// [`JobError`] with the last failure, after everything else was tried.
pub async fn handle(app: &App, tick: Tick) -> Result<(), JobError> {
    let reclaimed = reclaim(&app.store, tick.now).await;
    let moved = move_periods(&app.store, &app.calendar, tick.now).await;
    reclaimed.and(moved).map_err(|error| JobError(error.into()))
}

/// Settles or charges what crashed calls have left reserved.
async fn reclaim(store: &Store, now: Duration) -> Result<(), StoreError> {
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let mut outcome = Ok(());
    for entity in store.find_due_counters(now).await? {
        match store.reclaim(&entity, now).await {
            Ok(done) if done.charged + done.settled > 0 => tracing::warn!(
                kind = entity.kind,
                id = entity.id,
                settled = done.settled,
                charged = done.charged,
                "calls had crashed with a reservation"
            ),
            Ok(_) => {}
            Err(error) => outcome = Err(failed("reservations were not looked after", error)),
        }
    }
    outcome
}

/// Writes the end of the current period into keys whose period has ended, and announces it.
async fn move_periods(store: &Store, calendar: &Calendar, now: Duration) -> Result<(), StoreError> {
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let moment = i64::try_from(millis).ok().and_then(|now| Timestamp::from_millisecond(now).ok());
    let moment = moment.unwrap_or(Timestamp::MAX);
    loop {
        let page = store.list_due::<Key>(RESET, millis, PAGE).await?;
        for found in &page.records {
            let end = found.value.budget_period(calendar, moment).map(|period| period.end);
            match store
                .update(
                    found,
                    &Key {
                        limits: Limits { budget_reset_at: end, ..found.value.limits.clone() },
                        ..found.value.clone()
                    },
                )
                .await
            {
                Ok(_) => {
                    tracing::info!(key = found.value.origin, alias = found.value.key_alias, "a budget period has begun")
                }
                // Whoever changed the key leaves it on the list, if it is still due.
                Err(StoreError::Changed) => {}
                Err(error) => return Err(failed("a budget period was not moved on", error)),
            }
        }
        if page.next.is_none() {
            return Ok(());
        }
    }
}

fn failed(what: &'static str, error: StoreError) -> StoreError {
    tracing::error!(error = &error as &(dyn Error + 'static), "{what}");
    error
}
