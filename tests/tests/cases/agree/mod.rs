//! Whatever the queue does to the messages, every report says what the rows say, to the last digit.

mod activity;
mod events;
mod ledger;
mod reports;

use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Method};
use policy::entity::{Member, Organization, Team, TeamRole};
use policy::key::Key;
use serde_json::Value;
use tests::Result;
use tests::local::MASTER_KEY;

use super::house::{House, now};
use events::{Random, deliveries, event};
use ledger::Ledger;

/// Keys by their secret, with user, team and organization.
const KEYS: [(&str, &str, &str, &str); 5] = [
    ("sk-agree-key-number-0", "ann", "t-1", "o-1"),
    ("sk-agree-key-number-1", "ben", "t-1", "o-1"),
    ("sk-agree-key-number-2", "ben", "t-2", "o-2"),
    ("sk-agree-key-number-3", "cid", "", ""),
    ("sk-agree-key-number-4", "", "", ""),
];
const EVENTS: usize = 240;
const WRITERS: usize = 4;
const DELIVERIES: usize = 20;
const NO_EVENT: &str = "no event";

type KeyOf = (&'static str, &'static str, &'static str, &'static str);

fn caller_of((secret, user, team, organization): &KeyOf) -> Key {
    let named = |id: &str| (!id.is_empty()).then(|| id.to_owned());
    let token = Key::hash(secret);
    Key {
        origin: token.clone(),
        key_alias: named(user).map(|user| format!("{user} {team}")),
        user_id: named(user),
        team_id: named(team),
        organization_id: named(organization),
        token,
        ..Key::default()
    }
}

/// Reports and rows of one house.
struct Reports {
    house: House,
    ledger: Ledger,
    /// The query's dates.
    dates: String,
}

impl Reports {
    /// A report as the master key gets it.
    async fn get(&self, path: &str) -> Value {
        self.get_as(MASTER_KEY, path).await
    }

    /// A report of the three days.
    async fn of_days(&self, path: &str) -> Value {
        let joint = if path.contains('?') { '&' } else { '?' };
        self.get(&format!("{path}{joint}{}", self.dates)).await
    }

    async fn get_as(&self, secret: &str, path: &str) -> Value {
        let (_, body) = fetch(&self.house, secret, path).await.unwrap();
        body
    }
}

async fn fetch(house: &House, secret: &str, path: &str) -> Result<(HeaderMap, Value)> {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {secret}"))?);
    let answer = house.call(Method::GET, path, headers, Default::default()).await?;
    if !answer.status.is_success() {
        return Err(format!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
    }
    Ok((answer.headers, serde_json::from_slice(&answer.body)?))
}

async fn found(house: &House) {
    let store = &house.app.store;
    for key in &KEYS {
        store.create(&caller_of(key)).await.unwrap();
    }
    for (id, organization) in [("t-1", "o-1"), ("t-2", "o-2")] {
        let team = Team {
            team_id: id.to_owned(),
            team_alias: Some(format!("team {id}")),
            organization_id: Some(organization.to_owned()),
            ..Team::default()
        };
        store.create(&team).await.unwrap();
        let organization = Organization { organization_id: organization.to_owned(), ..Organization::default() };
        store.create(&organization).await.unwrap();
    }
    for (user, role) in [("ann", TeamRole::Admin), ("ben", TeamRole::User)] {
        let member = Member { team_id: "t-1".to_owned(), user_id: user.to_owned(), role, ..Member::default() };
        store.create(&member).await.unwrap();
    }
}

/// Delivers a batch as the queue does: what could not be written comes again, what never can be does not.
async fn deliver(house: &House, batch: Vec<String>) {
    let mut left = batch;
    for _ in 0..DELIVERIES {
        let failed = house.deliver(&left).await;
        let again: Vec<String> =
            left.iter().enumerate().filter(|(at, _)| failed.contains(at)).map(|(_, it)| it.clone()).collect();
        assert_eq!(
            again.iter().filter(|body| *body == NO_EVENT).count(),
            left.iter().filter(|body| *body == NO_EVENT).count()
        );
        left = again.into_iter().filter(|body| body != NO_EVENT).collect();
        if left.is_empty() {
            return;
        }
    }
    panic!("{} messages could not be written", left.len());
}

/// A house in which calls were made and their events delivered somehow.
async fn reports() -> Reports {
    let house = House::start(&Value::Null).await.unwrap();
    found(&house).await;
    let mut random = Random(42);
    let now = now() as u64;
    let events: Vec<_> = (0..EVENTS).map(|number| event(&mut random, number, now)).collect();
    let mut batches = deliveries(&mut random, &events);
    // What was delivered before comes again.
    let again: Vec<_> = batches.iter().filter(|_| random.below(3) == 0).cloned().collect();
    batches.extend(again);
    let deliver = |batch: Vec<String>| deliver(&house, batch);
    futures_util::stream::iter(batches.into_iter().map(deliver)).buffer_unordered(WRITERS).collect::<Vec<_>>().await;

    let day = |milliseconds: u64| {
        let moment = jiff::Timestamp::from_millisecond(milliseconds as i64).unwrap().to_string();
        moment.split('T').next().unwrap().to_owned()
    };
    let dates = format!("start_date={}&end_date={}", day(now - 2 * 86_400_000), day(now));
    let ledger = Ledger::read(&house, &dates).await.unwrap();
    assert_eq!(ledger.rows.len(), EVENTS, "a row an event");
    let spent: policy::money::Usd = events.iter().map(|event| event.spend).sum();
    assert_eq!(ledger.sum(|_| true).spend.to_string(), spent.to_string());
    Reports { house, ledger, dates }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_report_says_what_the_rows_say() {
    let it = reports().await;
    reports::everybodys(&it).await;
    reports::grouped(&it).await;
    reports::of_somebody(&it).await;
    reports::by_label(&it).await;
    reports::totals(&it).await;
    reports::own(&it).await;
    activity::by_day(&it).await;
    activity::of_every_kind(&it).await;
    activity::of_teams(&it).await;
}
