//! Answers questions about spend: rows and totals.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use policy::money::Usd;
use policy::spend::{Scope, SpendEvent};

use crate::attributes::{Item, PK, SK, key, key_part, read_text, read_usd, text};
use crate::error::failed;
use crate::measures::Measures;
use crate::retry::{TRIES, pause};
use crate::spend_rows::{
    BY_DAY, BY_ENTITY, BY_REQUEST, DAY, ENTITY, EVENT, REQUEST_ID, SHARDS, SPEND, STARTED, day_shard, row_key,
    total_key,
};
use crate::time::{after, days, iso};
use crate::{Store, StoreError};

const DOING: &str = "reading spend";
/// The most items that DynamoDB gives in one batch.
const BATCH: usize = 100;

/// Which rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFilter {
    /// Rows of one answer.
    Request(String),
    /// Rows of a key, by its hash, that began between two moments (milliseconds since the Unix epoch, inclusive).
    Key {
        /// Hash of the key that called.
        token: String,
        /// First moment.
        from: u64,
        /// Last moment.
        to: u64,
    },
    /// All rows that began on these days (UTC, inclusive).
    Days {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
}

/// A page of rows, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowPage {
    /// The rows.
    pub rows: Vec<SpendEvent>,
    /// Where the next page begins, if there is one. Only to be handed back.
    pub next: Option<String>,
}

/// A part of an index: rows of one partition between two values of `started`.
struct Slice {
    index: &'static str,
    attribute: &'static str,
    partition: String,
    from: String,
    to: String,
}

impl Store {
    /// The row of a call, by the gateway's id of it. Strongly consistent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Malformed`] for a row that this version cannot read.
    pub async fn find_spend_row(&self, id: &str) -> Result<Option<SpendEvent>, StoreError> {
        let item = self.find_spend_item(row_key(id)).await?;
        item.as_ref().map(read_row).transpose()
    }

    pub(crate) async fn find_row_spend(&self, id: &str) -> Result<Option<Usd>, StoreError> {
        let Some(item) = self.find_spend_item(row_key(id)).await? else { return Ok(None) };
        read_usd(&item, SPEND).map(Some).ok_or_else(|| StoreError::missing("spend row", SPEND))
    }

