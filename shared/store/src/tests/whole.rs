//! Many calls that end in every way: at the end budgets, totals and rows say the same, to the last digit.

use futures_util::future::join_all;

use super::*;
use crate::Actual;
use crate::testing::{Local, detach, local};

const LATER: u64 = NOW + 2 * 60 * MINUTE;
const CALLS: usize = 90;

/// How a call ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Well,
    /// Its settlement is sent three times.
    Repeated,
    /// The process dies before the event is sent.
    Silent,
    /// The process dies between the event and the settlement.
    Unsettled,
    /// No provider was reached: there is no event.
    Unreached,
}

const ENDS: [End; 5] = [End::Well, End::Repeated, End::Silent, End::Unsettled, End::Unreached];

fn request(call: usize) -> Reserve {
    let mut req = ask_budget(&format!("call-{call}"), &format!("0.{:018}", 1_000_000_007 * (call + 1)), "1000");
    if call.is_multiple_of(3) {
        req.budgets.push(Budget {
            scope: Scope::new("team", "t").within(7),
            window: "1d".to_owned(),
            max: usd("500"),
            refuses: true,
        });
        req.event.scopes.push(Scope::new("team", "t").within(7));
    }
    if call.is_multiple_of(2) {
        req.limits = vec![Limit { parallel: Some(1000), tokens: Some(1_000_000), estimate: 10, ..limit() }];
    }
    req
}

/// Makes a call and returns its event, if it got to send one.
async fn run(store: &crate::Store, call: usize) -> Option<SpendEvent> {
    let end = ENDS[call % ENDS.len()];
    let req = request(call);
    let reserved = admitted(store.reserve(&req).await.unwrap());
    let mut event = req.event;
    event.spend = usd(&format!("0.{:018}", 777_777_777 * (call + 3)));
    let actual = match end {
        End::Unreached => Actual::default(),
        _ => Actual { spend: event.spend, tokens: 25, ..Actual::default() },
    };
    let settlements = match end {
        End::Well | End::Unreached => 1,
        End::Repeated => 3,
        End::Silent | End::Unsettled => 0,
    };
    for _ in 0..settlements {
        store.settle(&reserved, &actual).await.unwrap();
    }
    (!matches!(end, End::Silent | End::Unreached)).then_some(event)
}

async fn tidy(it: &Local, now: u64) {
    for entity in it.store.find_due_counters(now).await.unwrap() {
        for _ in 0..CALLS {
            if it.store.reclaim(&entity, now).await.unwrap() == crate::Reclaimed::default() {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_calls_end_the_sums_agree() {
    let it = local().await;
    let calls = (0..CALLS).map(|call| {
        let store = it.store.clone();
        detach(async move { run(&store, call).await })
    });
    let ended = join_all(calls.collect::<Vec<_>>()).await;
    let mut events: Vec<SpendEvent> = ended.into_iter().filter_map(Result::unwrap).collect();
    events.extend_from_within(10..30);
    join_all(events.chunks(17).map(|batch| it.store.write_spend(batch, Keep::default()))).await;

    tidy(&it, LATER).await;
    let crashed: Vec<SpendEvent> = it.sent().iter().map(|text| SpendEvent::parse(text).unwrap()).collect();
    assert_eq!(crashed.len(), CALLS / ENDS.len(), "one event for each silent call");
    it.store.write_spend(&[crashed.clone(), crashed].concat(), Keep::default()).await;
    tidy(&it, LATER + 60 * MINUTE).await;
    assert!(it.store.find_due_counters(LATER + 2 * 60 * MINUTE).await.unwrap().is_empty());

    let filter = crate::RowFilter::All { from: NOW, to: NOW };
    let rows = it.store.find_spend_rows(&filter, CALLS, None).await.unwrap().rows;
    assert_eq!(rows.len(), CALLS - CALLS / ENDS.len());
    for (kind, id, window, max, period) in [("key", "origin", "", "1000", None), ("team", "t", "1d", "500", Some(7))] {
        let paid = rows.iter().filter(|row| row.scopes.iter().any(|scope| scope.kind == kind));
        let paid: Usd = paid.map(|row| row.spend).sum();
        let scope = Scope { kind: kind.to_owned(), id: id.to_owned(), period };
        assert_eq!(it.store.find_total(&scope).await.unwrap().spend, paid, "{kind}");
        let state = it.store.find_counters(&entity(kind, id)).await.unwrap();
        assert_eq!(state.budgets[window].headroom, usd(max) - paid, "{kind}");
        assert_eq!((state.slots, state.held.len()), (0, 0), "{kind}");
    }
}
