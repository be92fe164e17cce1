//! Limits on requests, tokens and parallel calls.

use super::*;
use crate::testing::local;
use crate::{Actual, Limited, Remaining};

fn ask_limit(id: &str, now: u64, limit: Limit) -> Reserve {
    Reserve { now, expires: now + MINUTE, limits: vec![limit], ..ask(id) }
}

fn rpm(max: u64) -> Limit {
    Limit { requests: Some(max), ..limit() }
}

fn tpm(max: u64, estimate: u64) -> Limit {
    Limit { tokens: Some(max), estimate, ..limit() }
}

fn parallel(max: u64) -> Limit {
    Limit { parallel: Some(max), ..limit() }
}

#[track_caller]
fn limited(refusal: Refusal) -> (Limited, u64, u64, u64, u64) {
    match refusal {
        Refusal::RateLimited { descriptor, id, limited, limit, used, remaining, resets_at } => {
            assert_eq!((descriptor.as_str(), id.as_str()), ("api_key", "origin"));
            (limited, limit, used, remaining, resets_at)
        }
        Refusal::OverBudget { .. } => panic!("{refusal:?}"),
    }
}

#[tokio::test]
async fn a_window_begins_with_the_first_request_after_the_one_before() {
    let it = local().await;
    let reserve = async |id: &str, now| it.store.reserve(&ask_limit(id, now, rpm(2))).await.unwrap();
    let first = admitted(reserve("a", NOW).await);
    let remaining = Remaining {
        descriptor: "api_key".to_owned(),
        requests: Some((2, 1)),
        tokens: None,
        parallel: None,
        resets_at: NOW + MINUTE,
    };
    assert_eq!(first.remaining(), Some(&[remaining][..]));
    it.calls();
    admitted(reserve("b", NOW + 30_000).await);
    assert_eq!(it.calls(), 1);
    let before = it.items("counters").await;
    let refusal = limited(refused(reserve("c", NOW + MINUTE - 1).await));
    assert_eq!(refusal, (Limited::Requests, 2, 2, 0, NOW + MINUTE));
    assert_eq!(it.calls(), 1);
    assert_eq!(it.items("counters").await, before);

    let next = admitted(reserve("d", NOW + MINUTE).await);
    assert_eq!(next.remaining().unwrap()[0].resets_at, NOW + 2 * MINUTE);
    admitted(reserve("e", NOW + MINUTE + 1).await);
    refused(reserve("f", NOW + 2 * MINUTE - 1).await);
}

#[tokio::test]
async fn a_window_that_was_not_used_up_ends_too() {
    let it = local().await;
    admitted(it.store.reserve(&ask_limit("a", NOW, rpm(5))).await.unwrap());
    it.calls();
    let next = admitted(it.store.reserve(&ask_limit("b", NOW + MINUTE, rpm(5))).await.unwrap());
    let left = &next.remaining().unwrap()[0];
    assert_eq!((left.requests, left.resets_at), (Some((5, 4)), NOW + 2 * MINUTE));
    assert_eq!(it.calls(), 1, "the store remembers when the window began");

    let elsewhere = crate::Store { seen: std::sync::Arc::default(), ..it.store.clone() };
    admitted(elsewhere.reserve(&ask_limit("c", NOW + 2 * MINUTE, rpm(5))).await.unwrap());
    it.calls();
    let again = admitted(it.store.reserve(&ask_limit("d", NOW + 2 * MINUTE + 1, rpm(5))).await.unwrap());
    assert_eq!((again.remaining().unwrap()[0].requests, it.calls()), (Some((5, 3)), 2), "and may be wrong");
}

#[tokio::test]
async fn who_does_not_fit_into_an_empty_window_gets_no_new_one_either() {
    let it = local().await;
    admitted(it.store.reserve(&ask_limit("a", NOW, tpm(10, 5))).await.unwrap());
    let refusal = limited(refused(it.store.reserve(&ask_limit("b", NOW + MINUTE, tpm(10, 11))).await.unwrap()));
    assert_eq!((refusal.0, refusal.1, refusal.3), (Limited::Tokens, 10, 10));
    let refusal = limited(refused(it.store.reserve(&ask_limit("c", NOW + MINUTE, rpm(0))).await.unwrap()));
    assert_eq!((refusal.0, refusal.1), (Limited::Requests, 0));
    admitted(it.store.reserve(&ask_limit("d", NOW + MINUTE, tpm(10, 10))).await.unwrap());
}

