//! Rows, totals and rollups say the same, to the last digit.

use jiff::civil::{Date, date};

use super::*;
use crate::testing::{Local, local};
use crate::{Daily, Group, Measures, RATE_LIMITED, RowFilter, RowOwner, Rows};

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
        event.unpriced = random(7) == 0;
        event.cache_hit = random(7) == 0;
        event
    };
    (0..count).map(make).collect()
}

async fn written(count: u64) -> (Local, Vec<SpendEvent>) {
    let it = local().await;
    let mut events = events(count);
    for result in it.store.write_spend(&events, Keep::default()).await {
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

fn of_days(from: Date, to: Date) -> RowFilter {
    let start = |day: Date| day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_millisecond() as u64;
    RowFilter::All { from: start(from), to: start(to) + DAY - 1 }
}

fn all() -> RowFilter {
    of_days(first(), last())
}

fn of_key(token: &str, from: u64, to: u64) -> RowFilter {
    RowFilter::Of { owner: RowOwner::Key(token.to_owned()), from, to }
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
    let all = rows(&it, &all(), 1000).await;
    assert_eq!(spend(&all), sum);
    assert_eq!(it.store.find_total(&Scope::new("global", "")).await.unwrap().spend, sum);

    let report = it.store.report(Daily::Global, first(), last()).await.unwrap();
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
            unpriced: of_model.iter().filter(|event| event.unpriced).count() as u64,
            cache_hits: of_model.iter().filter(|event| event.cache_hit).count() as u64,
            cached_completion_tokens: of_model
                .iter()
                .filter(|event| event.cache_hit)
                .map(|event| event.tokens.completion)
                .sum(),
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
        let report = it.store.report(Daily::Of("key", &scope.id), first(), last()).await.unwrap();
        assert_eq!(report.iter().map(|it| it.measures.spend).sum::<Usd>(), expected);
    }
    let team = spend(events.iter().filter(|event| event.scopes.iter().any(|scope| scope.kind == "team")));
    let report = it.store.report(Daily::Of("team", "t"), first(), last()).await.unwrap();
    assert_eq!(report.iter().map(|it| it.measures.spend).sum::<Usd>(), team);
}

#[tokio::test]
async fn pages_of_any_size_give_every_row_once_newest_first() {
    let (it, events) = written(60).await;
    for limit in [1, 7, 59, 60, 61] {
        assert_eq!(rows(&it, &all(), limit).await, events, "{limit}");
    }
    let key = |from, to| of_key(KEYS[0], from, to);
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
    assert_eq!(rows(&it, &of_days(monday, monday), 5).await, day);
    assert!(rows(&it, &of_days(monday, first()), 5).await.is_empty());

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
    for whose in [Daily::Global, Daily::Of("team", "t")] {
        let report = it.store.report(whose, monday, monday).await.unwrap();
        assert!(!report.is_empty() && report.iter().all(|rollup| rollup.date == "2026-11-23"));
        if whose == Daily::Global {
            assert_eq!(report.iter().map(|it| it.measures.spend).sum::<Usd>(), on_monday);
        }
    }
}

#[tokio::test]
async fn rows_are_found_by_everyone_they_name_and_by_the_moment() {
    let it = local().await;
    let mut named = SpendEvent::new("named", NOW);
    named.user = Some("u#1".to_owned());
    named.team_id = Some("t".to_owned());
    named.end_user = Some("e".repeat(400));
    named.session_id = Some("s".to_owned());
    let other = SpendEvent::new("other", NOW + 1);
    it.store.write_spend(&[named.clone(), other.clone()], Keep::default()).await;
    let owners = [
        RowOwner::User("u#1".to_owned()),
        RowOwner::Team("t".to_owned()),
        RowOwner::EndUser("e".repeat(400)),
        RowOwner::Session("s".to_owned()),
    ];
    for owner in owners {
        let filter = RowFilter::Of { owner, from: 0, to: u64::MAX };
        assert_eq!(rows(&it, &filter, 10).await, [named.clone()], "{filter:?}");
    }
    assert_eq!(rows(&it, &RowFilter::All { from: NOW + 1, to: NOW + 1 }, 10).await, [other]);
    assert_eq!(rows(&it, &RowFilter::All { from: NOW, to: NOW }, 10).await, [named]);
}

#[tokio::test]
async fn rows_that_are_not_kept_still_count_once() {
    for (kept, left) in [(Rows::None, 0), (Rows::Successes, 1)] {
        let it = local().await;
        let mut failed = SpendEvent::new("failed", NOW);
        failed.status = policy::spend::Status::Failure;
        failed.spend = usd("0.25");
        let mut answered = SpendEvent::new("answered", NOW);
        answered.spend = usd("0.5");
        let keep = Keep { rows: kept, retention: None };
        for _ in 0..2 {
            it.store.write_spend(&[failed.clone(), answered.clone()], keep).await;
        }
        assert_eq!(rows(&it, &all(), 10).await.len(), left);
        assert_eq!(it.store.find_spend_row("failed").await.unwrap(), None);
        assert_eq!(it.store.find_row_spends(&["failed"]).await.unwrap()["failed"], usd("0.25"));
        let total = it.store.find_total(&Scope::new("global", "")).await.unwrap();
        assert_eq!((total.spend, total.requests, total.failed), (usd("0.75"), 2, 1));
    }
}

#[tokio::test]
async fn tags_and_customers_are_listed_with_what_they_spent() {
    let it = local().await;
    let make = |id: &str, day: u64, tags: &[&str], customer: &str| {
        let mut event = SpendEvent::new(id, NOW + day * DAY);
        event.spend = usd("0.5");
        event.tags = tags.iter().map(|it| (*it).to_owned()).collect();
        event.end_user = Some(customer.to_owned());
        event
    };
    let events = [make("a", 0, &["x", "y"], "c1"), make("b", 0, &["x"], "c2"), make("c", 1, &["x"], "c1")];
    it.store.write_spend(&events, Keep::default()).await;
    let listed = |found: Vec<crate::Named>| -> Vec<(String, String, u64)> {
        found.into_iter().map(|it| (it.id, it.measures.spend.to_string(), it.measures.requests)).collect()
    };
    let expect = |expected: &[(&str, &str, u64)]| -> Vec<(String, String, u64)> {
        expected.iter().map(|(id, spend, count)| ((*id).to_owned(), (*spend).to_owned(), *count)).collect()
    };
    assert_eq!(listed(it.store.list_totals("tag", 10).await.unwrap()), expect(&[("x", "1.5", 3), ("y", "0.5", 1)]));
    assert_eq!(listed(it.store.list_totals("tag", 1).await.unwrap()), expect(&[("x", "1.5", 3)]));
    let customers = it.store.list_totals("end_user", 10).await.unwrap();
    assert_eq!(listed(customers), expect(&[("c1", "1", 2), ("c2", "0.5", 1)]));
    let of_day = it.store.report(Daily::Every("tag"), first(), first()).await.unwrap();
    let of_day: Vec<(&str, String)> = of_day.iter().map(|it| (&*it.of, it.measures.spend.to_string())).collect();
    assert_eq!(of_day, [("x", "1".to_owned()), ("y", "0.5".to_owned())]);
}

#[tokio::test]
async fn refusals_for_a_rate_are_counted_by_model_group_and_place() {
    let it = local().await;
    let make = |id: &str, code: &str, base: &str| {
        let mut event = SpendEvent::new(id, NOW);
        event.status = policy::spend::Status::Failure;
        event.model_group = "gpt".to_owned();
        event.api_base = base.to_owned();
        event.error = Some(policy::spend::CallError { code: code.to_owned(), ..Default::default() });
        event
    };
    let events = [make("a", "429", "https://one"), make("b", "500", "https://one"), make("c", "429", "https://two")];
    it.store.write_spend(&events, Keep::default()).await;
    let counted = it.store.report(Daily::Of(RATE_LIMITED, "gpt"), first(), last()).await.unwrap();
    let counted: Vec<(&str, u64)> = counted.iter().map(|it| (&*it.api_base, it.measures.requests)).collect();
    assert_eq!(counted, [("https://one", 1), ("https://two", 1)]);
}
