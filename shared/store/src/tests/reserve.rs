//! Budgets: what is reserved, refused and settled.

use super::*;
use crate::Actual;
use crate::testing::{Local, local};

async fn headroom(it: &Local, entity: &Entity) -> Usd {
    it.store.find_counters(entity).await.unwrap().budgets[""].headroom
}

async fn key_headroom(it: &Local) -> Usd {
    headroom(it, &entity("key", "origin")).await
}

async fn spent(it: &Local, id: &str, scope: Scope, spend: &str) {
    let mut event = SpendEvent::new(id, NOW);
    event.spend = usd(spend);
    event.scopes = vec![scope];
    it.store.write_spend(&[event], Keep::default()).await.remove(0).unwrap();
    it.calls();
}

#[tokio::test]
async fn nothing_asked_is_nothing_written() {
    let it = local().await;
    let reserved = admitted(it.store.reserve(&ask("a")).await.unwrap());
    it.store.settle(&reserved, &Actual { spend: usd("1"), tokens: 5, ..Actual::default() }).await.unwrap();
    assert_eq!(it.calls(), 0);
    assert_eq!(reserved.remaining(), Some(&[][..]));
}

#[tokio::test]
async fn a_budget_counts_what_is_reserved_then_what_was_spent() {
    let it = local().await;
    let reserved = admitted(it.store.reserve(&ask_budget("a", "0.3", "1")).await.unwrap());
    assert_eq!(reserved.amount(), usd("0.3"));
    assert_eq!(key_headroom(&it).await, usd("0.7"));
    it.store
        .settle(&reserved, &Actual { spend: usd("0.123456789012345678"), tokens: 0, ..Actual::default() })
        .await
        .unwrap();
    assert_eq!(key_headroom(&it).await, usd("0.876543210987654322"));
}

#[tokio::test]
async fn settling_again_changes_nothing() {
    let it = local().await;
    let reserved = admitted(it.store.reserve(&ask_budget("a", "0.3", "1")).await.unwrap());
    for _ in 0..3 {
        it.store.settle(&reserved, &Actual { spend: usd("0.5"), tokens: 0, ..Actual::default() }).await.unwrap();
    }
    assert_eq!(key_headroom(&it).await, usd("0.5"));
}

#[tokio::test]
async fn reserving_again_with_the_same_id_takes_nothing_more() {
    let it = local().await;
    for _ in 0..3 {
        admitted(it.store.reserve(&ask_budget("a", "0.3", "1")).await.unwrap());
    }
    assert_eq!(key_headroom(&it).await, usd("0.7"));
}

#[tokio::test]
async fn a_budget_begins_with_what_its_period_has_cost() {
    let it = local().await;
    spent(&it, "old", key_scope().within(100), "0.9").await;
    let mut req = ask_budget("a", "0.05", "1");
    req.budgets[0].scope.period = Some(100);
    admitted(it.store.reserve(&req).await.unwrap());
    assert_eq!(it.calls(), 3, "one that finds nothing, the total, the write");
    assert_eq!(key_headroom(&it).await, usd("0.05"));
}

#[tokio::test]
async fn a_refusal_carries_the_numbers_and_consumes_nothing() {
    let it = local().await;
    let req = ask_budget("a", "1", "1");
    admitted(it.store.reserve(&req).await.unwrap());
    let before = it.items("counters").await;
    it.calls();
    let refusal = refused(it.store.reserve(&ask_budget("b", "0.25", "1")).await.unwrap());
    assert_eq!(it.calls(), 1);
    let expected = Refusal::OverBudget {
        scope: key_scope(),
        window: String::new(),
        spend: usd("1"),
        max: usd("1"),
        estimate: usd("0.25"),
    };
    assert_eq!(refusal, expected);
    assert_eq!(it.items("counters").await, before);
}

#[tokio::test]
async fn a_used_up_budget_refuses_even_what_is_free() {
    let it = local().await;
    admitted(it.store.reserve(&ask_budget("a", "1", "1")).await.unwrap());
    refused(it.store.reserve(&ask_budget("b", "0", "1")).await.unwrap());
    refused(it.store.reserve(&ask_budget("c", "0", "0")).await.unwrap());
}

