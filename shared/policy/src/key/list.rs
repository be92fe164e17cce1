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
    /// Keys of this project.
    pub project_id: Option<String>,
    /// Keys of this agent.
    pub agent_id: Option<String>,
    /// Keys with this access group.
    pub access_group_id: Option<String>,
    /// The key with this alias, or those whose alias holds it.
    pub key_alias: Option<String>,
    /// Whether part of an alias or a user's id is enough, whatever its case.
    pub substring: bool,
    /// Part of an alias, whatever its case, or a whole hash.
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
    /// Which page, of at most 100 keys.
    pub number: crate::page::Page,
    /// Whether entries are whole objects instead of hashes.
    pub full: bool,
    /// Whether keys of teams are shown that the caller administers or whose members may list them.
    pub team_keys: bool,
    /// Whether keys are shown that the caller made for others.
    pub created_by_keys: bool,
    /// Whether entries come with their users.
    pub users: bool,
    /// Whether keys are shown that were deleted, and no others.
    pub deleted: bool,
}

/// A set of keys that a caller may list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// Every key.
    All,
    /// Keys of a user.
    OfUser(String),
    /// Keys that a user made; if teams are given, those that belong to one of them or to none.
    MadeBy(String, Option<Vec<String>>),
    /// Keys of a team.
    OfTeam(String),
    /// Keys of a team that belong to none of its members.
    ServiceAccounts(String),
    /// Keys of an organization.
    OfOrganization(String),
}

impl View {
    /// Whether `key` is in it.
    #[must_use]
    pub fn holds(&self, key: &Key) -> bool {
        let is = |own: &Option<String>, id: &String| own.as_ref() == Some(id);
        match self {
            Self::All => true,
            Self::OfUser(user) => is(&key.user_id, user),
            Self::MadeBy(user, teams) => {
                let in_one = |team: &String| teams.as_ref().is_none_or(|teams| teams.contains(team));
                is(&key.created_by, user) && key.team_id.as_ref().is_none_or(in_one)
            }
            Self::OfTeam(team) => is(&key.team_id, team),
            Self::ServiceAccounts(team) => is(&key.team_id, team) && key.user_id.is_none(),
            Self::OfOrganization(organization) => is(&key.organization_id, organization),
        }
    }
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
            number: crate::page::Page::first(10),
            full: false,
            team_keys: false,
            created_by_keys: false,
            users: false,
            deleted: false,
        };
        let flag = |value: &str| value.eq_ignore_ascii_case("true") || value == "1";
        for (name, value) in query.into_iter().filter(|(_, value)| !value.is_empty()) {
            let text = || Some(value.to_owned());
            match name {
                "user_id" => page.filter.user_id = text(),
                "team_id" => page.filter.team_id = text(),
                "organization_id" => page.filter.organization_id = text(),
                "key_hash" => page.filter.key_hash = text(),
                "project_id" => page.filter.project_id = text(),
                "agent_id" => page.filter.agent_id = text(),
                "access_group_id" => page.filter.access_group_id = text(),
                "key_alias" => page.filter.key_alias = text(),
                "substring_matching" => page.filter.substring = flag(value),
                "search" => page.filter.search = text(),
                "status" => match value {
                    "active" => (page.filter.blocked, page.filter.expired) = (Some(false), Some(false)),
                    "blocked" | "revoked" => page.filter.blocked = Some(true),
                    "expired" => (page.filter.blocked, page.filter.expired) = (Some(false), Some(true)),
                    "deleted" => page.deleted = true,
                    _ => return Err(invalid(name, "must be active, expired, revoked or deleted")),
                },
                "expires" => match value {
                    "active" => page.filter.expired = Some(false),
                    "expired" => page.filter.expired = Some(true),
                    _ => return Err(invalid(name, "must be active or expired")),
                },
                "return_full_object" => page.full |= flag(value),
                "include_team_keys" => page.team_keys = flag(value),
                "include_created_by_keys" => page.created_by_keys = flag(value),
                "expand" => match value {
                    "user" => (page.users, page.full) = (true, true),
                    _ => return Err(invalid(name, "must be user")),
                },
                "sort_by" => page.order.field = order_field(name, value)?,
                "sort_order" => match value.to_ascii_lowercase().as_str() {
                    "asc" => page.order.descending = false,
                    "desc" => page.order.descending = true,
                    _ => return Err(invalid(name, "must be asc or desc")),
                },
                // A parameter that is not about the page either is nobody's.
                _ => {
                    page.number.set(name, value, 100)?;
                }
            }
        }
        Ok(page)
    }

    /// Whether the keys come in the order in which they are kept, newest first.
    #[must_use]
    pub fn is_newest_first(&self) -> bool {
        self.order == Order { field: OrderField::CreatedAt, descending: true }
    }

    /// The keys of this page, and how many there are on all pages.
    #[must_use]
    pub fn select(&self, mut keys: Vec<Key>, now: Timestamp) -> (Vec<Key>, usize) {
        keys.retain(|key| self.filter.matches(key, now));
        keys.sort_by(|a, b| self.order.compare(a, b));
        let total = keys.len();
        (self.number.cut(keys), total)
    }
}

impl Filter {
    /// Whether a list with this filter shows `key` at `now`.
    #[must_use]
    pub fn matches(&self, key: &Key, now: Timestamp) -> bool {
        let same = |asked: &Option<String>, own: Option<&str>| asked.as_deref().is_none_or(|asked| own == Some(asked));
        let part = |asked: &Option<String>, own: Option<&str>| match (asked, own) {
            (Some(asked), Some(own)) if self.substring => own.to_lowercase().contains(&asked.to_lowercase()),
            _ => same(asked, own),
        };
        let alias = key.key_alias.as_deref();
        let found = |needle: &str| {
            key.token == needle || alias.is_some_and(|alias| alias.to_lowercase().contains(&needle.to_lowercase()))
        };
        part(&self.user_id, key.user_id.as_deref())
            && same(&self.team_id, key.team_id.as_deref())
            && same(&self.organization_id, key.organization_id.as_deref())
            && same(&self.project_id, key.project_id.as_deref())
            && same(&self.agent_id, key.agent_id.as_deref())
            && self.access_group_id.as_ref().is_none_or(|group| key.access_group_ids.contains(group))
            && same(&self.key_hash, Some(&key.token))
            && part(&self.key_alias, alias)
            && self.search.as_deref().is_none_or(found)
            && self.blocked.is_none_or(|asked| asked == key.blocked)
            && self.expired.is_none_or(|asked| asked == key.is_expired(now))
    }
}

impl Order {
    /// Which of two keys comes first.
    #[must_use]
    pub fn compare(&self, a: &Key, b: &Key) -> Ordering {
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
        order.then_with(|| b.token.cmp(&a.token))
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
