//! What a call costs: requests to DynamoDB and units before and after it, what its row and sums cost, and time against
//! the embedded DynamoDB.

use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;

use super::*;
use crate::attributes::Item;
use crate::testing::{Load, Local, local};
use crate::{Actual, Keep};

/// USD a million units and requests, on demand, us-east-1 ("Amazon DynamoDB Pricing", "Amazon SQS Pricing").
const WRITE_UNITS: f64 = 0.625;
const READ_UNITS: f64 = 0.125;
const SQS_REQUESTS: f64 = 0.40;

/// Calls at the same time when what they write is measured: their reservations share the item.
const OPEN: usize = 10;
const CALLS: usize = 40;

/// A call of a common shape, and what it may cost at most: requests before it, units before and after it.
struct Shape {
    name: &'static str,
    req: Reserve,
    before: Load,
    after: Load,
}

fn load(requests: usize, writes: f64, reads: f64) -> Load {
    Load { requests, writes, reads }
}

fn shapes() -> [Shape; 6] {
    let budget_of = |kind: &str| Budget {
        scope: Scope::new(kind, "it"),
        window: "30d".to_owned(),
        max: usd("1000"),
        refuses: true,
    };
    let limits_of = |kind: &str| Limit {
        entity: if kind == "key" { limit().entity } else { entity(kind, "it") },
        requests: Some(1000),
        tokens: Some(1_000_000),
        estimate: 10,
        ..limit()
    };
    let shape = |name, budgets: Vec<Budget>, limits: Vec<Limit>, before, after| Shape {
        name,
        req: Reserve { budgets, limits, estimate: usd("0.0123456789"), ..ask("") },
        before,
        after,
    };
    let key = || vec![Budget { window: "30d".to_owned(), ..budget("1000") }];
    let hierarchy = || [key(), vec![budget_of("team"), budget_of("organization")]].concat();
    [
        shape("plain key", vec![], vec![], load(0, 0.0, 0.0), load(0, 0.0, 0.0)),
        shape("key with limits", vec![], vec![limits_of("key")], load(1, 1.0, 0.0), load(1, 1.0, 0.0)),
        shape("key with a budget", key(), vec![], load(1, 4.0, 0.0), load(1, 1.0, 0.0)),
        shape("key with a budget and limits", key(), vec![limits_of("key")], load(1, 4.0, 0.0), load(1, 1.0, 0.0)),
        shape("key in team in organization, budgets", hierarchy(), vec![], load(1, 8.0, 0.0), load(3, 3.0, 0.0)),
        shape(
            "key in team in organization, budgets and limits",
            hierarchy(),
            ["key", "team", "organization"].map(limits_of).to_vec(),
            load(1, 8.0, 0.0),
            load(3, 3.0, 0.0),
        ),
    ]
}

#[tokio::test]
async fn calls_of_the_common_shapes() {
    println!("a call, with {OPEN} open at the same time; USD a million calls, on demand in us-east-1:");
    for shape in shapes() {
        let it = local().await;
        let mut open = std::collections::VecDeque::new();
        let (mut before, mut after, mut took) = (Load::default(), Load::default(), Vec::new());
        for call in 0..CALLS + 2 * OPEN {
            let mut req = shape.req.clone();
            req.event.id = format!("0198c1de-7d3a-7c44-9d0a-{call:012}");
            it.load();
            let begin = Instant::now();
            open.push_back(admitted(it.store.reserve(&req).await.unwrap()));
            let spent = it.load();
            let took_now = begin.elapsed().as_micros();
            if call >= OPEN {
                let actual = Actual { spend: usd("0.0051"), tokens: 5, ..Actual::default() };
                it.store.settle(&open.pop_front().unwrap(), &actual).await.unwrap();
            }
            // The first calls met an item that was not there, and few others.
            if call >= 2 * OPEN {
                took.push(took_now);
                add(&mut before, spent);
                add(&mut after, it.load());
            }
        }
        took.sort_unstable();
        let (before, after) = (per_call(before), per_call(after));
        println!("  {}: {before:?} before, {after:?} after", shape.name);
        let units = before.writes + after.writes;
        let reads = before.reads + after.reads;
        println!(
            "    {:.2} USD; reserving takes {} us (median)",
            units * WRITE_UNITS + reads * READ_UNITS,
            took[took.len() / 2]
        );
        for (what, load, most) in [("before", before, shape.before), ("after", after, shape.after)] {
            let fits = load.requests <= most.requests && load.writes <= most.writes && load.reads <= most.reads;
            assert!(fits, "{} {what} the call: {load:?}, not {most:?}", shape.name);
        }
    }
}

#[tokio::test]
async fn one_call_alone_on_a_key_with_a_budget_is_two_units() {
    let it = local().await;
    for call in 0..5 {
        it.load();
        let reserved = admitted(it.store.reserve(&ask_budget(&format!("call-{call}"), "0.1", "100")).await.unwrap());
        if call > 0 {
            assert_eq!(it.load(), load(1, 1.0, 0.0), "before");
        }
        it.load();
        it.store.settle(&reserved, &Actual::default()).await.unwrap();
        assert_eq!(it.load(), load(1, 1.0, 0.0), "after");
    }
}

#[tokio::test]
async fn what_the_row_and_the_sums_of_a_call_cost() {
    for batch in [1, 10, 100] {
        let it = local().await;
        let load = write_rows(&it, batch).await;
        let usd = load.writes * WRITE_UNITS + load.reads * READ_UNITS + 3.0 * SQS_REQUESTS / batch as f64;
        println!("rows and sums, {batch} calls at once: {:.1} write units a call, {usd:.2} USD a million", load.writes);
        assert!(load.writes <= 80.0, "{load:?}");
    }
}

/// Writes the rows of calls of one key in a team in an organization; gives the load of one call.
async fn write_rows(it: &Local, batch: usize) -> Load {
    let event = |call: usize| {
        let mut event = SpendEvent::new(format!("0198c1de-7d3a-7c44-9d0a-{call:012}"), NOW);
        event.api_key = "a".repeat(64);
        (event.user, event.team_id, event.organization_id) =
            (Some("user".to_owned()), Some("team".to_owned()), Some("organization".to_owned()));
        event.scopes = [key_scope(), Scope::new("team", "team"), Scope::new("organization", "organization")].to_vec();
        event.spend = usd("0.0051");
        event
    };
    let events: Vec<SpendEvent> = (0..batch).map(event).collect();
    it.load();
    for written in it.store.write_spend(&events, Keep::default()).await {
        written.unwrap();
    }
    let Load { requests, writes, reads } = it.load();
    Load { requests, writes: writes / batch as f64, reads: reads / batch as f64 }
}

fn add(sum: &mut Load, load: Load) {
    sum.requests += load.requests;
    sum.writes += load.writes;
    sum.reads += load.reads;
}

fn per_call(sum: Load) -> Load {
    let calls = CALLS as f64;
    Load { requests: sum.requests.div_ceil(CALLS), writes: sum.writes / calls, reads: sum.reads / calls }
}

/// Bytes of an item as DynamoDB counts them ("DynamoDB item sizes and formats").
pub(super) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size_of(value)).sum()
}

fn size_of(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => {
            let digits = number.trim_start_matches(['-', '0', '.']).trim_end_matches('0').replace('.', "").len();
            digits.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
        }
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size_of(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + size_of(value)).sum::<usize>(),
        _ => 1,
    }
}
