//! Every condition is a rule, and has a test here.

mod announced;
mod crashes;
mod figures;
mod idempotency;
mod keys;
mod limits;
mod many;
mod model;
mod outage;
mod outbox;
mod periods;
mod races;
mod reserve;
mod reset;
mod responses;
mod skills;
mod spend_read;
mod spend_write;
mod whole;

use policy::money::Usd;
use policy::spend::{Scope, SpendEvent};

use crate::counters::Entity;
use crate::{Budget, Decision, Keep, Limit, Refusal, Reserve, Reserved};

/// 2026-11-22T19:00:00Z, a Sunday.
const NOW: u64 = 1_795_374_000_000;
const MINUTE: u64 = 60_000;

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

fn key_scope() -> Scope {
    Scope::new("key", "origin")
}

fn entity(kind: &str, id: &str) -> Entity {
    Entity { kind: kind.to_owned(), id: id.to_owned() }
}

fn budget(max: &str) -> Budget {
    Budget { scope: key_scope(), window: String::new(), max: usd(max), refuses: true }
}

fn limit() -> Limit {
    Limit { descriptor: "api_key".to_owned(), entity: entity("key", "origin"), ..Limit::default() }
}

/// A request to reserve nothing, for a call of this id that cannot run for longer than a minute.
fn ask(id: &str) -> Reserve {
    let mut event = SpendEvent::new(id, NOW);
    event.scopes = vec![key_scope()];
    Reserve {
        event,
        now: NOW,
        expires: NOW + MINUTE,
        estimate: Usd::ZERO,
        budgets: Vec::new(),
        rate_window: MINUTE,
        limits: Vec::new(),
    }
}

fn ask_budget(id: &str, estimate: &str, max: &str) -> Reserve {
    Reserve { estimate: usd(estimate), budgets: vec![budget(max)], ..ask(id) }
}

#[track_caller]
fn admitted(decision: Decision) -> Reserved {
    match decision {
        Decision::Reserved(reserved) => reserved,
        Decision::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

#[track_caller]
fn refused(decision: Decision) -> Refusal {
    match decision {
        Decision::Refused(refusal) => refusal,
        Decision::Reserved(reserved) => panic!("admitted: {reserved:?}"),
    }
}