#[tokio::test]
async fn the_rest_of_a_budget_can_be_used_up() {
    let it = local().await;
    admitted(it.store.reserve(&ask_budget("a", "0.75", "1")).await.unwrap());
    let reserved = admitted(it.store.reserve(&ask_budget("b", "0.75", "1")).await.unwrap());
    assert_eq!(reserved.amount(), usd("0.25"));
    refused(it.store.reserve(&ask_budget("c", "0.75", "1")).await.unwrap());
    it.store.settle(&reserved, &Actual { spend: usd("0.75"), tokens: 0, ..Actual::default() }).await.unwrap();
    assert_eq!(key_headroom(&it).await, usd("-0.5"));
}

#[tokio::test]
async fn another_maximum_moves_the_headroom_by_the_difference() {
    let it = local().await;
    admitted(it.store.reserve(&ask_budget("a", "0.75", "1")).await.unwrap());
    it.calls();
    admitted(it.store.reserve(&ask_budget("b", "0.75", "2")).await.unwrap());
    assert_eq!(it.calls(), 2);
    assert_eq!(key_headroom(&it).await, usd("0.5"));

    let refusal = refused(it.store.reserve(&ask_budget("c", "0.1", "1.5")).await.unwrap());
    assert!(matches!(refusal, Refusal::OverBudget { spend, .. } if spend == usd("1.5")), "{refusal:?}");
    let reserved = admitted(it.store.reserve(&ask_budget("d", "0.1", "1.6")).await.unwrap());
    assert_eq!(reserved.amount(), usd("0.1"));
    assert_eq!(key_headroom(&it).await, usd("0"));
}

#[tokio::test]
async fn a_new_period_begins_afresh_and_old_calls_do_not_count_in_it() {
    let it = local().await;
    let ask_in = |id: &str, period: u64| {
        let mut req = ask_budget(id, "0.75", "1");
        req.budgets[0].scope.period = Some(period);
        req
    };
    let (before, now) = (NOW / 1000 - 86_400, NOW / 1000);
    let old = admitted(it.store.reserve(&ask_in("a", before)).await.unwrap());
    spent(&it, "other", key_scope().within(now), "0.125").await;
    let new = admitted(it.store.reserve(&ask_in("b", now)).await.unwrap());
    assert_eq!(key_headroom(&it).await, usd("0.125"));
    it.store.settle(&old, &Actual { spend: usd("5"), tokens: 0, ..Actual::default() }).await.unwrap();
    assert_eq!(key_headroom(&it).await, usd("0.125"));
    it.store.settle(&new, &Actual::default()).await.unwrap();
    assert_eq!(key_headroom(&it).await, usd("0.875"));
    assert!(it.store.find_counters(&entity("key", "origin")).await.unwrap().held.is_empty());

    let late = admitted(it.store.reserve(&ask_in("c", before)).await.unwrap());
    assert_eq!(key_headroom(&it).await, usd("0.125"), "a slow clock does not go back to the old period");
    it.store.settle(&late, &Actual::default()).await.unwrap();
    assert_eq!(key_headroom(&it).await, usd("0.875"));
}

#[tokio::test]
async fn a_longer_budget_duration_begins_earlier() {
    let it = local().await;
    let (month, day) = (NOW / 1000 - 20 * 86_400, NOW / 1000 - 3_600);
    spent(&it, "old", key_scope().within(month), "0.5").await;
    for (id, period, left) in [("a", Some(day), "0.75"), ("b", Some(month), "0.25"), ("c", None, "0.25")] {
        let mut req = ask_budget(id, "0.25", "1");
        req.budgets[0].scope.period = period;
        admitted(it.store.reserve(&req).await.unwrap());
        assert_eq!(key_headroom(&it).await, usd(left), "{id}");
    }
}

