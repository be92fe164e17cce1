//! One counters item per entity: budgets' headroom, the rate window, slots, and the open reservations.
//!
//! All of an entity is in one item, so that the usual call needs one plain conditional update: no transaction that
//! could conflict with the same key's other calls, and the new values come back with the answer.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use policy::money::Usd;

use crate::attributes::{DUE, Item, PK, key, number, read_count, read_text, read_usd, text};

/// What may still be reserved of a budget: the maximum less what was spent and what is reserved. One per window.
pub(crate) const HEADROOM: &str = "headroom#";
/// The maximum that the headroom was computed from. One per window.
pub(crate) const MAX: &str = "max#";
/// First second of the budget period; 0 for a budget over all time. One per window.
pub(crate) const START: &str = "start#";
/// Start of the rate window in milliseconds.
pub(crate) const WINDOW: &str = "window";
/// Requests in the rate window.
pub(crate) const REQUESTS: &str = "requests";
/// Tokens in the rate window, reserved or used.
pub(crate) const TOKENS: &str = "tokens";
/// Calls at this moment, of those that were limited in number.
pub(crate) const SLOTS: &str = "slots";
/// One attribute for each open reservation, named after the call's event id.
pub(crate) const RESERVATION: &str = "r#";

/// Parts of a reservation.
pub(crate) const EXPIRES: &str = "expires";
const BUDGETS: &str = "budgets";
pub(crate) const SLOT: &str = "slot";
const EVENT: &str = "event";

const SORT_KEY: &str = "COUNTERS";

/// Whose counters: a key, a user, a team, a model of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entity {
    /// As in [`policy::spend::Scope`].
    pub kind: String,
    /// As in [`policy::spend::Scope`].
    pub id: String,
}

impl Entity {
    /// The item's primary key.
    pub(crate) fn key(&self) -> Item {
        key(format!("COUNTERS#{}#{}", self.kind, self.id), SORT_KEY)
    }

    /// The entity of an item found by its index.
    pub(crate) fn from_key(item: &Item) -> Option<Self> {
        let (kind, id) = read_text(item, PK)?.strip_prefix("COUNTERS#")?.split_once('#')?;
        Some(Self { kind: kind.to_owned(), id: id.to_owned() })
    }
}

/// The item as it was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) budgets: HashMap<String, BudgetState>,
    pub(crate) window: Option<u64>,
    pub(crate) requests: u64,
    pub(crate) tokens: u64,
    pub(crate) slots: u64,
    pub(crate) held: Vec<Held>,
    pub(crate) due: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BudgetState {
    pub(crate) start: u64,
    pub(crate) max: Usd,
    pub(crate) headroom: Usd,
}

/// A reservation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Held {
    /// Event id of the call.
    pub(crate) id: String,
    /// After this moment, in milliseconds, the call cannot be running any more.
    pub(crate) expires: u64,
    pub(crate) budgets: Vec<HeldBudget>,
    pub(crate) slot: bool,
    /// The spend event to send if the call never does; on the first entity of the call only.
    pub(crate) event: Option<String>,
}

/// What a reservation holds of one budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldBudget {
    pub(crate) window: String,
    pub(crate) start: u64,
    pub(crate) amount: Usd,
}

impl State {
    pub(crate) fn read(item: &Item) -> Self {
        let budgets = item.keys().filter_map(|name| {
            let window = name.strip_prefix(HEADROOM)?;
            let budget = BudgetState {
                start: read_count(item, &format!("{START}{window}"))?,
                max: read_usd(item, &format!("{MAX}{window}"))?,
                headroom: read_usd(item, name)?,
            };
            Some((window.to_owned(), budget))
        });
        Self {
            budgets: budgets.collect(),
            window: read_count(item, WINDOW),
            requests: read_count(item, REQUESTS).unwrap_or_default(),
            tokens: read_count(item, TOKENS).unwrap_or_default(),
            slots: read_count(item, SLOTS).unwrap_or_default(),
            held: item.iter().filter_map(|(name, value)| Held::read(name, value)).collect(),
            due: read_text(item, DUE).map(str::to_owned),
        }
    }

    pub(crate) fn holds(&self, id: &str) -> bool {
        self.held.iter().any(|held| held.id == id)
    }
}

impl Held {
    fn read(name: &str, value: &AttributeValue) -> Option<Self> {
        let id = name.strip_prefix(RESERVATION)?;
        let parts = value.as_m().ok()?;
        let budgets = parts.get(BUDGETS).and_then(|budgets| budgets.as_l().ok()).into_iter().flatten();
        Some(Self {
            id: id.to_owned(),
            expires: read_count(parts, EXPIRES).unwrap_or_default(),
            budgets: budgets.filter_map(HeldBudget::read).collect(),
            slot: parts.contains_key(SLOT),
            event: read_text(parts, EVENT).map(str::to_owned),
        })
    }

    /// The attribute's value. What is not held is left out: every open call is in the item.
    pub(crate) fn attribute(&self) -> AttributeValue {
        let mut parts = Item::from([(EXPIRES.to_owned(), number(self.expires))]);
        if !self.budgets.is_empty() {
            let budgets = self.budgets.iter().map(HeldBudget::attribute);
            parts.insert(BUDGETS.to_owned(), AttributeValue::L(budgets.collect()));
        }
        if self.slot {
            parts.insert(SLOT.to_owned(), AttributeValue::Bool(true));
        }
        if let Some(event) = &self.event {
            parts.insert(EVENT.to_owned(), text(event));
        }
        AttributeValue::M(parts)
    }

    /// The largest amount that is held of any budget.
    pub(crate) fn amount(&self) -> Usd {
        self.budgets.iter().map(|held| held.amount).max().unwrap_or_default()
    }
}

impl HeldBudget {
    fn read(budget: &AttributeValue) -> Option<Self> {
        let [window, amount, start] = budget.as_l().ok()?.as_slice() else { return None };
        Some(Self {
            window: window.as_s().ok()?.clone(),
            amount: amount.as_n().ok()?.parse().ok()?,
            start: start.as_n().ok()?.parse().ok()?,
        })
    }

    fn attribute(&self) -> AttributeValue {
        AttributeValue::L(vec![text(&self.window), number(self.amount), number(self.start)])
    }
}
