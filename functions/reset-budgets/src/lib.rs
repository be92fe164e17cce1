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
use policy::entity::{Bounded, Budget, Customer, Member, Organization, OrganizationMember, Project, Tag, Team, User};
use policy::key::Key;
use store::{RESET, Record, Store, StoreError};

/// Entities moved on in one go.
const PAGE: usize = 100;

/// Does what is due.
///
/// # Errors
/// [`JobError`] with the last failure, after everything else was tried.
pub async fn handle(app: &App, tick: Tick) -> Result<(), JobError> {
    let reclaimed = reclaim(&app.store, tick.now).await;
    let moved = move_all(&app.store, &app.calendar, tick.now).await;
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

/// Writes the ends of the current periods into everything whose periods have ended, and announces them.
async fn move_all(store: &Store, calendar: &Calendar, now: Duration) -> Result<(), StoreError> {
    let millis = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let at = Moment { calendar, now: Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX) };
    let moved = [
        move_periods::<Key>(store, at).await,
        move_periods::<User>(store, at).await,
        move_periods::<Team>(store, at).await,
        move_periods::<Member>(store, at).await,
        move_periods::<Organization>(store, at).await,
        move_periods::<OrganizationMember>(store, at).await,
        move_periods::<Project>(store, at).await,
        move_periods::<Customer>(store, at).await,
        move_periods::<Tag>(store, at).await,
        move_periods::<Budget>(store, at).await,
    ];
    moved.into_iter().collect()
}

/// When the job runs, and where periods begin.
#[derive(Clone, Copy)]
struct Moment<'a> {
    calendar: &'a Calendar,
    now: Timestamp,
}

async fn move_periods<T: Record + Bounded>(store: &Store, at: Moment<'_>) -> Result<(), StoreError> {
    let millis = u64::try_from(at.now.as_millisecond()).unwrap_or_default();
    loop {
        let page = store.list_due::<T>(RESET, millis, PAGE).await?;
        for found in &page.records {
            let mut moved = found.value.clone();
            *moved.limits_mut() = found.value.limits().moved_on(at.calendar, at.now);
            match store.update(found, &moved).await {
                Ok(_) => tracing::info!(kind = T::KIND, id = found.value.id(), "a budget period has begun"),
                // Whoever changed it leaves it on the list, if it is still due.
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