#[tokio::test]
async fn a_window_is_as_long_as_the_request_says() {
    let it = local().await;
    let short = |id, now| Reserve { rate_window: 2_000, ..ask_limit(id, now, rpm(1)) };
    let first = admitted(it.store.reserve(&short("a", NOW)).await.unwrap());
    assert_eq!(first.remaining().unwrap()[0].resets_at, NOW + 2_000);
    let refusal = limited(refused(it.store.reserve(&short("b", NOW + 1_999)).await.unwrap()));
    assert_eq!(refusal, (Limited::Requests, 1, 1, 0, NOW + 2_000));
    admitted(it.store.reserve(&short("c", NOW + 2_000)).await.unwrap());
    let month = 30 * 86_400_000;
    admitted(
        it.store.reserve(&Reserve { rate_window: month, ..ask_limit("d", NOW + 2 * MINUTE, rpm(5)) }).await.unwrap(),
    );
    let kept: Vec<u64> = it
        .items("counters")
        .await
        .iter()
        .filter_map(|item| crate::attributes::read_count(item, crate::attributes::TTL))
        .collect();
    assert!(kept.iter().any(|ttl| *ttl * 1000 > NOW + month), "counters outlive their window: {kept:?}");
}

#[tokio::test]
async fn tokens_that_are_not_reserved_are_counted_afterwards() {
    let it = local().await;
    let first = admitted(it.store.reserve(&ask_limit("a", NOW, tpm(10, 0))).await.unwrap());
    assert_eq!(first.remaining().unwrap()[0].tokens, Some((10, 10)));
    it.store.settle(&first, &Actual { tokens: 9, ..Actual::default() }).await.unwrap();
    let second = admitted(it.store.reserve(&ask_limit("b", NOW, tpm(10, 0))).await.unwrap());
    assert_eq!(second.remaining().unwrap()[0].tokens, Some((10, 1)));
    it.store.settle(&second, &Actual { tokens: 1, ..Actual::default() }).await.unwrap();
    let refusal = limited(refused(it.store.reserve(&ask_limit("c", NOW, tpm(10, 0))).await.unwrap()));
    assert_eq!(refusal, (Limited::Tokens, 10, 10, 0, NOW + MINUTE));
}

#[tokio::test]
async fn a_limit_on_requests_alone_leaves_nothing_to_settle() {
    let it = local().await;
    let reserved = admitted(it.store.reserve(&ask_limit("a", NOW, rpm(2))).await.unwrap());
    it.calls();
    it.store.settle(&reserved, &Actual { spend: usd("1"), tokens: 9, ..Actual::default() }).await.unwrap();
    assert_eq!(it.calls(), 0);
}

#[tokio::test]
async fn a_limit_of_zero_lets_nothing_through() {
    let it = local().await;
    for limit in [rpm(0), tpm(0, 1), parallel(0)] {
        refused(it.store.reserve(&ask_limit("a", NOW, limit)).await.unwrap());
    }
    assert!(it.items("counters").await.is_empty());
}

#[tokio::test]
async fn tokens_are_reserved_by_estimate_and_settled_by_count() {
    let it = local().await;
    let reserve = async |id: &str| it.store.reserve(&ask_limit(id, NOW, tpm(10_000, 1025))).await.unwrap();
    let first = admitted(reserve("a").await);
    assert_eq!(first.remaining().unwrap()[0].tokens, Some((10_000, 8975)));
    for _ in 0..2 {
        it.store.settle(&first, &Actual { spend: Usd::ZERO, tokens: 9_000, ..Actual::default() }).await.unwrap();
    }
    let refusal = limited(refused(reserve("b").await));
    assert_eq!(refusal, (Limited::Tokens, 10_000, 9_000, 1_000, NOW + MINUTE));
    it.store.reserve(&ask_limit("c", NOW, tpm(10_000, 1_000))).await.map(admitted).unwrap();
    refused(it.store.reserve(&ask_limit("d", NOW, tpm(10_000, 1))).await.unwrap());
}

#[tokio::test]
async fn an_estimate_above_the_limit_never_passes() {
    let it = local().await;
    let refusal = limited(refused(it.store.reserve(&ask_limit("a", NOW, tpm(10, 11))).await.unwrap()));
    assert_eq!(refusal, (Limited::Tokens, 10, 0, 10, NOW + MINUTE));
}

