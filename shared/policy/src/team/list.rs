use std::cmp::Ordering;

use crate::entity::Team;
use crate::page::Page;
use crate::request::{Refusal, invalid};

/// The most entries of a page.
const MOST: usize = 100;

/// A list of teams, as `/v2/team/list` asks for it; an absent filter filters nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// Teams that this user belongs to.
    pub user_id: Option<String>,
    /// Teams of this organization.
    pub organization_id: Option<String>,
    /// The team with this id.
    pub team_id: Option<String>,
    /// Part of an alias, whatever its case.
    pub team_alias: Option<String>,
    /// An id or part of an alias.
    pub search: Option<String>,
    /// Whether `search` may be the beginning of an id.
    pub by_prefix: bool,
    /// The field to sort by and whether the highest comes first; newest first when the caller does not say.
    pub order: Option<(OrderField, bool)>,
    /// Whether teams are shown that were deleted, and no others.
    pub deleted: bool,
    /// Which page.
    pub page: Page,
}

/// A field to sort teams by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderField {
    /// `team_id`
    TeamId,
    /// `team_alias`
    TeamAlias,
    /// `created_at`
    CreatedAt,
}

impl List {
    /// Reads the query of `/v2/team/list`.
    ///
    /// # Errors
    /// [`Refusal`], naming the parameter.
    pub fn parse<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Refusal> {
        let mut list = Self {
            user_id: None,
            organization_id: None,
            team_id: None,
            team_alias: None,
            search: None,
            by_prefix: false,
            order: None,
            deleted: false,
            page: Page::first(10),
        };
        let (mut field, mut descending) = (None, false);
        for (name, value) in query.into_iter().filter(|(_, value)| !value.is_empty()) {
            let text = || Some(value.to_owned());
            match name {
                "user_id" => list.user_id = text(),
                "organization_id" => list.organization_id = text(),
                "team_id" => list.team_id = text(),
                "team_alias" => list.team_alias = text(),
                "search" => list.search = text(),
                "search_team_id_match" if matches!(value, "exact" | "prefix") => list.by_prefix = value == "prefix",
                "search_team_id_match" => return Err(invalid(name, "must be exact or prefix")),
                "sort_by" => field = Some(order_field(name, value)?),
                "sort_order" if value.eq_ignore_ascii_case("asc") => descending = false,
                "sort_order" if value.eq_ignore_ascii_case("desc") => descending = true,
                "sort_order" => return Err(invalid(name, "must be asc or desc")),
                "status" if value == "deleted" => list.deleted = true,
                "status" => return Err(invalid(name, "must be deleted, or left out")),
                _ => drop(list.page.set(name, value, MOST)?),
            }
        }
        list.order = field.map(|field| (field, descending));
        Ok(list)
    }

    /// Whether the list shows the team, as far as the team itself tells: members are known elsewhere.
    #[must_use]
    pub fn matches(&self, team: &Team) -> bool {
        let alias = team.team_alias.as_deref().unwrap_or_default().to_lowercase();
        let named = |part: &str| alias.contains(&part.to_lowercase());
        let has_id = |text: &str| if self.by_prefix { team.team_id.starts_with(text) } else { team.team_id == text };
        self.organization_id.as_deref().is_none_or(|asked| team.organization_id.as_deref() == Some(asked))
            && self.team_id.as_deref().is_none_or(|asked| team.team_id == asked)
            && self.team_alias.as_deref().is_none_or(named)
            && self.search.as_deref().is_none_or(|text| has_id(text) || named(text))
    }

    /// Which of two teams comes first.
    #[must_use]
    pub fn compare(&self, one: &Team, other: &Team) -> Ordering {
        let order = match self.order {
            None => other.created_at.cmp(&one.created_at),
            Some((field, false)) => field.compare(one, other),
            Some((field, true)) => field.compare(other, one),
        };
        order.then_with(|| one.team_id.cmp(&other.team_id))
    }
}

impl OrderField {
    fn compare(self, one: &Team, other: &Team) -> Ordering {
        match self {
            Self::TeamId => one.team_id.cmp(&other.team_id),
            Self::TeamAlias => one.team_alias.cmp(&other.team_alias),
            Self::CreatedAt => one.created_at.cmp(&other.created_at),
        }
    }
}

fn order_field(name: &str, value: &str) -> Result<OrderField, Refusal> {
    match value {
        "team_id" => Ok(OrderField::TeamId),
        "team_alias" => Ok(OrderField::TeamAlias),
        "created_at" => Ok(OrderField::CreatedAt),
        _ => Err(invalid(name, "must be team_id, team_alias or created_at")),
    }
}
