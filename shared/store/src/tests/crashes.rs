//! Reservations that nobody settles.

use super::*;
use crate::testing::{Local, local};
use crate::{Actual, Reclaimed};

const LATER: u64 = NOW + 2 * 60 * MINUTE;

fn key_entity() -> Entity {
    entity("key", "origin")
}

async fn write(it: &Local, id: &str, spend: &str) {
    let mut event = ask(id).event;
    event.spend = usd(spend);
    it.store.write_spend(&[event], Keep::default()).await.remove(0).unwrap();
}

#[tokio::test]
async fn a_call_with_a_row_is_settled_by_it() {
    let it = local().await;
    admitted(it.store.reserve(&ask_budget("a", "0.5", "1")).await.unwrap());
    write(&it, "a", "0.125").await;
    assert_eq!(it.store.reclaim(&key_entity(), NOW).await.unwrap(), Reclaimed::default(), "not expired yet");
    let reclaimed = it.store.reclaim(&key_entity(), LATER).await.unwrap();
    assert_eq!(reclaimed, Reclaimed { settled: 1, ..Reclaimed::default() });
    assert_eq!(it.store.find_counters(&key_entity()).await.unwrap().budgets[""].headroom, usd("0.875"));
    assert!(it.sent().is_empty());
}

#[tokio::test]
async fn a_call_without_a_row_is_charged_what_was_reserved() {
    let it = local().await;
    admitted(it.store.reserve(&ask_budget("a", "0.5", "1")).await.unwrap());
    let reclaimed = it.store.reclaim(&key_entity(), LATER).await.unwrap();
    assert_eq!(reclaimed, Reclaimed { charged: 1, ..Reclaimed::default() });
    let again = it.store.reclaim(&key_entity(), LATER + 1).await.unwrap();
    assert_eq!(again, Reclaimed::default(), "the spend writer has a while");

    let sent: Vec<SpendEvent> = it.sent().iter().map(|text| SpendEvent::parse(text).unwrap()).collect();
    let [event] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((event.id.as_str(), event.spend), ("a", usd("0.5")));
    assert_eq!(event.status, policy::spend::Status::Failure);
    assert_eq!(event.error.as_ref().unwrap().class, "crashed");
    assert_eq!(event.scopes, [key_scope()]);

    it.store.write_spend(&sent, Keep::default()).await.remove(0).unwrap();
    let settled = it.store.reclaim(&key_entity(), LATER + 16 * MINUTE).await.unwrap();
    assert_eq!(settled, Reclaimed { settled: 1, ..Reclaimed::default() });
    let state = it.store.find_counters(&key_entity()).await.unwrap();
    assert_eq!((state.budgets[""].headroom, state.held.len()), (usd("0.5"), 0));
    assert_eq!(it.store.find_total(&key_scope()).await.unwrap().spend, usd("0.5"));
}

#[tokio::test]
async fn a_late_event_of_the_call_itself_wins_if_it_comes_first() {
    let it = local().await;
    admitted(it.store.reserve(&ask_budget("a", "0.5", "1")).await.unwrap());
    it.store.reclaim(&key_entity(), LATER).await.unwrap();
    write(&it, "a", "0.125").await;
    let crashed = SpendEvent::parse(&it.sent()[0]).unwrap();
    assert_eq!(it.store.write_spend(&[crashed], Keep::default()).await.remove(0).unwrap(), crate::Written::Duplicate);
    it.store.reclaim(&key_entity(), LATER + 16 * MINUTE).await.unwrap();
    assert_eq!(it.store.find_counters(&key_entity()).await.unwrap().budgets[""].headroom, usd("0.875"));
    assert_eq!(it.store.find_total(&key_scope()).await.unwrap().spend, usd("0.125"));
}

#[tokio::test]
async fn a_full_budget_first_looks_for_crashed_calls() {
    let it = local().await;
    admitted(it.store.reserve(&ask_budget("a", "1", "1")).await.unwrap());
    write(&it, "a", "0.25").await;
    let later = |id: &str| Reserve { now: LATER, expires: LATER + MINUTE, ..ask_budget(id, "0.5", "1") };
    refused(it.store.reserve(&ask_budget("b", "0.5", "1")).await.unwrap());
    let reserved = admitted(it.store.reserve(&later("c")).await.unwrap());
    assert_eq!(reserved.amount(), usd("0.5"));
}

