//! Answers questions about spend: rows and totals.

use std::collections::HashMap;

use futures_util::future::try_join_all;
use policy::money::Usd;
use policy::spend::SpendEvent;

use crate::attributes::{Item, PK, key_part, read_text, read_usd, text};
use crate::error::failed;
use crate::measures::SPEND;
use crate::spend_rows::{
    BY_DAY, BY_END_USER, BY_ENTITY, BY_REQUEST, BY_SESSION, BY_TEAM, BY_USER, DAY, ENTITY, EVENT, REQUEST_ID,
    ROW_END_USER, ROW_SESSION, ROW_TEAM, ROW_USER, SHARDS, STARTED, day_shard, row_key, row_partition, row_place,
};
use crate::spend_totals::DOING;
use crate::time::{after, day, days, iso};
use crate::{Store, StoreError};

/// Which rows. Moments are milliseconds since the Unix epoch, inclusive, and are about the beginning of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFilter {
    /// Rows of one answer.
    Request(String),
    /// Rows of someone.
    Of {
        /// Who.
        owner: RowOwner,
        /// First moment.
        from: u64,
        /// Last moment.
        to: u64,
    },
    /// All rows, read day by day: the span costs a read a day even where there is nothing.
    All {
        /// First moment.
        from: u64,
        /// Last moment.
        to: u64,
    },
}

/// Whose rows there is an index of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOwner {
    /// A key, by its hash.
    Key(String),
    /// A user.
    User(String),
    /// A team.
    Team(String),
    /// An end user.
    EndUser(String),
    /// A session of related calls.
    Session(String),
}

impl RowOwner {
    fn place(&self) -> (&'static str, &'static str, &str) {
        match self {
            Self::Key(token) => (BY_ENTITY, ENTITY, token),
            Self::User(id) => (BY_USER, ROW_USER, id),
            Self::Team(id) => (BY_TEAM, ROW_TEAM, id),
            Self::EndUser(id) => (BY_END_USER, ROW_END_USER, id),
            Self::Session(id) => (BY_SESSION, ROW_SESSION, id),
        }
    }
}

/// A page of rows, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowPage {
    /// The rows.
    pub rows: Vec<SpendEvent>,
    /// Where the next page begins, if there is one. Only to be handed back.
    pub next: Option<String>,
}

/// Which rows there are, newest first, without what is in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowIds {
    /// For [`Store::read_spend_rows`].
    pub ids: Vec<String>,
    /// Where to go on, if there are more. Only to be handed back.
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
    /// The row of a call, by the gateway's id of it; `None` also where the configuration keeps no rows. Strongly
    /// consistent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Malformed`] for a row that this version cannot read.
    pub async fn find_spend_row(&self, id: &str) -> Result<Option<SpendEvent>, StoreError> {
        let item = self.find_spend_item(row_key(id)).await?;
        item.as_ref().and_then(read_row).transpose()
    }

    /// What the calls with these ids cost, as far as they have rows. Strongly consistent.
    pub(crate) async fn find_row_spends(&self, ids: &[&str]) -> Result<HashMap<String, Usd>, StoreError> {
        let place = |id: &str| row_place(&row_partition(id));
        let found = self.find_items(&self.names.spend, ids.iter().map(|id| place(id)).collect()).await?;
        let rows = ids.iter().filter_map(|id| Some((*id, found.get(&place(id))?)));
        rows.map(|(id, row)| {
            let spend = read_usd(row, SPEND).ok_or_else(|| StoreError::missing("spend row", SPEND))?;
            Ok((id.to_owned(), spend))
        })
        .collect()
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
        let RowIds { ids, next } = self.find_spend_ids(filter, limit, cursor).await?;
        Ok(RowPage { rows: self.read_spend_rows(&ids).await?, next })
    }

    /// Which rows there are: at most `limit`, newest first. Eventually consistent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_spend_ids(
        &self,
        filter: &RowFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<RowIds, StoreError> {
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
        Ok(RowIds { ids: found.into_iter().map(|(_, pk)| pk).collect(), next })
    }

    /// The rows that [`Store::find_spend_ids`] found, without those that have expired since.
    ///
    /// # Errors
    /// As [`Store::find_spend_rows`].
    pub async fn read_spend_rows(&self, ids: &[String]) -> Result<Vec<SpendEvent>, StoreError> {
        let keys: Vec<(String, String)> = ids.iter().map(|pk| row_place(pk)).collect();
        let items = self.find_items(&self.names.spend, keys.clone()).await?;
        keys.iter().filter_map(|key| items.get(key)).filter_map(read_row).collect()
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
}

/// The row in an item; none in one that only guards against duplicates.
fn read_row(item: &Item) -> Option<Result<SpendEvent, StoreError>> {
    let event = read_text(item, EVENT)?;
    Some(SpendEvent::parse(event).map_err(|error| StoreError::malformed("spend row", error)))
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
        RowFilter::Of { owner, from, to } => {
            let (index, attribute, id) = owner.place();
            vec![vec![slice(index, attribute, key_part(id), iso(*from), after(&iso(*to)))]]
        }
        RowFilter::All { from, to } => days(day(*from), day(*to))
            .rev()
            .map(|day| day.to_string())
            .filter(|day| cursor.is_none_or(|cursor| day.as_str() < cursor))
            .map(|day| {
                let (first, last) = (iso(*from).max(day.clone()), after(&iso(*to)).min(after(&day)));
                let shard = |shard| slice(BY_DAY, DAY, day_shard(&day, shard), first.clone(), last.clone());
                (0..SHARDS).map(shard).collect()
            })
            .collect(),
    }
}
