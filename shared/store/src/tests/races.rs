//! Many at once: no limit is passed, nothing is lost.

use futures_util::future::join_all;

use super::*;
use crate::Actual;
use crate::testing::{Local, detach, local};

/// Asks for all at the same time, from several threads, and gives what was admitted.
async fn all_at_once(it: &Local, asks: Vec<Reserve>) -> Vec<Reserved> {
    let tasks = asks.into_iter().map(|req| {
        let store = it.store.clone();
        detach(async move { store.reserve(&req).await.unwrap() })
    });
    let decisions = join_all(tasks.collect::<Vec<_>>()).await;
    decisions
        .into_iter()
        .filter_map(|decision| match decision.unwrap() {
            Decision::Reserved(reserved) => Some(reserved),
            Decision::Refused(_) => None,
        })
        .collect()
}

async fn settle_all(it: &Local, reserved: &[Reserved], spend: &str) {
    let actual = Actual { spend: usd(spend), tokens: 1, ..Actual::default() };
    let twice = reserved.iter().chain(reserved).map(|reserved| it.store.settle(reserved, &actual));
    for result in join_all(twice).await {
        result.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_calls_on_a_budget_for_ten() {
    let it = local().await;
    let asks = (0..50).map(|call| ask_budget(&format!("call-{call}"), "0.1", "1"));
    let reserved = all_at_once(&it, asks.collect()).await;
    assert_eq!(reserved.len(), 10);
    settle_all(&it, &reserved, "0.03").await;
    let state = it.store.find_counters(&entity("key", "origin")).await.unwrap();
    assert_eq!(state.budgets[""].headroom, usd("0.7"));
    assert!(state.held.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_calls_that_do_not_divide_the_budget() {
    let it = local().await;
    let asks = (0..50).map(|call| ask_budget(&format!("call-{call}"), "0.3", "1"));
    let reserved = all_at_once(&it, asks.collect()).await;
    let total: Usd = reserved.iter().map(Reserved::amount).sum();
    assert_eq!((reserved.len(), total), (4, usd("1")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_calls_on_two_budgets_in_transactions() {
    let it = local().await;
    let asks = (0..50).map(|call| {
        let mut req = ask_budget(&format!("call-{call}"), "0.1", "1");
        req.budgets.push(Budget {
            scope: Scope::new("team", "t"),
            window: String::new(),
            max: usd("0.7"),
            refuses: true,
        });
        req
    });
    let reserved = all_at_once(&it, asks.collect()).await;
    assert_eq!(reserved.len(), 7);
    settle_all(&it, &reserved, "0.05").await;
    for (kind, id, left) in [("key", "origin", "0.65"), ("team", "t", "0.35")] {
        let state = it.store.find_counters(&entity(kind, id)).await.unwrap();
        assert_eq!((state.budgets[""].headroom, state.held.len()), (usd(left), 0), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_calls_on_each_limit() {
    let limits = [
        Limit { requests: Some(7), ..limit() },
        Limit { tokens: Some(75), estimate: 10, ..limit() },
        Limit { parallel: Some(7), ..limit() },
    ];
    for limit in limits {
        let it = local().await;
        let asks = (0..50).map(|call| Reserve { limits: vec![limit.clone()], ..ask(&format!("call-{call}")) });
        assert_eq!(all_at_once(&it, asks.collect()).await.len(), 7, "{limit:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_maximum_changes_while_calls_come() {
    let it = local().await;
    let asks = (0..50).map(|call| {
        let max = if call % 2 == 0 { "1" } else { "2" };
        ask_budget(&format!("call-{call}"), "0.1", max)
    });
    let reserved = all_at_once(&it, asks.collect()).await;
    assert!((10..=20).contains(&reserved.len()), "{}", reserved.len());
    settle_all(&it, &reserved, "0.1").await;
    let state = it.store.find_counters(&entity("key", "origin")).await.unwrap();
    let budget = state.budgets[""];
    let spent: Usd = reserved.iter().map(|_| usd("0.1")).sum();
    assert_eq!(budget.max - budget.headroom, spent);
}