#[tokio::test]
async fn every_entity_of_a_crashed_call_is_settled() {
    let it = local().await;
    let mut req = ask_budget("a", "0.5", "1");
    req.budgets.push(Budget { scope: Scope::new("team", "t"), window: String::new(), max: usd("1"), refuses: true });
    req.limits = vec![Limit { entity: entity("tag", "x"), tokens: Some(100), estimate: 10, ..limit() }];
    admitted(it.store.reserve(&req).await.unwrap());

    let mut due = it.store.find_due_counters(LATER).await.unwrap();
    due.sort();
    assert_eq!(due, [key_entity(), entity("tag", "x"), entity("team", "t")]);
    for entity in &due {
        it.store.reclaim(entity, LATER).await.unwrap();
    }
    assert_eq!(it.sent().len(), 1, "one event, whatever number of entities");
    let event = SpendEvent::parse(&it.sent()[0]).unwrap();
    it.store.write_spend(&[event], Keep::default()).await.remove(0).unwrap();
    for entity in &it.store.find_due_counters(LATER + 16 * MINUTE).await.unwrap() {
        it.store.reclaim(entity, LATER + 16 * MINUTE).await.unwrap();
    }
    assert!(it.store.find_due_counters(LATER + 16 * MINUTE).await.unwrap().is_empty());
    for (kind, id) in [("key", "origin"), ("team", "t")] {
        let state = it.store.find_counters(&entity(kind, id)).await.unwrap();
        assert_eq!((state.budgets[""].headroom, state.held.len()), (usd("0.5"), 0), "{kind}");
    }
}

#[tokio::test]
async fn an_open_reservation_keeps_its_entity_on_the_index() {
    let it = local().await;
    let reserved = admitted(it.store.reserve(&ask_budget("a", "0.5", "1")).await.unwrap());
    assert_eq!(it.store.find_due_counters(NOW).await.unwrap(), [key_entity()]);
    it.store.reclaim(&key_entity(), NOW).await.unwrap();
    assert_eq!(it.store.find_due_counters(NOW).await.unwrap(), [key_entity()]);
    it.store.settle(&reserved, &Actual::default()).await.unwrap();
    it.store.reclaim(&key_entity(), LATER).await.unwrap();
    assert!(it.store.find_due_counters(LATER).await.unwrap().is_empty());

    admitted(it.store.reserve(&ask_budget("b", "0.5", "1")).await.unwrap());
    assert_eq!(it.store.find_due_counters(LATER).await.unwrap(), [key_entity()]);
}

#[tokio::test]
async fn a_slot_is_given_back_at_once_though_the_cost_is_not_known() {
    let it = local().await;
    let mut req = ask_budget("a", "0.5", "1");
    req.limits = vec![Limit { parallel: Some(1), ..limit() }];
    let crashed = admitted(it.store.reserve(&req).await.unwrap());
    let reclaimed = it.store.reclaim(&key_entity(), LATER).await.unwrap();
    assert_eq!(reclaimed, Reclaimed { charged: 1, slots: 1, settled: 0 });
    it.store.settle(&crashed, &Actual { spend: usd("0.25"), tokens: 0, ..Actual::default() }).await.unwrap();
    assert_eq!(it.store.find_counters(&key_entity()).await.unwrap().budgets[""].headroom, usd("0.75"));
    let next = |id: &str| {
        let mut req = ask(id);
        req.limits = vec![Limit { parallel: Some(1), ..limit() }];
        req
    };
    admitted(it.store.reserve(&next("b")).await.unwrap());
    refused(it.store.reserve(&next("c")).await.unwrap());
}

#[tokio::test]
async fn two_that_look_after_the_same_call_do_it_once() {
    let it = local().await;
    let mut req = ask_budget("a", "0.5", "1");
    req.limits = vec![Limit { parallel: Some(2), ..limit() }];
    admitted(it.store.reserve(&req).await.unwrap());
    admitted(it.store.reserve(&Reserve { expires: LATER + MINUTE, event: ask("b").event, ..req }).await.unwrap());
    let state = it.store.find_counters(&key_entity()).await.unwrap();
    let first = it.store.reclaim_held(&key_entity(), &state, LATER).await.unwrap();
    assert_eq!(first, Reclaimed { charged: 1, slots: 1, settled: 0 });
    let second = it.store.reclaim_held(&key_entity(), &state, LATER).await.unwrap();
    assert_eq!(second, Reclaimed::default());
    assert_eq!((it.sent().len(), it.store.find_counters(&key_entity()).await.unwrap().slots), (1, 1));
}

#[tokio::test]
async fn a_reservation_made_meanwhile_stays_on_the_index() {
    let it = local().await;
    let old = admitted(it.store.reserve(&ask_budget("a", "0.5", "1")).await.unwrap());
    it.store.settle(&old, &Actual::default()).await.unwrap();
    let due = it.store.find_counters(&key_entity()).await.unwrap().due.unwrap();
    let now = Reserve { now: LATER, expires: LATER + MINUTE, ..ask_budget("b", "0.5", "1") };
    admitted(it.store.reserve(&now).await.unwrap());
    assert!(!it.store.forget_due(&key_entity(), &due).await.unwrap());
    assert_eq!(it.store.find_due_counters(LATER).await.unwrap(), [key_entity()]);
}
