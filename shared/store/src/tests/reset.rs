//! Totals that are set to another amount.

use futures_util::future::{join, join_all};

use super::*;
use crate::testing::{Local, local};
use crate::{Actual, Keep};

async fn pay(it: &Local, id: &str, scope: &Scope, spend: &str) {
    let mut event = SpendEvent::new(id, NOW);
    event.spend = usd(spend);
    event.scopes = vec![scope.clone()];
    it.store.write_spend(&[event], Keep::default()).await.remove(0).unwrap();
}

async fn headroom(it: &Local, window: &str) -> Usd {
    it.store.find_counters(&entity("key", "origin")).await.unwrap().budgets[window].headroom
}

async fn total(it: &Local, scope: &Scope) -> Usd {
    it.store.find_total(scope).await.unwrap().spend
}

#[tokio::test]
async fn a_reset_frees_what_was_spent_and_is_recorded() {
    let it = local().await;
    let (scope, to) = (key_scope(), usd("0.25"));
    let done = admitted(it.store.reserve(&ask_budget("a", "0.75", "1")).await.unwrap());
    pay(&it, "a", &scope, "0.5").await;
    it.store.settle(&done, &Actual { spend: usd("0.5"), ..Actual::default() }).await.unwrap();
    let open = admitted(it.store.reserve(&ask_budget("b", "0.5", "1")).await.unwrap());
    refused(it.store.reserve(&ask_budget("c", "0.5", "1")).await.unwrap());

    assert_eq!(it.store.reset_total(&scope, to, NOW).await.unwrap(), usd("0.5"));
    assert_eq!((total(&it, &scope).await, headroom(&it, "").await), (to, usd("0.25")));
    assert_eq!(it.store.find_adjusted(&scope).await.unwrap(), usd("-0.25"));
    pay(&it, "b", &scope, "0.125").await;
    it.store.settle(&open, &Actual { spend: usd("0.125"), ..Actual::default() }).await.unwrap();
    assert_eq!((total(&it, &scope).await, headroom(&it, "").await), (usd("0.375"), usd("0.625")));

    assert_eq!(it.store.reset_total(&scope, Usd::ZERO, NOW).await.unwrap(), usd("0.375"));
    assert_eq!((total(&it, &scope).await, headroom(&it, "").await), (Usd::ZERO, usd("1")));
    let records: Vec<_> = it.items("spend").await.into_iter().filter(|item| item.contains_key("before")).collect();
    assert_eq!(records.len(), 2);
    let rows = it.store.find_row_spends(&["a", "b"]).await.unwrap();
    assert_eq!(rows.values().copied().sum::<Usd>() + it.store.find_adjusted(&scope).await.unwrap(), Usd::ZERO);
}

#[tokio::test]
async fn a_reset_is_about_one_period() {
    let it = local().await;
    let (day, month) = (NOW / 1000 - 3_600, NOW / 1000 - 20 * 86_400);
    let windows = [("1d", day), ("30d", month), ("daily", day)];
    let budgets = windows.map(|(window, start)| Budget {
        scope: key_scope().within(start),
        window: window.to_owned(),
        max: usd("1"),
        refuses: true,
    });
    let req = Reserve { budgets: budgets.to_vec(), estimate: usd("0.5"), ..ask("a") };
    let done = admitted(it.store.reserve(&req).await.unwrap());
    for scope in [day, month].map(|start| key_scope().within(start)) {
        pay(&it, &format!("a{:?}", scope.period), &scope, "0.5").await;
    }
    it.store.settle(&done, &Actual { spend: usd("0.5"), ..Actual::default() }).await.unwrap();
    it.store.reset_total(&key_scope().within(day), Usd::ZERO, NOW).await.unwrap();
    let left = [headroom(&it, "1d").await, headroom(&it, "30d").await, headroom(&it, "daily").await];
    assert_eq!(left, [usd("1"), usd("0.5"), usd("1")]);
    assert_eq!(total(&it, &key_scope().within(month)).await, usd("0.5"));
}

#[tokio::test]
async fn a_total_without_a_budget_and_the_sum_of_all_calls_can_be_reset() {
    let it = local().await;
    let team = Scope::new("team", "t");
    for call in 0..20 {
        pay(&it, &format!("call-{call}"), &team, "0.1").await;
    }
    for scope in [&team, &Scope::new("global", "")] {
        assert_eq!(it.store.reset_total(scope, usd("0.5"), NOW).await.unwrap(), usd("2"));
        assert_eq!(it.store.reset_total(scope, Usd::ZERO, NOW).await.unwrap(), usd("0.5"));
        assert_eq!(total(&it, scope).await, Usd::ZERO);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn resets_among_calls_and_first_calls_lose_nothing() {
    for round in 0..8 {
        let it = local().await;
        let scope = key_scope();
        pay(&it, "before", &scope, "0.5").await;
        let calls = (0..12).map(|call| {
            let (it, scope) = (&it, &scope);
            async move {
                let id = format!("call-{call}");
                let reserved = admitted(it.store.reserve(&ask_budget(&id, "0.25", "100")).await.unwrap());
                pay(it, &id, scope, "0.125").await;
                it.store.settle(&reserved, &Actual { spend: usd("0.125"), ..Actual::default() }).await.unwrap();
            }
        });
        let resets = (0..3).map(|_| it.store.reset_total(&scope, usd("0.25"), NOW));
        let (_, resets) = join(join_all(calls), join_all(resets)).await;
        assert!(resets.iter().all(Result::is_ok), "{resets:?}");
        let spent = total(&it, &scope).await;
        assert_eq!(headroom(&it, "").await, usd("100") - spent, "round {round}");
        let adjusted = it.store.find_adjusted(&scope).await.unwrap();
        assert_eq!(spent, usd("2") + adjusted, "round {round}");
    }
}
