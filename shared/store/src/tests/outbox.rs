//! Messages that share a request, without a network.

use crate::StoreError;
use crate::outbox::{LANES, Outbox, Place, Turn};

/// Messages until every lane is taken; the last one's way is the one that the tests watch.
fn fill(outbox: &Outbox, last: &str) -> String {
    for _ in 1..LANES {
        assert!(matches!(outbox.enter("busy".into()), Place::First(_)));
    }
    match outbox.enter(last.to_owned()) {
        Place::First(own) => own,
        Place::Waiting(_) => panic!("a lane should be free"),
    }
}

fn waiting(outbox: &Outbox, body: &str) -> tokio::sync::oneshot::Receiver<Turn> {
    match outbox.enter(body.to_owned()) {
        Place::Waiting(told) => told,
        Place::First(_) => panic!("{body} should have to wait"),
    }
}

#[test]
fn who_finds_the_way_free_goes_alone() {
    let outbox = Outbox::default();
    for _ in 0..2 {
        assert!(matches!(outbox.enter("a".into()), Place::First(_)));
        assert!(outbox.way().company("a").bodies.is_empty());
    }
}

#[test]
fn up_to_nine_go_along_and_the_next_leads() {
    let outbox = Outbox::default();
    let own = fill(&outbox, "own");
    let mut told: Vec<_> = (0..12).map(|at| waiting(&outbox, &at.to_string())).collect();
    let way = outbox.way();
    let company = way.company(&own);
    assert_eq!(company.bodies, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
    let results = (0..9).map(|at| if at == 4 { Err(StoreError::busy("test")) } else { Ok(()) });
    company.tell(results);
    drop(way);
    for (at, told) in told.drain(..9).enumerate() {
        let Ok(Turn::Sent(result)) = told.blocking_recv() else { panic!("{at} was not sent") };
        assert_eq!(result.is_err(), at == 4);
    }
    let Ok(Turn::Send(body)) = told.remove(0).blocking_recv() else { panic!("nobody leads") };
    assert_eq!(body, "9");
    assert_eq!(outbox.way().company(&body).bodies, ["10", "11"]);
}

#[test]
fn large_messages_do_not_share_a_request() {
    let outbox = Outbox::default();
    let own = fill(&outbox, &"x".repeat(150_000));
    let _second = waiting(&outbox, &"y".repeat(150_000));
    assert!(outbox.way().company(&own).bodies.is_empty());
}

#[test]
fn one_who_gives_up_does_not_block_the_way() {
    let outbox = Outbox::default();
    let own = fill(&outbox, "own");
    drop(waiting(&outbox, "gone"));
    let next = waiting(&outbox, "next");
    let way = outbox.way();
    drop(own);
    drop(way);
    assert!(matches!(next.blocking_recv(), Ok(Turn::Send(body)) if body == "next"));
}
