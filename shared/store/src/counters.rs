//! Names and parts of a counters item: one per entity, with budgets' headroom, rate windows, slots, and the open
//! reservations.
//!
//! All of an entity is in one item, so that the usual call needs one plain conditional update: no transaction that
//! could conflict with the same key's other calls, and the new values come back with the answer.

use crate::attributes::{Item, PK, key, read_text};

/// What may still be reserved of a budget: the maximum less what was spent and what is reserved. One per budget.
pub(crate) const HEADROOM: &str = "headroom#";
/// The maximum that the headroom was computed from. One per budget.
pub(crate) const MAX: &str = "max#";
/// First second of the budget period; 0 for a budget over all time. One per budget.
pub(crate) const START: &str = "start#";
/// Start of the rate window in milliseconds. One per counter.
pub(crate) const WINDOW: &str = "window#";
/// Requests in the rate window. One per counter.
pub(crate) const REQUESTS: &str = "requests#";
/// Tokens in the rate window, reserved or used. One per counter.
pub(crate) const TOKENS: &str = "tokens#";
/// Calls at this moment, of those that were limited in number.
pub(crate) const SLOTS: &str = "slots";
/// One attribute for each open reservation, named after the call's event id.
pub(crate) const RESERVATION: &str = "r#";
/// The skeleton of a call's spend event, where it is not in an item of its own; named after the event's id.
pub(crate) const EVENT: &str = "e#";
/// How many skeletons are in this item.
pub(crate) const INSIDE: &str = "inside";
/// Another number after each budget that begins and each total that is reset, so that neither overlooks the other.
pub(crate) const REV: &str = "rev";

/// The skeleton of a call's spend event, in an item of its own.
pub(crate) const SKELETON: &str = "event";

const SORT_KEY: &str = "COUNTERS";

/// Whose counters: a key, a user, a team, a model of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entity {
    /// As in [`policy::spend::Scope`].
    pub kind: String,
    /// As in [`policy::spend::Scope`].
    pub id: String,
}

impl Entity {
    /// The item's primary key.
    pub(crate) fn key(&self) -> Item {
        let (pk, sk) = self.place();
        key(pk, sk)
    }

    /// Partition and sort key.
    pub(crate) fn place(&self) -> (String, String) {
        (format!("COUNTERS#{}#{}", self.kind, self.id), SORT_KEY.to_owned())
    }

    /// The entity of an item found by its index.
    pub(crate) fn from_key(item: &Item) -> Option<Self> {
        let (kind, id) = read_text(item, PK)?.strip_prefix("COUNTERS#")?.split_once('#')?;
        Some(Self { kind: kind.to_owned(), id: id.to_owned() })
    }
}

/// The primary key of an open call's own item, which holds the skeleton of its spend event.
pub(crate) fn call_key(id: &str) -> Item {
    key(format!("CALL#{id}"), "RESERVATION")
}
