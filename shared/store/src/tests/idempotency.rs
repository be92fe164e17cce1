//! Repeated requests: one attempt holds the claim, its answer alone is recorded, and what is forgotten is free again.

use crate::testing::local;
use crate::{Attempt, Claim, Outcome, Recorded, Store};

use super::NOW;

const LEASE: u64 = NOW + 20_000;
const EXPIRES: u64 = NOW / 1000 + 86_400;
const ANSWER: Outcome<'static> = Outcome { head: "200", pieces: Some(0), last: b"Hello" };

fn attempt(id: &str) -> Attempt {
    Attempt { request: "r1".to_owned(), fingerprint: "f1".to_owned(), id: id.to_owned() }
}

async fn claim(store: &Store, id: &str, now: u64) -> Claim {
    store.claim(&attempt(id), now, now + 20_000, EXPIRES).await.unwrap()
}

fn answered(claim: Claim) -> Recorded {
    match claim {
        Claim::Answered(recorded) => recorded,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_is_recorded_once_and_found_in_one_request() {
    let it = local().await;
    assert_eq!(claim(&it.store, "a", NOW).await, Claim::Won);
    // As a client library does whose first try was carried out and not answered.
    assert_eq!(claim(&it.store, "a", NOW).await, Claim::Won);
    assert_eq!(claim(&it.store, "b", NOW).await, Claim::Busy);
    assert_eq!(it.store.find_claim(&attempt("b"), NOW).await.unwrap(), Some(Claim::Busy));
    assert!(!it.store.record_outcome(&attempt("b"), ANSWER, EXPIRES).await.unwrap());
    assert!(it.store.record_outcome(&attempt("a"), ANSWER, EXPIRES).await.unwrap());
    assert!(!it.store.record_outcome(&attempt("a"), ANSWER, EXPIRES).await.unwrap());
    it.store.give_up_claim(&attempt("a")).await.unwrap();
    it.calls();
    // Long after the lease would have lapsed.
    let recorded = answered(claim(&it.store, "c", NOW + 3_600_000).await);
    assert_eq!(it.calls(), 1);
    assert_eq!((recorded.head.as_str(), recorded.pieces, recorded.last.as_slice()), ("200", Some(0), &b"Hello"[..]));
    let seen = it.store.find_claim(&attempt("c"), NOW + 3_600_000).await.unwrap();
    assert_eq!(seen, Some(Claim::Answered(recorded)));
}

#[tokio::test]
async fn another_request_under_the_same_key_is_told_apart() {
    let it = local().await;
    let other = Attempt { fingerprint: "f2".to_owned(), ..attempt("b") };
    claim(&it.store, "a", NOW).await;
    assert_eq!(it.store.claim(&other, NOW, LEASE, EXPIRES).await.unwrap(), Claim::Different);
    // Nor does it take over what a crash has left behind.
    assert_eq!(it.store.claim(&other, LEASE, LEASE + 1, EXPIRES).await.unwrap(), Claim::Different);
    it.store.record_outcome(&attempt("a"), ANSWER, EXPIRES).await.unwrap();
    assert_eq!(it.store.claim(&other, NOW, LEASE, EXPIRES).await.unwrap(), Claim::Different);
    let elsewhere = Attempt { request: "r2".to_owned(), ..other };
    assert_eq!(it.store.claim(&elsewhere, NOW, LEASE, EXPIRES).await.unwrap(), Claim::Won);
}

#[tokio::test]
async fn a_claim_that_is_not_renewed_lapses_and_its_first_holder_records_nothing() {
    let it = local().await;
    claim(&it.store, "a", NOW).await;
    assert!(it.store.renew_claim(&attempt("a"), NOW + 25_000).await.unwrap());
    assert_eq!(claim(&it.store, "b", NOW + 24_999).await, Claim::Busy);
    assert_eq!(it.store.find_claim(&attempt("b"), NOW + 25_000).await.unwrap(), None);
    assert_eq!(claim(&it.store, "b", NOW + 25_000).await, Claim::Won);
    assert!(!it.store.renew_claim(&attempt("a"), NOW + 60_000).await.unwrap());
    assert!(!it.store.record_outcome(&attempt("a"), ANSWER, EXPIRES).await.unwrap());
    it.store.give_up_claim(&attempt("a")).await.unwrap();
    assert!(it.store.record_outcome(&attempt("b"), ANSWER, EXPIRES).await.unwrap());
}

#[tokio::test]
async fn what_is_given_up_or_forgotten_is_free() {
    let it = local().await;
    claim(&it.store, "a", NOW).await;
    it.store.give_up_claim(&attempt("a")).await.unwrap();
    assert_eq!(it.store.find_claim(&attempt("b"), NOW).await.unwrap(), None);
    assert_eq!(claim(&it.store, "b", NOW).await, Claim::Won);
    it.store.record_outcome(&attempt("b"), ANSWER, EXPIRES).await.unwrap();
    // DynamoDB may remove it days later.
    assert!(matches!(claim(&it.store, "c", EXPIRES * 1000 - 1).await, Claim::Answered(_)));
    assert_eq!(it.store.find_claim(&attempt("c"), EXPIRES * 1000).await.unwrap(), None);
    let later = EXPIRES + 86_400;
    let different = Attempt { fingerprint: "f2".to_owned(), ..attempt("c") };
    let again = it.store.claim(&different, EXPIRES * 1000, EXPIRES * 1000 + 1, later).await.unwrap();
    assert_eq!(again, Claim::Won);
}

#[tokio::test]
async fn a_long_answer_has_pieces_and_one_that_is_too_long_has_none() {
    let it = local().await;
    for (id, byte) in [("a", b'a'), ("b", b'b')] {
        it.store.claim(&attempt(id), NOW, NOW, EXPIRES).await.unwrap();
        it.store.save_recorded_piece(&attempt(id), 0, &vec![byte; 256 << 10], EXPIRES).await.unwrap();
    }
    let long = Outcome { pieces: Some(1), ..ANSWER };
    assert!(it.store.record_outcome(&attempt("b"), long, EXPIRES).await.unwrap());
    let recorded = answered(claim(&it.store, "c", NOW).await);
    assert_eq!(recorded.pieces, Some(1));
    // Not the piece of the attempt that came to nothing.
    assert_eq!(it.store.find_recorded_piece(&recorded, 0).await.unwrap(), vec![b'b'; 256 << 10]);
    assert!(it.store.find_recorded_piece(&recorded, 1).await.is_err());

    let request = Attempt { request: "r2".to_owned(), ..attempt("a") };
    it.store.claim(&request, NOW, LEASE, EXPIRES).await.unwrap();
    it.store.record_outcome(&request, Outcome { pieces: None, last: b"", ..ANSWER }, EXPIRES).await.unwrap();
    let recorded = answered(it.store.claim(&request, NOW, LEASE, EXPIRES).await.unwrap());
    assert_eq!((recorded.pieces, recorded.last.len()), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_wins() {
    let it = local().await;
    let claims = (0..20).map(|number| {
        let store = it.store.clone();
        async move { claim(&store, &number.to_string(), NOW).await }
    });
    let claims = futures_util::future::join_all(claims).await;
    assert_eq!(claims.iter().filter(|it| **it == Claim::Won).count(), 1);
    assert_eq!(claims.iter().filter(|it| **it == Claim::Busy).count(), 19);
}
