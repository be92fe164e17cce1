//! Names and forms of the spend table's sums: totals of whoever pays, and their daily rollups.

use policy::spend::{GLOBAL, Scope, SpendEvent};

use crate::attributes::{hash, key_part, short_key_part, text};
use crate::expression::Expression;
use crate::measures::Measures;
use crate::spend_rows::{DAY, SHARDS, STARTED};
use crate::time::date;

/// Whose sum an item is.
pub(crate) const OF: &str = "of";
/// What a rollup is about, beside whose it is.
pub(crate) const DATE: &str = "date";
pub(crate) const API_KEY: &str = "api_key";
pub(crate) const KEY_ALIAS: &str = "key_alias";
pub(crate) const USER: &str = "user";
pub(crate) const TEAM: &str = "team";
pub(crate) const ORGANIZATION: &str = "organization";
pub(crate) const MODEL: &str = "model";
pub(crate) const MODEL_GROUP: &str = "model_group";
pub(crate) const PROVIDER: &str = "provider";
pub(crate) const ENDPOINT: &str = "endpoint";
pub(crate) const CALL_TYPE: &str = "call_type";
pub(crate) const API_BASE: &str = "api_base";

/// The kind whose rollups count a model group's calls that were refused with status 429.
pub const RATE_LIMITED: &str = "rate_limited";

/// Kinds with a total over all time, whether it is listed or not.
const TOTALLED: &[&str] = &[
    "key",
    "user",
    "team",
    "team_member",
    "organization",
    "organization_member",
    "project",
    "end_user",
    "tag",
    "agent",
    GLOBAL,
];

/// Kinds with daily rollups. A team's members and its organization stand in the rollups of all calls.
const ROLLED_UP: &[&str] = &["key", "user", "team", "organization", "end_user", "tag", "agent", GLOBAL];

/// Kinds of which one call may have several, or that there are very many of: the index by day lists their sums.
const LISTED: &[&str] = &["end_user", "tag", "agent"];

/// The most bytes of one part of a rollup's sort key, which has nine and may have 1,024 bytes.
const PART: usize = 112;

/// The primary keys of a total; what all calls come to is spread over several items.
pub(crate) fn total_keys(scope: &Scope) -> Vec<(String, String)> {
    let (pk, sk) = total_key(scope);
    if scope.kind == GLOBAL {
        return (0..SHARDS).map(|shard| (format!("{pk}#{shard}"), sk.clone())).collect();
    }
    vec![(pk, sk)]
}

fn total_key(scope: &Scope) -> (String, String) {
    let period = scope.period.map_or_else(|| "ALL".to_owned(), |start| format!("PERIOD#{start}"));
    (format!("TOTAL#{}", entity(&scope.kind, &scope.id)), period)
}

/// The partitions of an entity's rollups; those of all calls are spread, since every transaction writes some.
pub(crate) fn daily_partitions(kind: &str, id: &str) -> Vec<String> {
    if kind == GLOBAL {
        return (0..SHARDS).map(|shard| format!("DAILY#{GLOBAL}#{shard}")).collect();
    }
    vec![format!("DAILY#{}", entity(kind, id))]
}

/// The partition of the index by day that lists the totals of a kind.
pub(crate) fn total_listing(kind: &str) -> String {
    format!("TOTAL#{kind}")
}

/// The partition of the index by day that lists a kind's rollups of a day.
pub(crate) fn daily_listing(kind: &str, date: &str) -> String {
    format!("DAILY#{kind}#{date}")
}

fn entity(kind: &str, id: &str) -> String {
    if kind == GLOBAL { GLOBAL.to_owned() } else { format!("{}#{}", key_part(kind), key_part(id)) }
}

/// An item that counts, and the texts that describe it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    /// Without its shard, if it is spread.
    pub(crate) pk: String,
    pub(crate) sk: String,
    /// Spread over several items, any of which may count.
    pub(crate) spread: bool,
    pub(crate) labels: Vec<(&'static str, String)>,
}

