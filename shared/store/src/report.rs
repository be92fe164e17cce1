//! Reports from the daily rollups.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use policy::spend::GLOBAL;

use crate::attributes::{Item, PK, SK, read_text, text};
use crate::error::failed;
use crate::measures::Measures;
use crate::spend_sums::{
    API_BASE, API_KEY, CALL_TYPE, DATE, ENDPOINT, KEY_ALIAS, MODEL, MODEL_GROUP, OF, ORGANIZATION, PROVIDER, TEAM,
    USER, daily_listing, daily_partitions,
};
use crate::time::{after, days};
use crate::{Store, StoreError};

/// Queries under way at once.
const AT_ONCE: usize = 16;

/// The most rollups that a report reads, about 70 MB.
const MOST: usize = 100_000;

/// What an entity did on a day in one way: with a key, for a team, with a model, …
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollup {
    /// Whose rollup it is, where a listing tells: an end user, a tag, an agent.
    pub of: String,
    /// UTC date, `2026-11-22`.
    pub date: String,
    /// Hash of the key that called.
    pub api_key: String,
    /// The key's alias when it was last used.
    pub key_alias: String,
    /// The user who called.
    pub user: String,
    /// The team that they called for.
    pub team: String,
    /// The team's organization.
    pub organization: String,
    /// The provider's name of the model.
    pub model: String,
    /// The name that was asked for.
    pub model_group: String,
    /// LiteLLM's name of the provider.
    pub provider: String,
    /// The route.
    pub endpoint: String,
    /// LiteLLM's name of the operation.
    pub call_type: String,
    /// Base address of the provider; only in counts of calls that it refused.
    pub api_base: String,
    /// The sums.
    pub measures: Measures,
}

/// Whose daily rollups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daily<'a> {
    /// All calls.
    Global,
    /// One entity's: its kind and id. Also [`crate::RATE_LIMITED`] with a model group.
    Of(&'a str, &'a str),
    /// Everyone's of a kind that has a listing: `end_user`, `tag`, `agent`. A call with two tags is in it twice.
    Every(&'a str),
}

/// What a report sums by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// UTC date.
    Date,
    /// Key.
    Key,
    /// Model.
    Model,
    /// Provider.
    Provider,
    /// Route.
    Endpoint,
}

impl Group {
    /// Sums rollups by what they have in common, sorted.
    #[must_use]
    pub fn sum(self, rollups: &[Rollup]) -> BTreeMap<String, Measures> {
        let mut sums: BTreeMap<String, Measures> = BTreeMap::new();
        for rollup in rollups {
            let name = match self {
                Self::Date => &rollup.date,
                Self::Key => &rollup.api_key,
                Self::Model => &rollup.model,
                Self::Provider => &rollup.provider,
                Self::Endpoint => &rollup.endpoint,
            };
            *sums.entry(name.clone()).or_default() += &rollup.measures;
        }
        sums
    }
}

impl Rollup {
    fn read(item: &Item) -> Self {
        let label = |name| read_text(item, name).unwrap_or_default().to_owned();
        Self {
            of: label(OF),
            date: label(DATE),
            api_key: label(API_KEY),
            key_alias: label(KEY_ALIAS),
            user: label(USER),
            team: label(TEAM),
            organization: label(ORGANIZATION),
            model: label(MODEL),
            model_group: label(MODEL_GROUP),
            provider: label(PROVIDER),
            endpoint: label(ENDPOINT),
            call_type: label(CALL_TYPE),
            api_base: label(API_BASE),
            measures: Measures::read(item),
        }
    }
}

impl Store {
    /// What was done from one day to another (UTC, inclusive), in the order of the days.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::TooMany`] for more than 100,000 rollups.
    pub async fn report(&self, whose: Daily<'_>, from: Date, to: Date) -> Result<Vec<Rollup>, StoreError> {
        let (first, last) = (from.to_string(), to.to_string());
        let of = |kind, id| {
            let partitions = daily_partitions(kind, id).into_iter();
            gather(partitions.map(|pk| self.find_rollups(pk, &first, &last)).collect())
        };
        let mut rollups = match whose {
            Daily::Of(kind, id) => of(kind, id).await?,
            Daily::Global => of(GLOBAL, "").await?,
            Daily::Every(kind) => {
                let listings = days(from, to).map(|date| daily_listing(kind, &date.to_string()));
                gather(listings.map(|listing| self.find_listed_rollups(listing)).collect()).await?
            }
        };
        rollups.sort_by(|one, other| one.date.cmp(&other.date));
        Ok(rollups)
    }

    async fn find_listed_rollups(&self, partition: String) -> Result<Vec<Rollup>, StoreError> {
        let keys = self.find_listed(&partition, MOST + 1).await?;
        let items = self.find_items(&self.names.spend, keys.clone()).await?;
        Ok(keys.iter().filter_map(|key| items.get(key)).map(Rollup::read).collect())
    }

    async fn find_rollups(&self, pk: String, first: &str, last: &str) -> Result<Vec<Rollup>, StoreError> {
        let mut items = self
            .dynamo
            .query()
            .table_name(&self.names.spend)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(after(last)))
            .into_paginator()
            .items()
            .send();
        let mut rollups = Vec::new();
        while let Some(item) = items.next().await {
            rollups.push(Rollup::read(&item.map_err(failed("reading rollups"))?));
        }
        Ok(rollups)
    }
}

/// Reads parts, several at once, as long as they are not too many together.
async fn gather<F>(reads: Vec<F>) -> Result<Vec<Rollup>, StoreError>
where
    F: Future<Output = Result<Vec<Rollup>, StoreError>>,
{
    let mut parts = std::pin::pin!(stream::iter(reads).buffered(AT_ONCE));
    let mut rollups = Vec::new();
    while let Some(part) = parts.try_next().await? {
        rollups.extend(part);
        if rollups.len() > MOST {
            return Err(StoreError::TooMany { what: "daily rollups", most: MOST });
        }
    }
    Ok(rollups)
}