    /// What a scope has spent, in its period or over all time. Strongly consistent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_total(&self, scope: &Scope) -> Result<Measures, StoreError> {
        let (pk, sk) = total_key(scope);
        let item = self.find_spend_item(key(pk, sk)).await?;
        Ok(item.as_ref().map(Measures::read).unwrap_or_default())
    }

    /// The totals of several scopes, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_totals(&self, scopes: &[Scope]) -> Result<Vec<Measures>, StoreError> {
        let keys: Vec<(String, String)> = scopes.iter().map(total_key).collect();
        let found = self.find_items(&self.names.spend, keys.clone()).await?;
        Ok(keys.iter().map(|key| found.get(key).map(Measures::read).unwrap_or_default()).collect())
    }

    /// A page of at most `limit` rows, newest first. Eventually consistent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Malformed`] for a row that this version cannot read.
    pub async fn find_spend_rows(
        &self,
        filter: &RowFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<RowPage, StoreError> {
        let limit = limit.max(1);
        let mut found: Vec<(String, String)> = Vec::new();
        for slices in slices(filter, cursor) {
            let pages = slices.iter().map(|slice| self.find_slice(slice, limit, cursor));
            let mut rows: Vec<(String, String)> = try_join_all(pages).await?.into_iter().flatten().collect();
            rows.sort_by(|one, other| other.cmp(one));
            found.extend(rows);
            if found.len() > limit {
                break;
            }
        }
        let more = found.len() > limit;
        found.truncate(limit);
        let next = if more { found.last().map(|(started, _)| started.clone()) } else { None };
        let keys: Vec<(String, String)> = found.into_iter().map(|(_, pk)| (pk, "CALL".to_owned())).collect();
        let items = self.find_items(&self.names.spend, keys.clone()).await?;
        let rows = keys.iter().filter_map(|key| items.get(key)).map(read_row).collect::<Result<_, _>>()?;
        Ok(RowPage { rows, next })
    }

    async fn find_spend_item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let request = self.dynamo.get_item().table_name(&self.names.spend).set_key(Some(key)).consistent_read(true);
        Ok(request.send().await.map_err(failed(DOING))?.item)
    }

    /// The newest rows of a slice, one more than the limit: their `started` and partition key.
    async fn find_slice(
        &self,
        slice: &Slice,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let wanted = limit + 1;
        let mut items = self
            .dynamo
            .query()
            .table_name(&self.names.spend)
            .index_name(slice.index)
            .key_condition_expression("#partition = :partition AND #started BETWEEN :from AND :to")
            .projection_expression("#pk, #started")
            .expression_attribute_names("#partition", slice.attribute)
            .expression_attribute_names("#started", STARTED)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":partition", text(&slice.partition))
            .expression_attribute_values(":from", text(&slice.from))
            .expression_attribute_values(":to", text(&slice.to))
            .scan_index_forward(false)
            .limit(i32::try_from(wanted + 1).unwrap_or(i32::MAX))
            .into_paginator()
            .items()
            .send();
        let mut rows = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(failed(DOING))?;
            let started = read_text(&item, STARTED).ok_or_else(|| StoreError::missing("spend row", STARTED))?;
            let pk = read_text(&item, PK).ok_or_else(|| StoreError::missing("spend row", PK))?;
            if cursor.is_none_or(|cursor| started < cursor) {
                rows.push((started.to_owned(), pk.to_owned()));
            }
            if rows.len() == wanted {
                break;
            }
        }
        Ok(rows)
    }

    /// Items by primary key, as many as there are.
    pub(crate) async fn find_items(
        &self,
        table: &str,
        mut keys: Vec<(String, String)>,
    ) -> Result<HashMap<(String, String), Item>, StoreError> {
        keys.sort();
        keys.dedup();
        let mut found = HashMap::new();
        for batch in keys.chunks(BATCH) {
            let mut left: Vec<Item> = batch.iter().map(|(pk, sk)| key(pk, sk)).collect();
            let mut attempt = 0;
            while !left.is_empty() {
                if attempt == TRIES {
                    return Err(StoreError::busy(DOING));
                }
                if attempt > 0 {
                    pause(attempt).await;
                }
                attempt += 1;
                let keys = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| StoreError::malformed("batch of keys", error))?;
                let answer =
                    self.dynamo.batch_get_item().request_items(table, keys).send().await.map_err(failed(DOING))?;
                for item in answer.responses.unwrap_or_default().into_values().flatten() {
                    let (Some(pk), Some(sk)) = (read_text(&item, PK), read_text(&item, SK)) else { continue };
                    found.insert((pk.to_owned(), sk.to_owned()), item);
                }
                left = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|keys| keys.keys).collect();
            }
        }
        Ok(found)
    }
}

fn read_row(item: &Item) -> Result<SpendEvent, StoreError> {
    let event = read_text(item, EVENT).ok_or_else(|| StoreError::missing("spend row", EVENT))?;
    SpendEvent::parse(event).map_err(|error| StoreError::malformed("spend row", error))
}

/// The parts of the index to read, newest first; those of one step are read together and merged.
fn slices(filter: &RowFilter, cursor: Option<&str>) -> Vec<Vec<Slice>> {
    let slice = |index, attribute, partition: String, from: String, to: String| Slice {
        index,
        attribute,
        partition,
        from,
        to: cursor.filter(|cursor| **cursor < *to).map_or(to, str::to_owned),
    };
    match filter {
        RowFilter::Request(id) => {
            vec![vec![slice(BY_REQUEST, REQUEST_ID, key_part(id), iso(0), after("9999"))]]
        }
        RowFilter::Key { token, from, to } => {
            vec![vec![slice(BY_ENTITY, ENTITY, token.clone(), iso(*from), after(&iso(*to)))]]
        }
        RowFilter::Days { from, to } => days(*from, *to)
            .rev()
            .map(|day| day.to_string())
            .filter(|day| cursor.is_none_or(|cursor| day.as_str() < cursor))
            .map(|day| {
                let shard = |shard| slice(BY_DAY, DAY, day_shard(&day, shard), day.clone(), after(&day));
                (0..SHARDS).map(shard).collect()
            })
            .collect(),
    }
}
