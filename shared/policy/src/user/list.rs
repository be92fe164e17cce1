//! The query of `/user/list`: filters, order and page.

use std::cmp::Ordering;

use crate::entity::User;
use crate::money::Usd;
use crate::page::Page;
use crate::request::{Refusal, invalid};

/// The most entries of a page.
const MOST: usize = 100;

/// Which users a list shows; an absent part filters nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Users with this role.
    pub role: Option<String>,
    /// Users with these ids; a single one may be a part of an id, whatever its case.
    pub user_ids: Vec<String>,
    /// Users with these ids at the identity provider.
    pub sso_user_ids: Vec<String>,
    /// Part of an address, whatever its case.
    pub user_email: Option<String>,
    /// Users in this team.
    pub team: Option<String>,
    /// Users in one of these organizations.
    pub organization_ids: Vec<String>,
}

/// A field to sort users by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderField {
    /// `user_id`
    UserId,
    /// `user_email`
    UserEmail,
    /// `created_at`
    CreatedAt,
    /// `spend`
    Spend,
    /// `user_alias`
    UserAlias,
    /// `user_role`
    UserRole,
}

/// A list of users.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// Which users.
    pub filter: Filter,
    /// The field to sort by and whether the highest comes first; newest first when the caller does not say.
    pub order: Option<(OrderField, bool)>,
    /// Which page.
    pub page: Page,
}

impl List {
    /// Reads the query of `/user/list`.
    ///
    /// # Errors
    /// [`Refusal`], naming the parameter.
    pub fn parse<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Refusal> {
        let (mut filter, mut page) = (Filter::default(), Page::first(25));
        let (mut field, mut descending) = (None, false);
        for (name, value) in query.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name {
                "role" => filter.role = Some(value.to_owned()),
                "user_ids" => filter.user_ids = split(value),
                "sso_user_ids" => filter.sso_user_ids = split(value),
                "user_email" => filter.user_email = Some(value.to_owned()),
                "team" => filter.team = Some(value.to_owned()),
                "organization_ids" => filter.organization_ids = split(value),
                "sort_by" => field = Some(order_field(name, value)?),
                "sort_order" if value.eq_ignore_ascii_case("asc") => descending = false,
                "sort_order" if value.eq_ignore_ascii_case("desc") => descending = true,
                "sort_order" => return Err(invalid(name, "must be asc or desc")),
                _ => drop(page.set(name, value, MOST)?),
            }
        }
        Ok(Self { filter, order: field.map(|field| (field, descending)), page })
    }

    /// Whether it is the list of everyone in the order in which they are kept.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.order.is_none() && self.filter == Filter::default()
    }

    /// Whether its order needs to know what users have spent.
    #[must_use]
    pub fn needs_spend(&self) -> bool {
        self.order.is_some_and(|(field, _)| field == OrderField::Spend)
    }

    /// Sorts users with their spend.
    pub fn sort(&self, users: &mut [(User, Usd)]) {
        users.sort_by(|one, other| {
            let newest = || other.0.created_at.cmp(&one.0.created_at);
            let order = match self.order {
                None => newest(),
                Some((field, false)) => compare(field, one, other),
                Some((field, true)) => compare(field, other, one),
            };
            order.then_with(|| one.0.user_id.cmp(&other.0.user_id))
        });
    }
}

impl Filter {
    /// Whether a list with this filter shows `user`, as far as the user itself tells: teams and organizations are
    /// known elsewhere.
    #[must_use]
    pub fn matches(&self, user: &User) -> bool {
        let role = user.user_role.map(crate::access::Role::as_str);
        let email = user.user_email.as_deref().unwrap_or_default();
        self.role.as_deref().is_none_or(|asked| role == Some(asked))
            && self.user_email.as_deref().is_none_or(|asked| holds(email, asked))
            && (self.sso_user_ids.is_empty()
                || user.sso_user_id.as_ref().is_some_and(|id| self.sso_user_ids.contains(id)))
            && match self.user_ids.as_slice() {
                [] => true,
                [part] => holds(&user.user_id, part),
                ids => ids.contains(&user.user_id),
            }
    }
}

fn holds(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

fn compare(field: OrderField, (one, spent): &(User, Usd), (other, others): &(User, Usd)) -> Ordering {
    let role = |user: &User| user.user_role.map(crate::access::Role::as_str);
    match field {
        OrderField::UserId => one.user_id.cmp(&other.user_id),
        OrderField::UserEmail => one.user_email.cmp(&other.user_email),
        OrderField::CreatedAt => one.created_at.cmp(&other.created_at),
        OrderField::Spend => spent.cmp(others),
        OrderField::UserAlias => one.user_alias.cmp(&other.user_alias),
        OrderField::UserRole => role(one).cmp(&role(other)),
    }
}

fn order_field(name: &str, value: &str) -> Result<OrderField, Refusal> {
    Ok(match value {
        "user_id" => OrderField::UserId,
        "user_email" => OrderField::UserEmail,
        "created_at" => OrderField::CreatedAt,
        "spend" => OrderField::Spend,
        "user_alias" => OrderField::UserAlias,
        "user_role" => OrderField::UserRole,
        _ => return Err(invalid(name, "must be user_id, user_email, created_at, spend, user_alias or user_role")),
    })
}
