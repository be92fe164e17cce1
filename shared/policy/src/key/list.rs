//! The query of `/key/list`: filters, order and page.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::Key;
use crate::request::{Refusal, invalid};

/// Which keys a list shows; an absent part filters nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Keys of this user.
    pub user_id: Option<String>,
    /// Keys of this team.
    pub team_id: Option<String>,
    /// Keys of this organization.
    pub organization_id: Option<String>,
    /// The key with this hash.
    pub key_hash: Option<String>,
    /// The key with this alias.
    pub key_alias: Option<String>,
    /// Part of an alias, a name or the start of a hash, whatever its case.
    pub search: Option<String>,
    /// Whether only blocked (`true`) or usable (`false`) keys are shown.
    pub blocked: Option<bool>,
    /// Whether only expired (`true`) or unexpired (`false`) keys are shown.
    pub expired: Option<bool>,
}

/// The order of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The field to sort by.
    pub field: OrderField,
    /// Highest first.
    pub descending: bool,
}

/// A field to sort keys by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderField {
    /// `created_at`
    CreatedAt,
    /// `updated_at`
    UpdatedAt,
    /// `spend`
    Spend,
    /// `max_budget`
    MaxBudget,
    /// `key_alias`
    KeyAlias,
    /// `token`
    Token,
    /// `expires`
    Expires,
}

/// A page of a list, and how answers show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Which keys.
    pub filter: Filter,
    /// In which order; newest first when the caller does not say.
    pub order: Order,
    /// The page, from 1.
    pub page: usize,
    /// Keys a page, at most 100.
    pub size: usize,
    /// Whether entries are whole objects instead of hashes.
    pub full: bool,
}

impl Page {
    /// Reads the query of `/key/list`.
    ///
    /// # Errors
    /// [`Refusal`], naming the parameter.
    pub fn parse<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Refusal> {
        let mut page = Self {
            filter: Filter::default(),
            order: Order { field: OrderField::CreatedAt, descending: true },
            page: 1,
            size: 10,
            full: false,
        };
        for (name, value) in query.into_iter().filter(|(_, value)| !value.is_empty()) {
            let text = || Some(value.to_owned());
            match name {
                "user_id" => page.filter.user_id = text(),
                "team_id" => page.filter.team_id = text(),
                "organization_id" => page.filter.organization_id = text(),
                "key_hash" => page.filter.key_hash = text(),
                "key_alias" => page.filter.key_alias = text(),
                "search" => page.filter.search = text(),
                "status" => match value {
                    "active" => (page.filter.blocked, page.filter.expired) = (Some(false), Some(false)),
                    "blocked" => page.filter.blocked = Some(true),
                    "expired" => page.filter.expired = Some(true),
                    _ => return Err(invalid(name, "must be active, blocked or expired")),
                },
                "page" => page.page = number(name, value, 1, 1_000_000)?,
                "size" => page.size = number(name, value, 1, 100)?,
                "return_full_object" => page.full = value.eq_ignore_ascii_case("true") || value == "1",
                "sort_by" => page.order.field = order_field(name, value)?,
                "sort_order" => match value.to_ascii_lowercase().as_str() {
                    "asc" => page.order.descending = false,
                    "desc" => page.order.descending = true,
                    _ => return Err(invalid(name, "must be asc or desc")),
                },
                _ => {}
            }
        }
        Ok(page)
    }

    /// The keys of this page, and how many there are on all pages.
    #[must_use]
    pub fn select(&self, mut keys: Vec<Key>, now: Timestamp) -> (Vec<Key>, usize) {
        keys.retain(|key| self.filter.matches(key, now));
        keys.sort_by(|a, b| self.order.compare(a, b));
        let total = keys.len();
        (keys.into_iter().skip((self.page - 1).saturating_mul(self.size)).take(self.size).collect(), total)
    }
}

impl Filter {
    /// Whether a list with this filter shows `key` at `now`.
    #[must_use]
    pub fn matches(&self, key: &Key, now: Timestamp) -> bool {
        let same = |asked: &Option<String>, own: Option<&str>| asked.as_deref().is_none_or(|asked| own == Some(asked));
        let found = |needle: &str| {
            let needle = needle.to_lowercase();
            let alias = key.key_alias.as_deref().unwrap_or_default().to_lowercase();
            alias.contains(&needle) || key.key_name.to_lowercase().contains(&needle) || key.token.starts_with(&needle)
        };
        same(&self.user_id, key.user_id.as_deref())
            && same(&self.team_id, key.team_id.as_deref())
            && same(&self.organization_id, key.organization_id.as_deref())
            && same(&self.key_hash, Some(&key.token))
            && same(&self.key_alias, key.key_alias.as_deref())
            && self.search.as_deref().is_none_or(found)
            && self.blocked.is_none_or(|asked| asked == key.blocked)
            && self.expired.is_none_or(|asked| asked == key.is_expired(now))
    }
}

impl Order {
    fn compare(&self, a: &Key, b: &Key) -> Ordering {
        let order = match self.field {
            OrderField::CreatedAt => a.created_at.cmp(&b.created_at),
            OrderField::UpdatedAt => a.updated_at.cmp(&b.updated_at),
            OrderField::Spend => a.spend.cmp(&b.spend),
            OrderField::MaxBudget => a.limits.max_budget.cmp(&b.limits.max_budget),
            OrderField::KeyAlias => a.key_alias.cmp(&b.key_alias),
            OrderField::Token => a.token.cmp(&b.token),
            OrderField::Expires => a.expires.cmp(&b.expires),
        };
        let order = if self.descending { order.reverse() } else { order };
        order.then_with(|| a.token.cmp(&b.token))
    }
}

fn number(name: &str, value: &str, least: usize, most: usize) -> Result<usize, Refusal> {
    match value.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(invalid(name, format!("must be a whole number from {least} to {most}"))),
    }
}

fn order_field(name: &str, value: &str) -> Result<OrderField, Refusal> {
    Ok(match value {
        "created_at" => OrderField::CreatedAt,
        "updated_at" => OrderField::UpdatedAt,
        "spend" => OrderField::Spend,
        "max_budget" => OrderField::MaxBudget,
        "key_alias" => OrderField::KeyAlias,
        "token" => OrderField::Token,
        "expires" => OrderField::Expires,
        _ => {
            return Err(invalid(
                name,
                "must be created_at, updated_at, spend, max_budget, key_alias, token or expires",
            ));
        }
    })
}
