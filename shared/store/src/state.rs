//! A counters item as it was found.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use policy::money::Usd;

use crate::attributes::{DUE, Item, number, read_count, read_text, read_usd, text};
use crate::counters::{EVENT, HEADROOM, MAX, REQUESTS, RESERVATION, REV, SLOTS, START, TOKENS, WINDOW};

/// The item as it was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) budgets: HashMap<String, BudgetState>,
    pub(crate) windows: HashMap<String, WindowState>,
    pub(crate) slots: u64,
    pub(crate) held: Vec<Held>,
    pub(crate) due: Option<String>,
    pub(crate) rev: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BudgetState {
    pub(crate) start: u64,
    pub(crate) max: Usd,
    pub(crate) headroom: Usd,
}

/// A rate window, which may have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WindowState {
    pub(crate) start: u64,
    pub(crate) requests: u64,
    pub(crate) tokens: u64,
}

/// A reservation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Held {
    /// Event id of the call.
    pub(crate) id: String,
    /// After this moment, in milliseconds, the call cannot be running any more.
    pub(crate) expires: u64,
    pub(crate) roles: Roles,
    pub(crate) budgets: Vec<HeldBudget>,
    /// The skeleton of the call's spend event, if it is in this item.
    pub(crate) event: Option<String>,
}

/// What a reservation is for, beside budgets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roles {
    /// It holds a slot of the parallel calls.
    pub(crate) slot: bool,
    /// Whoever looks after it sends the call's spend event: so on one entity of the call.
    pub(crate) charges: bool,
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
        let windows = item.keys().filter_map(|name| {
            let counter = name.strip_prefix(WINDOW)?;
            let count = |prefix| read_count(item, &format!("{prefix}{counter}")).unwrap_or_default();
            let window =
                WindowState { start: read_count(item, name)?, requests: count(REQUESTS), tokens: count(TOKENS) };
            Some((counter.to_owned(), window))
        });
        Self {
            budgets: budgets.collect(),
            windows: windows.collect(),
            slots: read_count(item, SLOTS).unwrap_or_default(),
            held: item.iter().filter_map(|(name, value)| Held::read(item, name, value)).collect(),
            due: read_text(item, DUE).map(str::to_owned),
            rev: read_count(item, REV).unwrap_or_default(),
        }
    }

    pub(crate) fn holds(&self, id: &str) -> bool {
        self.held.iter().any(|held| held.id == id)
    }
}

/// Every open call of the entity is in its item, so a reservation is short: one list of numbers, `expires` and the
/// roles first, then three values for each budget.
impl Held {
    /// Where in the list the expiry is.
    pub(crate) const EXPIRES: usize = 0;
    /// Where in the list the roles are.
    pub(crate) const ROLES: usize = 1;

    fn read(item: &Item, name: &str, value: &AttributeValue) -> Option<Self> {
        let id = name.strip_prefix(RESERVATION)?;
        let [expires, roles, budgets @ ..] = value.as_l().ok()?.as_slice() else { return None };
        Some(Self {
            id: id.to_owned(),
            expires: expires.as_n().ok()?.parse().ok()?,
            roles: Roles::read(roles)?,
            budgets: budgets.chunks(3).filter_map(HeldBudget::read).collect(),
            event: read_text(item, &format!("{EVENT}{id}")).map(str::to_owned),
        })
    }

    pub(crate) fn attribute(&self) -> AttributeValue {
        let mut list = vec![number(self.expires), self.roles.attribute()];
        for budget in &self.budgets {
            list.extend([text(&budget.window), number(budget.amount), number(budget.start)]);
        }
        AttributeValue::L(list)
    }

    /// The largest amount that is held of any budget.
    pub(crate) fn amount(&self) -> Usd {
        self.budgets.iter().map(|held| held.amount).max().unwrap_or_default()
    }
}

impl HeldBudget {
    fn read(list: &[AttributeValue]) -> Option<Self> {
        let [window, amount, start] = list else { return None };
        Some(Self {
            window: window.as_s().ok()?.clone(),
            amount: amount.as_n().ok()?.parse().ok()?,
            start: start.as_n().ok()?.parse().ok()?,
        })
    }
}

impl Roles {
    fn read(value: &AttributeValue) -> Option<Self> {
        let bits: u8 = value.as_n().ok()?.parse().ok()?;
        Some(Self { slot: bits & 1 != 0, charges: bits & 2 != 0 })
    }

    pub(crate) fn attribute(self) -> AttributeValue {
        number(u8::from(self.slot) | u8::from(self.charges) << 1)
    }
}
