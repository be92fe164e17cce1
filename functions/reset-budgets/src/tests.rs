use std::time::Duration;

use jiff::Timestamp;
use policy::duration::Calendar;
use policy::entity::{BudgetWindow, Limits, Team};
use policy::key::Key;
use policy::money::Usd;
use policy::spend::{Scope, SpendEvent};
use store::testing::{Local, local};
use store::{Budget, Decision, Keep, Reserve};

use super::{move_all, reclaim};

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

async fn reserve(it: &Local, id: &str, now: u64) -> Decision {
    let scope = Scope::new("key", "k");
    let mut event = SpendEvent::new(id, now);
    event.scopes = vec![scope.clone()];
    let budgets = vec![Budget { scope, window: String::new(), max: usd("1"), refuses: true }];
    let (expires, estimate, rate_window) = (now + 60_000, usd("1"), 60_000);
    let req = Reserve { event, now, expires, estimate, budgets, rate_window, limits: Vec::new() };
    it.store.reserve(&req).await.unwrap()
}

#[tokio::test]
async fn a_crashed_call_is_charged_and_then_settled() {
    let it = local().await;
    assert!(matches!(reserve(&it, "a", 1_000_000).await, Decision::Reserved(_)));
    let hours = |hours: u64| Duration::from_secs(1_000 + hours * 3600);
    reclaim(&it.store, hours(2)).await.unwrap();
    let [event] = &it.sent()[..] else { panic!("{:?}", it.sent()) };
    let event = SpendEvent::parse(event).unwrap();
    assert_eq!((event.id.as_str(), event.spend), ("a", usd("1")));
    it.store.write_spend(&[event], Keep::default()).await.remove(0).unwrap();
    reclaim(&it.store, hours(3)).await.unwrap();
    assert_eq!(it.sent().len(), 1);
    assert!(it.store.find_due_counters(3_600_000 * 4).await.unwrap().is_empty());
    assert!(matches!(reserve(&it, "b", 3_600_000 * 4).await, Decision::Refused(_)), "it has been paid for");
}

#[tokio::test]
async fn a_period_that_has_ended_moves_on() {
    let it = local().await;
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let keys = [
        ("daily", Some("1d"), at("2026-11-22T00:00:00Z"), at("2026-11-23T00:00:00Z")),
        ("monthly", Some("30d"), at("2026-12-01T00:00:00Z"), at("2026-12-01T00:00:00Z")),
        ("no longer", None, at("2026-11-01T00:00:00Z"), None),
        ("never", None, None, None),
    ];
    for (token, duration, reset, _) in keys {
        let key = Key {
            token: token.to_owned(),
            limits: Limits {
                budget_duration: duration.map(str::to_owned),
                budget_reset_at: reset,
                ..Limits::default()
            },
            ..Key::default()
        };
        it.store.create(&key).await.unwrap();
    }
    let limits = Limits {
        budget_limits: vec![BudgetWindow {
            budget_duration: "1h".to_owned(),
            max_budget: usd("1"),
            reset_at: at("2026-11-22T18:00:00Z"),
        }],
        ..Limits::default()
    };
    it.store.create(&Team { team_id: "t".to_owned(), limits, ..Team::default() }).await.unwrap();
    let now = Duration::from_secs(u64::try_from(at("2026-11-22T19:00:00Z").unwrap().as_second()).unwrap());
    for _ in 0..2 {
        move_all(&it.store, &Calendar::default(), now).await.unwrap();
        for (token, _, _, expected) in keys {
            let found = it.store.find::<Key>(token).await.unwrap().unwrap();
            assert_eq!(found.value.limits.budget_reset_at, expected, "{token}");
        }
        let team = it.store.find::<Team>("t").await.unwrap().unwrap();
        assert_eq!(team.value.limits.budget_limits[0].reset_at, at("2026-11-22T20:00:00Z"));
        assert_eq!(team.rev, 2, "it is moved on once");
    }
}
