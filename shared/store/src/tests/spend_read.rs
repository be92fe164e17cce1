//! Rows, totals and rollups say the same, to the last digit.

use jiff::civil::{Date, date};

use super::*;
use crate::testing::{Local, local};
use crate::{Group, Measures, RowFilter};

const DAY: u64 = 24 * 60 * MINUTE;
const KEYS: [&str; 3] = ["hash-1", "hash-2", "hash-3"];
const MODELS: [&str; 4] = ["gpt-4o", "claude-sonnet-4-5", "a#b", ""];

/// The same pseudo-random events every time, over three days.
fn events(count: u64) -> Vec<SpendEvent> {
    let mut state = 42_u64;
    let mut random = move |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let make = |call| {
        let mut event = SpendEvent::new(format!("call-{call:04}"), NOW + random(3 * 86_400_000) as u64);
        event.ended = event.started + random(9_000) as u64;
        event.spend = usd(&format!("{}.{:018}", random(3), random(2_000_000_000)));
        event.api_key = KEYS[random(3)].to_owned();
        event.model = MODELS[random(4)].to_owned();
        event.provider = "openai".to_owned();
        event.request_id = format!("chatcmpl-{}", random(50));
        event.tokens.prompt = random(1_000) as u64;
        event.tokens.completion = random(100) as u64;
        if random(5) == 0 {
            event.status = policy::spend::Status::Failure;
        }
        event.scopes = vec![Scope::new("key", &event.api_key), Scope::new("key", &event.api_key).within(7)];
        if random(2) == 0 {
            event.scopes.push(Scope::new("team", "t"));
        }
        event
    };
    (0..count).map(make).collect()
}

async fn written(count: u64) -> (Local, Vec<SpendEvent>) {
    let it = local().await;
    let mut events = events(count);
    for result in it.store.write_spend(&events, None).await {
        result.unwrap();
    }
    events.sort_by(|one, other| (other.started, &other.id).cmp(&(one.started, &one.id)));
    (it, events)
}

fn spend<'a>(events: impl IntoIterator<Item = &'a SpendEvent>) -> Usd {
    events.into_iter().map(|event| event.spend).sum()
}

fn first() -> Date {
    date(2026, 11, 22)
}

fn last() -> Date {
    date(2026, 11, 25)
}

/// All rows, page by page.
async fn rows(it: &Local, filter: &RowFilter, limit: usize) -> Vec<SpendEvent> {
    let (mut rows, mut cursor): (Vec<SpendEvent>, Option<String>) = (Vec::new(), None);
    loop {
        let page = it.store.find_spend_rows(filter, limit, cursor.as_deref()).await.unwrap();
        assert!(page.rows.len() <= limit);
        assert!(page.next.is_none() || page.rows.len() == limit);
        rows.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            return rows;
        }
    }
}

