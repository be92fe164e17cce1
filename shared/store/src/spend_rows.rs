//! Names and forms of the spend table's items: rows, totals and daily rollups.

use aws_sdk_dynamodb::types::AttributeValue;
use policy::spend::{GLOBAL, Scope, SpendEvent, Status};

use crate::attributes::{Item, TTL, VERSION, key, key_part, number, text};
use crate::expression::Expression;
use crate::measures::Measures;
use crate::time::{date, iso};

pub(crate) const BY_ENTITY: &str = "by_entity";
pub(crate) const BY_REQUEST: &str = "by_request";
pub(crate) const BY_DAY: &str = "by_day";

/// Hash of the key that called.
pub(crate) const ENTITY: &str = "entity";
pub(crate) const REQUEST_ID: &str = "request_id";
/// The UTC date and a shard, so that a day's rows do not all go to one place.
pub(crate) const DAY: &str = "day";
/// Start of the call and its id: sorts by time, and no two rows are equal.
pub(crate) const STARTED: &str = "started";
/// The whole event as JSON.
pub(crate) const EVENT: &str = "event";

pub(crate) const SPEND: &str = "spend";
pub(crate) const REQUESTS: &str = "requests";
pub(crate) const SUCCESSFUL: &str = "successful";
pub(crate) const FAILED: &str = "failed";
pub(crate) const PROMPT_TOKENS: &str = "prompt_tokens";
pub(crate) const COMPLETION_TOKENS: &str = "completion_tokens";
pub(crate) const CACHE_READ_TOKENS: &str = "cache_read_tokens";
pub(crate) const CACHE_WRITE_TOKENS: &str = "cache_write_tokens";
pub(crate) const TIME_MS: &str = "time_ms";

/// What a rollup is about, beside its entity.
pub(crate) const DATE: &str = "date";
pub(crate) const API_KEY: &str = "api_key";
pub(crate) const MODEL: &str = "model";
pub(crate) const PROVIDER: &str = "provider";
pub(crate) const ENDPOINT: &str = "endpoint";

pub(crate) const SHARDS: u8 = 8;

const ROW: &str = "CALL";

/// The primary key of a row.
pub(crate) fn row_key(id: &str) -> Item {
    key(format!("CALL#{id}"), ROW)
}

/// The partition of the index by day.
pub(crate) fn day_shard(date: &str, shard: u8) -> String {
    format!("{date}#{shard}")
}

/// The row of an event, without its time to live.
pub(crate) fn row(event: &SpendEvent, json: String) -> Item {
    let date = date(event.started);
    let shard = event.id.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % SHARDS;
    let mut item = row_key(&event.id);
    let mut put = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
    put(VERSION, number(event.v));
    put(DAY, text(day_shard(&date, shard)));
    put(STARTED, text(format!("{}#{}", iso(event.started), event.id)));
    put(SPEND, number(event.spend));
    put(EVENT, text(json));
    // An index cannot hold an empty name.
    if !event.api_key.is_empty() {
        put(ENTITY, text(&event.api_key));
    }
    if !event.request_id.is_empty() {
        put(REQUEST_ID, text(key_part(&event.request_id)));
    }
    item
}

/// Says that one part of an event with very many scopes has been counted.
pub(crate) fn part(id: &str, number: usize) -> Item {
    key(format!("CALL#{id}"), format!("PART#{number}"))
}

pub(crate) fn expire(mut item: Item, seconds: u64) -> Item {
    item.insert(TTL.to_owned(), number(seconds));
    item
}

/// The primary key of a total.
pub(crate) fn total_key(scope: &Scope) -> (String, String) {
    let period = scope.period.map_or_else(|| "ALL".to_owned(), |start| format!("PERIOD#{start}"));
    (format!("TOTAL#{}", entity(&scope.kind, &scope.id)), period)
}

/// The partition of an entity's rollups; for all calls together one a day.
pub(crate) fn daily_partition(kind: &str, id: &str, date: &str) -> String {
    if kind == GLOBAL { format!("DAILY#{GLOBAL}#{date}") } else { format!("DAILY#{}", entity(kind, id)) }
}

fn entity(kind: &str, id: &str) -> String {
    if kind == GLOBAL { GLOBAL.to_owned() } else { format!("{}#{}", key_part(kind), key_part(id)) }
}

/// An item that counts, and the texts that describe it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) pk: String,
    pub(crate) sk: String,
    pub(crate) labels: Vec<(&'static str, String)>,
}

/// Everything that counts the event, each once.
pub(crate) fn targets(event: &SpendEvent) -> Vec<Target> {
    let date = date(event.started);
    let labels = vec![
        (DATE, date.clone()),
        (API_KEY, event.api_key.clone()),
        (MODEL, event.model.clone()),
        (PROVIDER, event.provider.clone()),
        (ENDPOINT, event.endpoint.clone()),
    ];
    let parts: Vec<String> = labels.iter().map(|(_, value)| key_part(value)).collect();
    let sort = parts.join("#");
    let mut targets = Vec::new();
    for (kind, id) in event.entities() {
        let (pk, sk) = total_key(&Scope::new(kind, id));
        targets.push(Target { pk, sk, labels: Vec::new() });
        targets.push(Target { pk: daily_partition(kind, id, &date), sk: sort.clone(), labels: labels.clone() });
    }
    for scope in event.scopes.iter().filter(|scope| scope.period.is_some()) {
        if scope.kind == GLOBAL || !scope.id.is_empty() {
            let (pk, sk) = total_key(scope);
            targets.push(Target { pk, sk, labels: Vec::new() });
        }
    }
    targets.sort();
    targets.dedup();
    targets
}

/// What one event adds to each of its targets.
pub(crate) fn measure(event: &SpendEvent) -> Measures {
    let succeeded = event.status == Status::Success;
    Measures {
        spend: event.spend,
        requests: 1,
        successful: u64::from(succeeded),
        failed: u64::from(!succeeded),
        prompt_tokens: event.tokens.prompt,
        completion_tokens: event.tokens.completion,
        cache_read_tokens: event.tokens.cache_read,
        cache_write_tokens: event.tokens.cache_write,
        time_ms: event.duration(),
    }
}

/// Adds to the target's item.
pub(crate) fn increment(target: &Target, measures: &Measures) -> Expression {
    let mut it = Expression::default();
    for (name, value) in &target.labels {
        it.assign(name, text(value));
    }
    it.add(SPEND, number(measures.spend));
    let counts = [
        (REQUESTS, measures.requests),
        (SUCCESSFUL, measures.successful),
        (FAILED, measures.failed),
        (PROMPT_TOKENS, measures.prompt_tokens),
        (COMPLETION_TOKENS, measures.completion_tokens),
        (CACHE_READ_TOKENS, measures.cache_read_tokens),
        (CACHE_WRITE_TOKENS, measures.cache_write_tokens),
        (TIME_MS, measures.time_ms),
    ];
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        it.add(name, number(count));
    }
    it
}
