//! Budgets whose period comes from a duration: roll-over, daylight saving, other durations, several at once.

use jiff::Timestamp;
use policy::duration::{Calendar, ClockTime, parse, period, time_zone};

use super::*;
use crate::testing::{Local, local};
use crate::{Actual, Keep};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn berlin() -> Calendar {
    Calendar { zone: time_zone("Europe/Berlin").unwrap(), reset_time: ClockTime::MIDNIGHT }
}

fn budget_for(duration: &str, now: Timestamp, max: &str) -> Budget {
    let start = period(parse(duration).unwrap(), &berlin(), None, now).start.as_second();
    let scope = key_scope().within(u64::try_from(start).unwrap());
    Budget { scope, window: duration.to_owned(), max: usd(max), refuses: true }
}

/// A call at a moment that costs as much as it may, and its row; whether it was admitted.
async fn call(it: &Local, id: &str, now: Timestamp, cost: &str, budgets: &[(&str, &str)]) -> bool {
    let budgets = budgets.iter().map(|(duration, max)| budget_for(duration, now, max));
    let now = u64::try_from(now.as_millisecond()).unwrap();
    let mut req = Reserve { now, expires: now + MINUTE, estimate: usd(cost), ..ask(id) };
    req.budgets = budgets.collect();
    req.event.started = now;
    req.event.spend = usd(cost);
    req.event.scopes = req.budgets.iter().map(|budget| budget.scope.clone()).collect();
    let Decision::Reserved(reserved) = it.store.reserve(&req).await.unwrap() else { return false };
    it.store.write_spend(&[req.event], Keep::default()).await.remove(0).unwrap();
    it.store.settle(&reserved, &Actual { spend: usd(cost), ..Actual::default() }).await.unwrap();
    true
}

/// Calls at these moments, each of which takes the whole daily budget; which of them are admitted.
async fn daily(moments: &[&str]) -> Vec<bool> {
    let it = local().await;
    let mut admitted = Vec::new();
    for moment in moments {
        admitted.push(call(&it, moment, at(moment), "1", &[("1d", "1")]).await);
    }
    admitted
}

#[tokio::test]
async fn a_day_begins_at_local_midnight_also_when_clocks_change() {
    // The day that clocks go forward in Berlin has 23 hours, the one that they go back has 25.
    let forward = ["2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z", "2026-03-30T21:59:59Z"];
    assert_eq!(daily(&forward).await, [true, false, true, false]);
    let back = ["2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z", "2026-10-26T22:59:59Z"];
    assert_eq!(daily(&back).await, [true, false, true, false]);
}

#[tokio::test]
async fn budgets_of_several_durations_are_one_item_and_each_holds() {
    let it = local().await;
    let budgets = [("1h", "2"), ("1d", "3"), ("30d", "4")];
    let asks = [
        ("2026-11-20T10:00:00Z", true),
        ("2026-11-20T10:30:00Z", true),
        ("2026-11-20T10:59:59Z", false),
        ("2026-11-20T11:00:00Z", true),
        ("2026-11-20T12:00:00Z", false),
        ("2026-11-20T23:00:00Z", true),
        ("2026-11-21T23:00:00Z", false),
        ("2026-11-30T23:00:00Z", true),
    ];
    for (moment, expected) in asks {
        assert_eq!(call(&it, moment, at(moment), "1", &budgets).await, expected, "{moment}");
    }
    let items = it.items("counters").await;
    let has_all =
        |item: &&crate::attributes::Item| ["max#1h", "max#1d", "max#30d"].iter().all(|it| item.contains_key(*it));
    assert_eq!(items.iter().filter(has_all).count(), 1);
}

#[tokio::test]
async fn another_maximum_or_duration_holds_from_the_next_call_on() {
    let it = local().await;
    let noon = at("2026-11-20T12:00:00Z");
    assert!(call(&it, "a", noon, "2", &[("1d", "2")]).await);
    assert!(!call(&it, "b", noon, "1", &[("1d", "2")]).await);
    assert!(call(&it, "c", noon, "1", &[("1d", "4")]).await, "raised");
    assert!(!call(&it, "d", noon, "1", &[("1d", "3")]).await, "lowered");
    assert!(call(&it, "e", noon, "3", &[("30d", "3")]).await, "a month of its own begins");
    assert!(!call(&it, "f", noon, "1", &[("30d", "3")]).await);
    assert!(call(&it, "g", noon, "1", &[("1d", "4")]).await, "the day has not forgotten");
    assert!(!call(&it, "h", noon, "1", &[("1d", "4")]).await);
}