impl Target {
    /// The partition of the item that counts for a transaction.
    pub(crate) fn partition(&self, shard: u64) -> String {
        if self.spread { format!("{}#{}", self.pk, shard % SHARDS) } else { self.pk.clone() }
    }

    fn total(scope: &Scope) -> Self {
        let (pk, sk) = total_key(scope);
        let labels = if LISTED.contains(&scope.kind.as_str()) && scope.period.is_none() {
            listing(total_listing(&scope.kind), &scope.id)
        } else {
            Vec::new()
        };
        Self { pk, sk, spread: scope.kind == GLOBAL, labels }
    }
}

/// Everything that counts the event, each once.
pub(crate) fn targets(event: &SpendEvent) -> Vec<Target> {
    let mut targets = Vec::new();
    let day = Day::of(event);
    for (kind, id) in event.entities() {
        if TOTALLED.contains(&kind) {
            targets.push(Target::total(&Scope::new(kind, id.as_ref())));
        }
        if ROLLED_UP.contains(&kind) {
            targets.push(day.rollup(kind, &id));
        }
    }
    let listed = event.scopes.iter().filter(|scope| scope.kind == GLOBAL || !scope.id.is_empty());
    targets.extend(listed.map(Target::total));
    targets.extend(day.rate_limited(event));
    targets.sort();
    targets.dedup();
    targets
}

/// What the rollups of an event have in common.
struct Day {
    date: String,
    sort: String,
    labels: Vec<(&'static str, String)>,
}

impl Day {
    fn of(event: &SpendEvent) -> Self {
        let date = date(event.started);
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        // Each combination has a rollup of its own.
        let distinct = [
            (DATE, date.clone()),
            (API_KEY, event.api_key.clone()),
            (USER, named(&event.user)),
            (TEAM, named(&event.team_id)),
            (ORGANIZATION, named(&event.organization_id)),
            (MODEL, event.model.clone()),
            (MODEL_GROUP, event.model_group.clone()),
            (PROVIDER, event.provider.clone()),
            (ENDPOINT, event.endpoint.clone()),
        ];
        let parts: Vec<String> = distinct.iter().map(|(_, value)| short_key_part(value, PART)).collect();
        // These follow from the others, or the latest does.
        let last = [(CALL_TYPE, event.call_type.clone()), (KEY_ALIAS, named(&event.key_alias))];
        let labels = distinct.into_iter().chain(last).filter(|(_, value)| !value.is_empty());
        Self { date, sort: parts.join("#"), labels: labels.collect() }
    }

    fn rollup(&self, kind: &str, id: &str) -> Target {
        let mut labels = self.labels.clone();
        if LISTED.contains(&kind) {
            labels.extend(listing(daily_listing(kind, &self.date), id));
        }
        let pk = if kind == GLOBAL {
            format!("DAILY#{GLOBAL}#{}", hash(&self.sort) % SHARDS)
        } else {
            format!("DAILY#{}", entity(kind, id))
        };
        Target { pk, sk: self.sort.clone(), spread: false, labels }
    }

    fn rate_limited(&self, event: &SpendEvent) -> Option<Target> {
        event.error.as_ref().filter(|error| error.code == "429")?;
        Some(Target {
            pk: format!("DAILY#{}", entity(RATE_LIMITED, &event.model_group)),
            sk: format!("{}#{}", self.date, key_part(&event.api_base)),
            spread: false,
            labels: vec![(DATE, self.date.clone()), (API_BASE, event.api_base.clone())],
        })
    }
}

fn listing(partition: String, id: &str) -> Vec<(&'static str, String)> {
    vec![(DAY, partition), (STARTED, key_part(id)), (OF, id.to_owned())]
}

/// Adds to the target's item.
pub(crate) fn increment(target: &Target, measures: &Measures) -> Expression {
    let mut it = Expression::default();
    for (name, value) in &target.labels {
        it.assign(name, text(value));
    }
    measures.add_to(&mut it);
    it
}
