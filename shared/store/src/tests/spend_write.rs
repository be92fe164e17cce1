//! Exactly once, whatever the queue does.

use std::time::Duration;

use futures_util::future::join_all;

use super::*;
use crate::attributes::{TTL, read_count};
use crate::testing::{detach, local};
use crate::{Rows, StoreError, Written};

fn event(id: &str, spend: &str) -> SpendEvent {
    let mut event = SpendEvent::new(id, NOW);
    event.spend = usd(spend);
    event.api_key = "hash".to_owned();
    event.model = "gpt-4o".to_owned();
    event.scopes = vec![key_scope(), key_scope().within(100), Scope::new("user", "u")];
    event
}

#[track_caller]
fn outcomes(results: Vec<Result<Written, StoreError>>) -> Vec<Written> {
    results.into_iter().map(Result::unwrap).collect()
}

async fn total(it: &crate::testing::Local) -> Usd {
    it.store.find_total(&key_scope()).await.unwrap().spend
}

#[tokio::test]
async fn duplicates_change_nothing() {
    use Written::{Duplicate, New};
    let it = local().await;
    let (one, other) = (event("a", "0.1"), event("b", "0.2"));
    let batch = [one.clone(), other.clone(), one.clone()];
    assert_eq!(outcomes(it.store.write_spend(&batch, Keep::default()).await), [New, New, Duplicate]);
    let items = it.items("spend").await;
    let reordered = [other.clone(), event("a", "0.1"), event("a", "7")];
    assert_eq!(outcomes(it.store.write_spend(&reordered, Keep::default()).await), [Duplicate; 3]);
    assert_eq!(it.items("spend").await, items);
    assert_eq!(
        outcomes(it.store.write_spend(&[event("c", "0.4"), one, other, event("d", "0.8")], Keep::default()).await),
        [New, Duplicate, Duplicate, New]
    );
    assert_eq!(total(&it).await, usd("1.5"));
}

#[tokio::test]
async fn a_batch_larger_than_a_transaction_is_split() {
    let it = local().await;
    let batch: Vec<SpendEvent> = (0..250)
        .map(|call| {
            let mut event = event(&format!("call-{call}"), "0.000000000000000001");
            event.scopes.push(Scope::new("end_user", format!("customer-{call}")));
            event
        })
        .collect();
    assert_eq!(outcomes(it.store.write_spend(&batch, Keep::default()).await), [Written::New; 250]);
    assert_eq!(total(&it).await, usd("0.00000000000000025"));
    assert_eq!(it.store.find_total(&key_scope().within(100)).await.unwrap().requests, 250);
    assert_eq!(outcomes(it.store.write_spend(&batch, Keep::default()).await), [Written::Duplicate; 250]);
    assert_eq!(total(&it).await, usd("0.00000000000000025"));
}

#[tokio::test]
async fn an_event_with_more_scopes_than_a_transaction_takes() {
    let it = local().await;
    let mut large = event("large", "0.5");
    large.scopes.extend((0..130).map(|tag| Scope::new("tag", format!("tag-{tag}"))));
    let batch = [event("before", "0.1"), large, event("after", "0.2")];
    for expected in [Written::New, Written::Duplicate] {
        assert_eq!(outcomes(it.store.write_spend(&batch, Keep::default()).await), [expected; 3]);
    }
    for tag in [0, 64, 129] {
        let measures = it.store.find_total(&Scope::new("tag", format!("tag-{tag}"))).await.unwrap();
        assert_eq!((measures.spend, measures.requests), (usd("0.5"), 1), "{tag}");
    }
    assert_eq!(total(&it).await, usd("0.8"));
}

#[tokio::test]
async fn an_impossible_event_takes_no_other_with_it() {
    let it = local().await;
    let mut huge = event("huge", "1");
    huge.metadata.insert("text".to_owned(), "x".repeat(500_000).into());
    let batch = [event("a", "0.1"), huge, event("b", "0.2"), event("c", "0.4")];
    let results = it.store.write_spend(&batch, Keep::default()).await;
    let written: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(written, [true, false, true, true], "{results:?}");
    assert_eq!(total(&it).await, usd("0.7"));
    assert!(matches!(results[1], Err(StoreError::Rejected { .. })), "{:?}", results[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_with_the_same_messages_count_them_once() {
    let it = local().await;
    let batch: Vec<SpendEvent> = (0..60).map(|call| event(&format!("call-{call}"), "0.1")).collect();
    let writers = (0..4).map(|writer| {
        let (store, mut batch) = (it.store.clone(), batch.clone());
        batch.rotate_left(writer * 13);
        detach(async move { store.write_spend(&batch, Keep::default()).await })
    });
    let results = join_all(writers.collect::<Vec<_>>()).await;
    let new = results.into_iter().flat_map(|results| outcomes(results.unwrap())).filter(|it| *it == Written::New);
    assert_eq!(new.count(), 60);
    assert_eq!(total(&it).await, usd("6"));
}

#[tokio::test]
async fn names_from_clients_cannot_spoil_keys() {
    let it = local().await;
    let mut odd = event("odd", "0.5");
    odd.request_id = "r".repeat(5_000);
    odd.model = "a#b".repeat(1_000);
    odd.scopes = vec![
        Scope::new("end_user", "e".repeat(5_000)),
        Scope::new("end_user", format!("{}x", "e".repeat(4_999))),
        Scope::new("end_user", "a#b"),
        Scope::new("end_user", ""),
    ];
    outcomes(it.store.write_spend(&[odd.clone()], Keep::default()).await);
    for scope in &odd.scopes[..3] {
        assert_eq!(it.store.find_total(scope).await.unwrap().requests, 1);
    }
    let page = it.store.find_spend_rows(&crate::RowFilter::Request(odd.request_id.clone()), 10, None).await.unwrap();
    assert_eq!(page.rows, [odd]);
}

#[tokio::test]
async fn rows_expire_and_totals_stay() {
    let it = local().await;
    let keep = Keep { retention: Some(Duration::from_secs(3600)), rows: Rows::All };
    outcomes(it.store.write_spend(&[event("a", "1")], keep).await);
    let expiring: Vec<_> = it.items("spend").await.into_iter().filter_map(|item| read_count(&item, TTL)).collect();
    assert_eq!(expiring, [NOW / 1000 + 3600]);
}

#[tokio::test]
async fn sums_of_many_digits_are_exact() {
    let it = local().await;
    let large = event("large", "12345678901.000000000000000001");
    let small = event("small", "0.000000000000000001");
    outcomes(it.store.write_spend(&[large, small], Keep::default()).await);
    assert_eq!(total(&it).await.to_string(), "12345678901.000000000000000002");
}

#[tokio::test]
async fn an_event_goes_to_the_queue_as_it_is() {
    let it = local().await;
    let event = event("a", "0.000000000000000001");
    it.store.send_spend(&event).await.unwrap();
    assert_eq!(it.sent().iter().map(|text| SpendEvent::parse(text).unwrap()).collect::<Vec<_>>(), [event]);
}

#[tokio::test]
async fn events_of_the_same_moment_all_arrive_once() {
    let it = local().await;
    let events: Vec<_> = (0..40).map(|at| event(&at.to_string(), "0.1")).collect();
    let sent = futures_util::future::join_all(events.iter().map(|event| it.store.send_spend(event))).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    let mut ids: Vec<String> = it.sent().iter().map(|text| SpendEvent::parse(text).unwrap().id).collect();
    let mut expected: Vec<String> = events.into_iter().map(|event| event.id).collect();
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
}