#[tokio::test]
async fn rows_totals_and_rollups_agree() {
    let (it, events) = written(300).await;
    let sum = spend(&events);
    let all = rows(&it, &RowFilter::Days { from: first(), to: last() }, 1000).await;
    assert_eq!(spend(&all), sum);
    assert_eq!(it.store.find_total(&Scope::new("global", "")).await.unwrap().spend, sum);

    let report = it.store.report("global", "", first(), last()).await.unwrap();
    for group in [Group::Key, Group::Model, Group::Date, Group::Provider, Group::Endpoint] {
        let sums = group.sum(&report);
        assert_eq!(sums.values().map(|it| it.spend).sum::<Usd>(), sum, "{group:?}");
        assert_eq!(sums.values().map(|it| it.requests).sum::<u64>(), 300, "{group:?}");
    }
    for (model, measures) in Group::Model.sum(&report) {
        let of_model: Vec<_> = events.iter().filter(|event| event.model == model).collect();
        let failed = of_model.iter().filter(|event| event.status == policy::spend::Status::Failure).count() as u64;
        let expected = Measures {
            spend: spend(of_model.iter().copied()),
            requests: of_model.len() as u64,
            successful: of_model.len() as u64 - failed,
            failed,
            prompt_tokens: of_model.iter().map(|event| event.tokens.prompt).sum(),
            completion_tokens: of_model.iter().map(|event| event.tokens.completion).sum(),
            time_ms: of_model.iter().map(|event| event.duration()).sum(),
            ..Measures::default()
        };
        assert_eq!(measures, expected, "{model}");
    }

    let scopes: Vec<Scope> =
        KEYS.iter().flat_map(|key| [Scope::new("key", *key), Scope::new("key", *key).within(7)]).collect();
    let totals = it.store.find_totals(&scopes).await.unwrap();
    for (scope, total) in scopes.iter().zip(totals) {
        let expected = spend(events.iter().filter(|event| event.api_key == scope.id));
        assert_eq!(total.spend, expected);
        assert_eq!(it.store.find_total(scope).await.unwrap(), total);
        let report = it.store.report("key", &scope.id, first(), last()).await.unwrap();
        assert_eq!(report.iter().map(|it| it.measures.spend).sum::<Usd>(), expected);
    }
    let team = spend(events.iter().filter(|event| event.scopes.iter().any(|scope| scope.kind == "team")));
    let report = it.store.report("team", "t", first(), last()).await.unwrap();
    assert_eq!(report.iter().map(|it| it.measures.spend).sum::<Usd>(), team);
}

#[tokio::test]
async fn pages_of_any_size_give_every_row_once_newest_first() {
    let (it, events) = written(60).await;
    for limit in [1, 7, 59, 60, 61] {
        assert_eq!(rows(&it, &RowFilter::Days { from: first(), to: last() }, limit).await, events, "{limit}");
    }
    let key = |from, to| RowFilter::Key { token: KEYS[0].to_owned(), from, to };
    let of_key: Vec<_> = events.iter().filter(|event| event.api_key == KEYS[0]).cloned().collect();
    for limit in [1, 4, 100] {
        assert_eq!(rows(&it, &key(0, u64::MAX / 2_000_000), limit).await, of_key, "{limit}");
    }
    let (from, to) = (of_key[5].started, of_key[2].started);
    assert_eq!(rows(&it, &key(from, to), 2).await, of_key[2..=5]);
}

#[tokio::test]
async fn rows_are_found_by_day_request_and_id() {
    let (it, events) = written(60).await;
    let day: Vec<_> =
        events.iter().filter(|event| (event.started - NOW + 19 * 60 * MINUTE) / DAY == 1).cloned().collect();
    let monday = date(2026, 11, 23);
    assert_eq!(rows(&it, &RowFilter::Days { from: monday, to: monday }, 5).await, day);
    assert!(rows(&it, &RowFilter::Days { from: monday, to: first() }, 5).await.is_empty());

    let request = &events[0].request_id;
    let of_request: Vec<_> = events.iter().filter(|event| event.request_id == *request).cloned().collect();
    assert_eq!(rows(&it, &RowFilter::Request(request.clone()), 100).await, of_request);
    assert_eq!(it.store.find_spend_row(&events[3].id).await.unwrap().as_ref(), Some(&events[3]));
    assert_eq!(it.store.find_spend_row("nobody").await.unwrap(), None);
}

#[tokio::test]
async fn reports_end_with_their_last_day() {
    let (it, events) = written(60).await;
    let monday = date(2026, 11, 23);
    let on_monday = spend(events.iter().filter(|event| crate::time::date(event.started) == "2026-11-23"));
    for (kind, id) in [("global", ""), ("team", "t")] {
        let report = it.store.report(kind, id, monday, monday).await.unwrap();
        assert!(!report.is_empty() && report.iter().all(|rollup| rollup.date == "2026-11-23"));
        if kind == "global" {
            assert_eq!(report.iter().map(|it| it.measures.spend).sum::<Usd>(), on_monday);
        }
    }
}
