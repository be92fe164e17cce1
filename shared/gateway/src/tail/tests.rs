use std::time::Duration;

use tokio::sync::oneshot;

use super::*;

/// Whether a wait ends now that everything which can run has run.
async fn ends(waiting: impl Future<Output = ()>) -> bool {
    tokio::time::timeout(Duration::from_millis(20), waiting).await.is_ok()
}

#[tokio::test]
async fn drained_waits_for_every_piece_of_work() {
    let tail = Tail::default();
    assert!(ends(tail.drained()).await);
    let (first, wait) = oneshot::channel::<()>();
    tail.spawn(async { drop(wait.await) });
    let (second, wait) = oneshot::channel::<()>();
    let inner = tail.clone();
    // Work that leaves more work behind.
    tail.spawn(async move {
        drop(wait.await);
        inner.spawn(async { tokio::time::sleep(Duration::from_millis(60)).await });
    });
    assert!(!ends(tail.drained()).await);
    drop(first);
    assert!(!ends(tail.drained()).await);
    drop(second);
    assert!(!ends(tail.drained()).await);
    tokio::time::timeout(Duration::from_secs(5), tail.drained()).await.unwrap();
}

#[tokio::test]
async fn work_that_panics_is_not_waited_for() {
    let tail = Tail::default();
    tail.spawn(async { panic!("as a test wants it") });
    tokio::time::timeout(Duration::from_secs(5), tail.drained()).await.unwrap();
}

#[tokio::test]
async fn invoked_counts_requests_and_not_work() {
    let tail = Tail::default();
    assert!(ends(tail.invoked(0)).await);
    tail.spawn(async {});
    assert!(!ends(tail.invoked(1)).await);
    let waiting = tail.clone();
    let waiter = async move { waiting.invoked(2).await };
    let (began, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(5), waiter), async {
        drop(tail.begin_invocation());
        tokio::task::yield_now().await;
        drop(tail.begin_invocation());
    });
    began.unwrap();
    assert!(ends(tail.invoked(1)).await);
    assert!(!ends(tail.invoked(3)).await);
}

#[tokio::test]
async fn an_invocation_is_work_until_it_is_dropped() {
    let tail = Tail::default();
    let working = tail.begin_invocation();
    assert!(!ends(tail.drained()).await);
    drop(working);
    assert!(ends(tail.drained()).await);
}
