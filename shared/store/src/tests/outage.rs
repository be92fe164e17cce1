//! Tables that are in conflict, throttled, silent or gone: what the caller is told, how soon, and what remains of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::testing::{Local, config, detach, local};
use crate::{Actual, Store, StoreError};

const SOON: Duration = Duration::from_millis(300);

/// How the tables in front of the real ones behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Each transaction is cancelled for this reason.
    Cancels(&'static str),
    /// Each request is refused with this error.
    Refuses(&'static str),
    /// No answer ever comes.
    Silent,
    /// The request is carried out, and its answer lost.
    Mute,
}

/// The store of `it`, as it is seen through tables with this fault; and how many requests they got.
async fn through(it: &Local, fault: Fault) -> (Store, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let real = it.endpoint().trim_start_matches("http://").to_owned();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    detach(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            detach(misbehave(stream, fault, real.clone(), Arc::clone(&count)));
        }
    });
    let mut store = Store::new(&config(&endpoint), (*it.store.names).clone());
    store.patience = SOON;
    (store, requests)
}

async fn misbehave(mut stream: TcpStream, fault: Fault, real: String, requests: Arc<AtomicUsize>) {
    let mut buffer = Vec::new();
    loop {
        let mut chunk = [0; 16_384];
        let Ok(read @ 1..) = stream.read(&mut chunk).await else { return };
        buffer.extend_from_slice(&chunk[..read]);
        let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().trim();
        let total = end + 4 + length.parse::<usize>().unwrap();
        if buffer.len() < total {
            continue;
        }
        let request: Vec<u8> = buffer.drain(..total).collect();
        requests.fetch_add(1, Ordering::SeqCst);
        let error = |kind: &str, more: &str| {
            format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","message":"no"{more}}}"#)
        };
        let answer = match fault {
            Fault::Silent => std::future::pending().await,
            Fault::Mute => {
                let mut there = TcpStream::connect(&real).await.unwrap();
                there.write_all(&request).await.unwrap();
                assert!(there.read(&mut chunk).await.unwrap() > 0);
                std::future::pending().await
            }
            Fault::Refuses(kind) => error(kind, ""),
            Fault::Cancels(reason) => {
                let reasons =
                    format!(r#","CancellationReasons":[{{"Code":"None"}},{{"Code":"{reason}"}},{{"Code":"None"}}]"#);
                error("TransactionCanceledException", &reasons)
            }
        };
        let head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: ";
        stream.write_all(format!("{head}{}\r\n\r\n{answer}", answer.len()).as_bytes()).await.unwrap();
    }
}

fn ask_two(id: &str) -> Reserve {
    let mut req = ask_budget(id, "0.25", "1");
    req.budgets.push(Budget { scope: Scope::new("team", "t"), window: String::new(), max: usd("1"), refuses: true });
    req
}

#[tokio::test]
async fn contenders_give_up_after_a_while_and_say_why() {
    let it = local().await;
    let asks = [
        (Fault::Cancels("TransactionConflict"), ask_two("a"), true),
        (Fault::Refuses("TransactionInProgressException"), ask_two("a"), true),
        (Fault::Refuses("TransactionConflictException"), ask_budget("a", "0.25", "1"), true),
        (Fault::Cancels("ThrottlingError"), ask_two("a"), false),
        (Fault::Cancels("ProvisionedThroughputExceeded"), ask_two("a"), false),
        (Fault::Refuses("ThrottlingException"), ask_budget("a", "0.25", "1"), false),
        (Fault::Refuses("ProvisionedThroughputExceededException"), ask_two("a"), false),
    ];
    for (fault, req, contended) in asks {
        let (mut store, requests) = through(&it, fault).await;
        store.patience = Duration::from_secs(30);
        let begin = Instant::now();
        let error = store.reserve(&req).await.unwrap_err();
        let took = begin.elapsed();
        assert!(error.is_temporary(), "{fault:?}: {error:?}");
        assert_eq!(matches!(error, StoreError::Contended { .. }), contended, "{fault:?}: {error:?}");
        assert!(took < Duration::from_secs(5), "{fault:?} took {took:?}");
        assert!(requests.load(Ordering::SeqCst) > 2, "{fault:?} was not tried again");
    }
    assert!(it.items("counters").await.is_empty());
}

#[tokio::test]
async fn an_error_that_waiting_does_not_help_is_told_at_once() {
    let it = local().await;
    for (fault, req) in [
        (Fault::Refuses("AccessDeniedException"), ask_budget("a", "0.25", "1")),
        (Fault::Refuses("ResourceNotFoundException"), ask_two("a")),
        (Fault::Cancels("ValidationError"), ask_two("a")),
    ] {
        let (store, requests) = through(&it, fault).await;
        let error = store.reserve(&req).await.unwrap_err();
        assert!(matches!(error, StoreError::Rejected { .. }), "{fault:?}: {error:?}");
        assert_eq!(requests.load(Ordering::SeqCst), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn silent_tables_are_not_waited_for() {
    let it = local().await;
    let (store, _) = through(&it, Fault::Silent).await;
    for req in [ask_budget("a", "0.25", "1"), ask_two("b")] {
        let begin = Instant::now();
        let error = store.reserve(&req).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(begin.elapsed() < 10 * SOON, "{:?}", begin.elapsed());
    }
}

#[tokio::test]
async fn what_was_reserved_without_an_answer_is_given_back_when_the_tables_are_well() {
    let it = local().await;
    let (store, _) = through(&it, Fault::Mute).await;
    let mut well = it.store.clone();
    well.abandoned = Arc::clone(&store.abandoned);
    for open in [ask_budget("known", "0.125", "1"), ask_two("known too")] {
        admitted(well.reserve(&open).await.unwrap());
    }
    store.reserve(&ask_budget("lost", "0.25", "1")).await.unwrap_err();
    store.reserve(&ask_two("lost too")).await.unwrap_err();
    let state = async |kind: &str, id: &str| it.store.find_counters(&entity(kind, id)).await.unwrap();
    let key = state("key", "origin").await;
    assert!(key.holds("lost") && key.holds("lost too"), "the fault did not reach the tables: {key:?}");
    well.settle(&Reserved::default(), &Actual::default()).await.unwrap();
    let (key, team) = (state("key", "origin").await, state("team", "t").await);
    assert_eq!((key.budgets[""].headroom, key.held.len()), (usd("0.625"), 2));
    assert_eq!((team.budgets[""].headroom, team.held.len()), (usd("0.75"), 1));
    it.calls();
    well.settle(&Reserved::default(), &Actual::default()).await.unwrap();
    assert_eq!(it.calls(), 0, "there is nothing left to give back");
}

#[tokio::test]
async fn a_call_that_reserves_again_after_a_lost_answer_settles_what_it_holds() {
    let it = local().await;
    let (store, _) = through(&it, Fault::Mute).await;
    let mut well = it.store.clone();
    well.abandoned = Arc::clone(&store.abandoned);
    let first = admitted(well.reserve(&ask_two("first")).await.unwrap());
    well.settle(&first, &Actual::default()).await.unwrap();
    for (id, req) in [("alone", ask_budget("alone", "0.25", "1")), ("both", ask_two("both"))] {
        store.reserve(&req).await.unwrap_err();
        store.reserve(&req).await.unwrap_err();
        let again = Reserve { estimate: usd("0.0625"), ..req };
        let reserved = admitted(well.reserve(&again).await.unwrap());
        assert_eq!(reserved.amount(), usd("0.25"), "{id}: what the lost request took");
        well.settle(&reserved, &Actual { spend: usd("0.0625"), ..Actual::default() }).await.unwrap();
    }
    let key = it.store.find_counters(&entity("key", "origin")).await.unwrap();
    assert_eq!((key.budgets[""].headroom, key.held.len()), (usd("0.875"), 0));
    it.calls();
    well.settle(&Reserved::default(), &Actual::default()).await.unwrap();
    assert_eq!(it.calls(), 0, "what the calls hold is their own");
}

#[tokio::test]
async fn what_was_never_reserved_is_forgotten_after_a_minute() {
    let it = local().await;
    let req = ask_budget("a", "0.25", "1");
    let minute = Duration::from_millis(MINUTE);
    for (ago, looks) in [(Duration::ZERO, [1, 1]), (minute + SOON, [1, 0])] {
        let store = Store { abandoned: Arc::default(), ..it.store.clone() };
        store.abandoned.note("a", &crate::plan::Claim::all(&req), tokio::time::Instant::now() - ago);
        for calls in looks {
            it.calls();
            store.settle(&Reserved::default(), &Actual::default()).await.unwrap();
            assert_eq!(it.calls(), calls, "given up {ago:?} ago");
        }
    }
}