#[tokio::test]
async fn several_entities_pay_together_or_not_at_all() {
    let it = local().await;
    let ask = |id: &str, estimate: &str| {
        let mut req = ask_budget(id, estimate, "10");
        req.budgets.push(Budget {
            scope: Scope::new("team", "t"),
            window: String::new(),
            max: usd("1"),
            refuses: true,
        });
        req
    };
    let reserved = admitted(it.store.reserve(&ask("a", "0.5")).await.unwrap());
    it.calls();
    admitted(it.store.reserve(&ask("b", "0.25")).await.unwrap());
    assert_eq!(it.calls(), 1);
    assert_eq!(headroom(&it, &entity("team", "t")).await, usd("0.25"));

    let shrunk = admitted(it.store.reserve(&ask("c", "0.5")).await.unwrap());
    assert_eq!(headroom(&it, &entity("team", "t")).await, usd("0"));
    assert_eq!(key_headroom(&it).await, usd("8.75"), "the other budget holds the whole estimate");
    let before = it.items("counters").await.len();
    let refusal = refused(it.store.reserve(&ask("d", "0.5")).await.unwrap());
    assert!(matches!(&refusal, Refusal::OverBudget { scope, .. } if scope.kind == "team"), "{refusal:?}");
    assert_eq!(key_headroom(&it).await, usd("8.75"));
    assert_eq!(it.items("counters").await.len(), before);

    for reserved in [&reserved, &shrunk, &shrunk] {
        it.store.settle(reserved, &Actual { spend: usd("0.125"), tokens: 0, ..Actual::default() }).await.unwrap();
    }
    assert_eq!(key_headroom(&it).await, usd("9.5"));
    assert_eq!(headroom(&it, &entity("team", "t")).await, usd("0.5"));
}

#[tokio::test]
async fn budgets_of_one_entity_share_its_item() {
    let it = local().await;
    let mut req = ask_budget("a", "0.5", "10");
    req.budgets.push(Budget { scope: key_scope().within(100), window: "1d".to_owned(), max: usd("1"), refuses: true });
    let reserved = admitted(it.store.reserve(&req).await.unwrap());
    it.store.settle(&reserved, &Actual { spend: usd("0.25"), tokens: 0, ..Actual::default() }).await.unwrap();
    let state = it.store.find_counters(&entity("key", "origin")).await.unwrap();
    assert_eq!(state.budgets[""].headroom, usd("9.75"));
    assert_eq!(state.budgets["1d"].headroom, usd("0.75"));
    assert_eq!(it.items("counters").await.len(), 1);
}

#[tokio::test]
async fn without_a_database_the_error_says_so() {
    let it = local().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let names = (*it.store.names).clone();
    let store = crate::Store::new(&crate::testing::config(&closed), names);
    let error = store.reserve(&ask_budget("a", "1", "1")).await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");

    let mut store = it.store.clone();
    store.names = std::sync::Arc::new(crate::Names { counters: "absent".to_owned(), ..crate::Names::default() });
    let error = store.reserve(&ask_budget("a", "1", "1")).await.unwrap_err();
    assert!(matches!(error, crate::StoreError::Rejected { .. }), "{error:?}");
}

#[tokio::test]
async fn a_budget_that_refuses_nothing_is_charged_beyond_its_end() {
    let it = local().await;
    let beyond = |id: &str| {
        let mut req = ask_budget(id, "0.75", "1");
        req.budgets[0].refuses = false;
        req
    };
    let first = admitted(it.store.reserve(&beyond("a")).await.unwrap());
    it.calls();
    let second = admitted(it.store.reserve(&beyond("b")).await.unwrap());
    assert_eq!((second.amount(), it.calls()), (usd("0.75"), 1));
    for taken in [first, second] {
        it.store.settle(&taken, &Actual { spend: usd("0.7"), ..Actual::default() }).await.unwrap();
    }
    let refusal = refused(it.store.reserve(&ask_budget("c", "0.75", "1")).await.unwrap());
    assert!(matches!(&refusal, Refusal::OverBudget { spend, .. } if *spend == usd("1.4")), "{refusal:?}");
    // What was overspent counts when the budget is raised.
    let raised = admitted(it.store.reserve(&ask_budget("d", "0.75", "2")).await.unwrap());
    assert_eq!(raised.amount(), usd("0.6"));
}
