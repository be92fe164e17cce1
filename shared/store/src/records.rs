//! Entities: one item each, a guard for each name that must be unique, a link for each list that it stands on.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::Select;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::attributes::{BY_DUE, DUE, Item, PK, SK, key, key_part, read_count, read_text, text};
use crate::error::failed;
use crate::time::{iso, millis};
use crate::{Store, StoreError};

const BY_OWNER: &str = "by_owner";
const BY_KIND: &str = "by_kind";

/// Counts the changes of an item; a change is made to the one that was read.
pub(crate) const REV: &str = "rev";
/// The list that a link puts its record on.
pub(crate) const OWNER: &str = "owner";
/// What an item is; on the item itself only.
pub(crate) const KIND: &str = "kind";
/// When the record was made, and its id: sorts by time, and no two are equal.
pub(crate) const CREATED: &str = "created";
/// When the item is due, and its id.
pub(crate) const DUE_AT: &str = "due_at";
/// The whole record as JSON.
pub(crate) const RECORD: &str = "record";
/// Id of the record that a unique name belongs to.
pub(crate) const ID: &str = "id";

pub(crate) const FORMAT: u32 = 2;

/// An entity that the store keeps.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync {
    /// What it is, such as `USER`: its items begin with it.
    const KIND: &'static str;

    /// Its id, unique among its kind.
    fn id(&self) -> String;

    /// When it was made: lists go by it.
    fn created(&self) -> Option<jiff::Timestamp>;

    /// The form that is kept.
    #[must_use]
    fn kept(&self) -> Self {
        self.clone()
    }

    /// Names that no other of its kind may have, each with what it is, such as `alias`.
    fn unique(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Entities on whose lists it stands, each with its kind, such as `TEAM`.
    fn owners(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The jobs that must look at it, such as `RESET`, each with when.
    fn due(&self) -> Vec<(&'static str, jiff::Timestamp)> {
        Vec::new()
    }

    /// When it has no meaning any more and goes by itself, some time later.
    fn ends(&self) -> Option<jiff::Timestamp> {
        None
    }
}

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// The record. What it has spent is not kept in it: see [`Store::find_total`].
    pub value: T,
    /// How often it has been changed.
    pub rev: u64,
}

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

/// Names a record of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordId {
    kind: &'static str,
    id: String,
}

impl RecordId {
    /// The record of type `T` with this id.
    #[must_use]
    pub fn of<T: Record>(id: impl Into<String>) -> Self {
        Self { kind: T::KIND, id: id.into() }
    }

    fn place(&self) -> (String, String) {
        (partition(self.kind, &self.id), self.kind.to_owned())
    }
}

/// Records of several kinds that were read together.
#[derive(Debug, Default)]
pub struct Found(HashMap<(String, String), Item>);

impl Found {
    /// The record of type `T` with this id, if it was asked for and there is one.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] for an item that this version cannot read.
    pub fn get<T: Record>(&self, id: &str) -> Result<Option<Stored<T>>, StoreError> {
        self.0.get(&RecordId::of::<T>(id).place()).map(read_record).transpose()
    }
}

impl Store {
    /// The record with this id. Strongly consistent: it is there from the moment it is made.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Malformed`] for an item that this version cannot read.
    pub async fn find<T: Record>(&self, id: &str) -> Result<Option<Stored<T>>, StoreError> {
        let item = self.find_entity(record_key::<T>(id)).await?;
        item.as_ref().map(read_record).transpose()
    }

    /// The record with this unique name, as in [`Record::unique`].
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn find_by<T: Record>(&self, what: &str, name: &str) -> Result<Option<Stored<T>>, StoreError> {
        let Some(guard) = self.find_entity(guard_key::<T>(what, name)).await? else { return Ok(None) };
        match read_text(&guard, ID) {
            Some(id) => self.find(id).await,
            None => Err(StoreError::missing("unique name", ID)),
        }
    }

