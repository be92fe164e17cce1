//! Names and forms of the spend table's rows, one a call.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use policy::spend::{SpendEvent, Status};

use crate::attributes::{Item, TTL, VERSION, hash, key, key_part, number, text};
use crate::measures::SPEND;
use crate::time::{date, iso};

pub(crate) const BY_ENTITY: &str = "by_entity";
pub(crate) const BY_USER: &str = "by_user";
pub(crate) const BY_TEAM: &str = "by_team";
pub(crate) const BY_END_USER: &str = "by_end_user";
pub(crate) const BY_SESSION: &str = "by_session";
pub(crate) const BY_REQUEST: &str = "by_request";
pub(crate) const BY_DAY: &str = "by_day";

/// Hash of the key that called.
pub(crate) const ENTITY: &str = "entity";
pub(crate) const ROW_USER: &str = "row_user";
pub(crate) const ROW_TEAM: &str = "row_team";
pub(crate) const ROW_END_USER: &str = "row_end_user";
pub(crate) const ROW_SESSION: &str = "row_session";
pub(crate) const REQUEST_ID: &str = "request_id";
/// The UTC date and a shard, so that a day's rows do not all go to one place.
pub(crate) const DAY: &str = "day";
/// Start of the call and its id: sorts by time, and no two rows are equal.
pub(crate) const STARTED: &str = "started";
/// The whole event as JSON.
pub(crate) const EVENT: &str = "event";

pub(crate) const SHARDS: u64 = 8;

const ROW: &str = "CALL";

/// How long a row that holds nothing is kept: longer than the queue keeps a message, and than a reservation is open.
const GUARD: Duration = Duration::from_secs(30 * 86_400);

/// What is kept of calls, and for how long. Totals and rollups are kept for ever, whatever this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// How long after the call its row expires; longer than the queue keeps a message, since the row is what makes a
    /// late copy a duplicate. `None` keeps rows for ever.
    pub retention: Option<Duration>,
    /// Which calls have a row that can be read. The others leave their id and cost for a month.
    pub rows: Rows,
}

/// Which calls have a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    /// Every one.
    #[default]
    All,
    /// Those that were answered.
    Successes,
    /// None.
    None,
}

impl Keep {
    fn whole(self, event: &SpendEvent) -> bool {
        match self.rows {
            Rows::All => true,
            Rows::Successes => event.status == Status::Success,
            Rows::None => false,
        }
    }

    /// When the event's row expires, in seconds since the Unix epoch.
    pub(crate) fn end(self, event: &SpendEvent) -> Option<u64> {
        let kept = if self.whole(event) { self.retention } else { Some(self.retention.unwrap_or(GUARD).min(GUARD)) };
        kept.map(|kept| event.started / 1000 + kept.as_secs())
    }
}

/// The primary key of a row.
pub(crate) fn row_key(id: &str) -> Item {
    let (pk, sk) = row_place(&row_partition(id));
    key(pk, sk)
}

/// The partition of a call's row.
pub(crate) fn row_partition(id: &str) -> String {
    format!("CALL#{id}")
}

/// The primary key of a row by its partition.
pub(crate) fn row_place(pk: &str) -> (String, String) {
    (pk.to_owned(), ROW.to_owned())
}

/// The partition of the index by day.
pub(crate) fn day_shard(date: &str, shard: u64) -> String {
    format!("{date}#{shard}")
}

/// The row of an event, without its time to live.
pub(crate) fn row(event: &SpendEvent, json: String, keep: Keep) -> Item {
    let mut item = row_key(&event.id);
    let mut put = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
    put(VERSION, number(event.v));
    put(SPEND, number(event.spend));
    if !keep.whole(event) {
        return item;
    }
    put(EVENT, text(json));
    put(DAY, text(day_shard(&date(event.started), hash(&event.id) % SHARDS)));
    put(STARTED, text(format!("{}#{}", iso(event.started), event.id)));
    let named = |name: &Option<String>| name.clone().unwrap_or_default();
    let indexed = [
        (ENTITY, event.api_key.clone()),
        (REQUEST_ID, event.request_id.clone()),
        (ROW_USER, named(&event.user)),
        (ROW_TEAM, named(&event.team_id)),
        (ROW_END_USER, named(&event.end_user)),
        (ROW_SESSION, named(&event.session_id)),
    ];
    // An index cannot hold an empty name.
    for (attribute, name) in indexed.into_iter().filter(|(_, name)| !name.is_empty()) {
        put(attribute, text(key_part(&name)));
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
