//! Reports from the daily rollups.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use policy::spend::GLOBAL;

use crate::attributes::{Item, PK, SK, read_text, text};
use crate::error::failed;
use crate::measures::Measures;
use crate::spend_rows::{API_KEY, DATE, ENDPOINT, MODEL, PROVIDER, daily_partition};
use crate::time::{after, days};
use crate::{Store, StoreError};

/// What an entity did on a day, with a key, a model, a provider and a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// UTC date, `2026-11-22`.
    pub date: String,
    /// Hash of the key that called.
    pub api_key: String,
    /// The provider's name of the model.
    pub model: String,
    /// LiteLLM's name of the provider.
    pub provider: String,
    /// The route.
    pub endpoint: String,
    /// The sums.
    pub measures: Measures,
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
            date: label(DATE),
            api_key: label(API_KEY),
            model: label(MODEL),
            provider: label(PROVIDER),
            endpoint: label(ENDPOINT),
            measures: Measures::read(item),
        }
    }
}

impl Store {
    /// What an entity (or [`GLOBAL`]: everybody) did from one day to another (UTC, inclusive).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn report(&self, kind: &str, id: &str, from: Date, to: Date) -> Result<Vec<Rollup>, StoreError> {
        let (first, last) = (from.to_string(), to.to_string());
        if kind != GLOBAL {
            return self.find_rollups(daily_partition(kind, id, ""), &first, &last).await;
        }
        let dates = days(from, to).map(|date| date.to_string());
        let partitions = dates.map(|date| self.find_rollups(daily_partition(kind, id, &date), &first, &last));
        let found: Vec<Vec<Rollup>> = stream::iter(partitions.collect::<Vec<_>>()).buffered(8).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
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