    /// Records of several kinds in one round trip. Strongly consistent; those that are not there are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_records(&self, ids: &[RecordId]) -> Result<Found, StoreError> {
        if ids.is_empty() {
            return Ok(Found::default());
        }
        let places = ids.iter().map(RecordId::place).collect();
        self.find_items(&self.names.entities, places).await.map(Found)
    }

    /// Makes a record.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::NameTaken`]; [`StoreError::Unavailable`].
    pub async fn create<T: Record>(&self, new: &T) -> Result<Stored<T>, StoreError> {
        self.change(None, Some(new)).await?;
        Ok(Stored { value: new.clone(), rev: 1 })
    }

    /// Puts `new` in the place of what was read. Its unique names go with it, also under another id.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when someone else was faster, [`StoreError::NameTaken`], [`StoreError::Exists`] when
    /// another record has the new id; [`StoreError::Unavailable`].
    pub async fn update<T: Record>(&self, old: &Stored<T>, new: &T) -> Result<Stored<T>, StoreError> {
        self.change(Some(old), Some(new)).await?;
        let rev = if old.value.id() == new.id() { old.rev + 1 } else { 1 };
        Ok(Stored { value: new.clone(), rev })
    }

    /// Removes a record and frees its names.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when someone else was faster; [`StoreError::Unavailable`].
    pub async fn delete<T: Record>(&self, old: &Stored<T>) -> Result<(), StoreError> {
        self.change(Some(old), None).await
    }

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

    async fn find_entity(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let request = self.dynamo.get_item().table_name(&self.names.entities).set_key(Some(key)).consistent_read(true);
        Ok(request.send().await.map_err(failed("reading an entity"))?.item)
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

fn partition(kind: &str, id: &str) -> String {
    format!("{kind}#{}", key_part(id))
}

pub(crate) fn record_key<T: Record>(id: &str) -> Item {
    key(partition(T::KIND, id), T::KIND)
}

/// The item that makes a name unique: says whose it is.
pub(crate) fn guard_key<T: Record>(what: &str, name: &str) -> Item {
    key(format!("NAME#{}#{what}#{}", T::KIND, key_part(name)), "NAME")
}

/// The place of a record on the list of an owner.
pub(crate) fn link_key<T: Record>(id: &str, owner: &str) -> Item {
    key(partition(T::KIND, id), format!("OWNER#{owner}"))
}

/// The list of an owner's records of a kind.
pub(crate) fn owner<T: Record>(kind: &str, id: &str) -> String {
    format!("{}#{kind}#{}", T::KIND, key_part(id))
}

/// The place of a record on a job's list, if another job has the one on the record itself.
pub(crate) fn due_key<T: Record>(id: &str, job: &str) -> Item {
    key(partition(T::KIND, id), format!("DUE#{job}"))
}

/// The list of what a job has to look at.
pub(crate) fn due_partition<T: Record>(job: &str) -> String {
    format!("{job}#{}", T::KIND)
}

/// A moment and an id: sorts by time, and no two are equal.
pub(crate) fn at(moment: Option<jiff::Timestamp>, id: &str) -> String {
    format!("{}#{id}", iso(moment.map_or(0, millis)))
}

fn read_record<T: Record>(item: &Item) -> Result<Stored<T>, StoreError> {
    let json = read_text(item, RECORD).ok_or_else(|| StoreError::missing(T::KIND, RECORD))?;
    let value = serde_json::from_str(json).map_err(|error| StoreError::malformed(T::KIND, error))?;
    let rev = read_count(item, REV).ok_or_else(|| StoreError::missing(T::KIND, REV))?;
    Ok(Stored { value, rev })
}

/// The primary key of an item, alone.
pub(crate) fn key_of(item: &Item) -> Item {
    item.iter().filter(|(name, _)| *name == PK || *name == SK).map(|(name, it)| (name.clone(), it.clone())).collect()
}