#[tokio::test]
async fn a_refund_never_lands_in_a_later_window() {
    let it = local().await;
    let late = NOW + MINUTE;
    let old = admitted(it.store.reserve(&ask_limit("a", NOW, tpm(100, 80))).await.unwrap());
    admitted(it.store.reserve(&ask_limit("b", late, tpm(100, 50))).await.unwrap());
    it.store.settle(&old, &Actual::default()).await.unwrap();
    let state = it.store.find_counters(&entity("key", "origin")).await.unwrap();
    assert_eq!((state.windows[""].tokens, state.held.len()), (50, 1));
}

#[tokio::test]
async fn parallel_calls_take_a_slot_each_and_give_it_back_once() {
    let it = local().await;
    let reserve = async |id: &str| it.store.reserve(&ask_limit(id, NOW, parallel(2))).await.unwrap();
    let first = admitted(reserve("a").await);
    assert_eq!(first.remaining().unwrap()[0].parallel, Some((2, 1)));
    let second = admitted(reserve("b").await);
    assert_eq!(limited(refused(reserve("c").await)), (Limited::Parallel, 2, 2, 0, NOW));
    for _ in 0..3 {
        it.store.settle(&first, &Actual::default()).await.unwrap();
    }
    admitted(reserve("d").await);
    refused(reserve("e").await);
    it.store.settle(&second, &Actual::default()).await.unwrap();
    admitted(reserve("f").await);
}

#[tokio::test]
async fn a_slot_of_a_crashed_call_comes_back_when_it_has_expired() {
    let it = local().await;
    let reserve = async |id: &str, now| it.store.reserve(&ask_limit(id, now, parallel(1))).await.unwrap();
    let crashed = admitted(reserve("a", NOW).await);
    refused(reserve("b", NOW + MINUTE - 1).await);
    admitted(reserve("c", NOW + MINUTE).await);
    it.store.settle(&crashed, &Actual::default()).await.unwrap();
    refused(reserve("d", NOW + MINUTE).await);
}

#[tokio::test]
async fn budget_and_limits_of_a_key_are_one_update() {
    let it = local().await;
    let ask = |id: &str| {
        let mut req = ask_budget(id, "0.25", "1");
        req.limits = vec![Limit { requests: Some(3), tokens: Some(100), parallel: Some(5), estimate: 10, ..limit() }];
        req
    };
    admitted(it.store.reserve(&ask("a")).await.unwrap());
    it.calls();
    let second = admitted(it.store.reserve(&ask("b")).await.unwrap());
    assert_eq!(it.calls(), 1);
    let left = &second.remaining().unwrap()[0];
    assert_eq!((left.requests, left.tokens, left.parallel), (Some((3, 1)), Some((100, 80)), Some((5, 3))));
    it.store.settle(&second, &Actual { spend: usd("0.5"), tokens: 30, ..Actual::default() }).await.unwrap();
    assert_eq!(it.calls(), 1);
    let state = it.store.find_counters(&entity("key", "origin")).await.unwrap();
    assert_eq!((state.windows[""].requests, state.windows[""].tokens, state.slots), (2, 40, 1));
    assert_eq!(state.budgets[""].headroom, usd("0.25"));
}

#[tokio::test]
async fn a_refusal_by_one_entity_counts_for_none() {
    let it = local().await;
    let ask = |id: &str| {
        let mut req = ask_budget(id, "0.25", "1");
        let model = Limit {
            descriptor: "model_per_key".to_owned(),
            entity: entity("model_per_key", "origin:gpt"),
            requests: Some(1),
            ..limit()
        };
        req.limits = vec![Limit { requests: Some(5), ..limit() }, model];
        req
    };
    let first = admitted(it.store.reserve(&ask("a")).await.unwrap());
    assert_eq!(first.remaining(), None, "a transaction does not tell");
    let left = it.store.find_remaining(&first).await.unwrap();
    assert_eq!((left[0].requests, left[1].requests), (Some((5, 4)), Some((1, 0))));
    let before = it.items("counters").await;
    let refusal = refused(it.store.reserve(&ask("b")).await.unwrap());
    assert!(matches!(&refusal, Refusal::RateLimited { descriptor, .. } if descriptor == "model_per_key"));
    assert_eq!(it.items("counters").await, before);
}
