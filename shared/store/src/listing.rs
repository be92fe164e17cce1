//! Lists of records: by kind, by owner, by what is due; read in the index and then as they are.

use aws_sdk_dynamodb::types::Select;

use crate::attributes::{BY_DUE, DUE, Item, PK, read_text, text};
use crate::error::failed;
use crate::records::{CREATED, DUE_AT, KIND, OWNER, Record, Stored, at, due_partition, owner, read_record};
use crate::time::iso;
use crate::{Store, StoreError};

const BY_OWNER: &str = "by_owner";
const BY_KIND: &str = "by_kind";

/// Which records to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Every one of the kind.
    All,
    /// Those on the list of an entity, by its kind (`USER`) and id.
    Of(&'static str, String),
}

/// A page of records, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordPage<T> {
    /// The records.
    pub records: Vec<Stored<T>>,
    /// Where the next page begins, if there is one. Only to be handed back.
    pub next: Option<String>,
}

impl Store {
    /// A page of at most `limit` records, newest first, never by a scan. Which ones there are is eventually consistent.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn list<T: Record>(
        &self,
        listing: &Listing,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<RecordPage<T>, StoreError> {
        let (index, attribute, partition) = listing.index::<T>();
        let sort = Sort { attribute: CREATED, before: cursor, newest_first: true, skip: 0 };
        self.list_index(index, attribute, partition, &sort, limit).await
    }

    /// At most `limit` records after the `skip` newest, newest first: a page by its number. What is skipped is read in
    /// the index alone.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn list_after<T: Record>(
        &self,
        listing: &Listing,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<Stored<T>>, StoreError> {
        let (index, attribute, partition) = listing.index::<T>();
        let sort = Sort { attribute: CREATED, before: None, newest_first: true, skip };
        Ok(self.list_index(index, attribute, partition, &sort, limit).await?.records)
    }

    /// How many records a listing has; counted in the index. Eventually consistent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count<T: Record>(&self, listing: &Listing) -> Result<usize, StoreError> {
        let (index, attribute, partition) = listing.index::<T>();
        let mut pages = self
            .dynamo
            .query()
            .table_name(&self.names.entities)
            .index_name(index)
            .key_condition_expression("#p = :p")
            .expression_attribute_names("#p", attribute)
            .expression_attribute_values(":p", text(partition))
            .select(Select::Count)
            .into_paginator()
            .send();
        let mut counted = 0;
        while let Some(page) = pages.next().await {
            counted += usize::try_from(page.map_err(failed("counting entities"))?.count()).unwrap_or_default();
        }
        Ok(counted)
    }

    /// Where a page ends whose last record this is: as [`RecordPage::next`], in whichever listing.
    #[must_use]
    pub fn place_of<T: Record>(record: &T) -> String {
        at(record.created(), &record.id())
    }

    /// Every record of a listing, newest first: for lists that are filtered or sorted by what the index does not know.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn list_whole<T: Record>(&self, listing: &Listing) -> Result<Vec<Stored<T>>, StoreError> {
        const AT_ONCE: usize = 500;
        let mut records = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.list(listing, AT_ONCE, cursor.as_deref()).await?;
            records.extend(page.records);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(records);
            }
        }
    }

    /// A page of records that `job` has to look at by `now` (milliseconds), the longest due first. Update a record to
    /// take it off.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn list_due<T: Record>(
        &self,
        job: &'static str,
        now: u64,
        limit: usize,
    ) -> Result<RecordPage<T>, StoreError> {
        let before = format!("{}~", iso(now));
        let sort = Sort { attribute: DUE_AT, before: Some(&before), newest_first: false, skip: 0 };
        self.list_index(BY_DUE, DUE, due_partition::<T>(job), &sort, limit).await
    }

    async fn list_index<T: Record>(
        &self,
        index: &str,
        attribute: &str,
        partition: String,
        sort: &Sort<'_>,
        limit: usize,
    ) -> Result<RecordPage<T>, StoreError> {
        let limit = limit.max(1).saturating_add(sort.skip);
        let mut values = Item::from([(":p".to_owned(), text(partition))]);
        values.extend(sort.before.map(|before| (":before".to_owned(), text(before))));
        let condition = if sort.before.is_some() { "#p = :p AND #sort < :before" } else { "#p = :p" };
        let mut items = self
            .dynamo
            .query()
            .table_name(&self.names.entities)
            .index_name(index)
            .key_condition_expression(condition)
            .projection_expression("#pk, #sort")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#p", attribute)
            .expression_attribute_names("#sort", sort.attribute)
            .set_expression_attribute_values(Some(values))
            .scan_index_forward(!sort.newest_first)
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .into_paginator()
            .items()
            .send();
        let mut found: Vec<(String, String)> = Vec::new();
        while found.len() <= limit {
            let Some(item) = items.next().await else { break };
            let item = item.map_err(failed("listing entities"))?;
            let (Some(pk), Some(place)) = (read_text(&item, PK), read_text(&item, sort.attribute)) else { continue };
            found.push((pk.to_owned(), place.to_owned()));
        }
        let more = found.len() > limit;
        found.truncate(limit);
        let next = if more { found.last().map(|(_, place)| place.clone()) } else { None };
        let found = found.into_iter().skip(sort.skip);
        let keys: Vec<(String, String)> = found.map(|(pk, _)| (pk, T::KIND.to_owned())).collect();
        let items = self.find_items(&self.names.entities, keys.clone()).await?;
        let records = keys.iter().filter_map(|key| items.get(key)).map(read_record).collect::<Result<_, _>>()?;
        Ok(RecordPage { records, next })
    }
}

struct Sort<'a> {
    attribute: &'static str,
    before: Option<&'a str>,
    newest_first: bool,
    skip: usize,
}

impl Listing {
    /// The index, its partition attribute and the partition.
    fn index<T: Record>(&self) -> (&'static str, &'static str, String) {
        match self {
            Self::All => (BY_KIND, KIND, T::KIND.to_owned()),
            Self::Of(kind, id) => (BY_OWNER, OWNER, owner::<T>(kind, id)),
        }
    }
}
