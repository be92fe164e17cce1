//! Entities: one item each, a guard for each name that must be unique, a link for each list that it stands on.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::attributes::{Item, PK, SK, key, key_part, read_count, read_text};
use crate::error::failed;
use crate::time::{iso, millis};
use crate::{Store, StoreError};

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

    async fn find_entity(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let request = self.dynamo.get_item().table_name(&self.names.entities).set_key(Some(key)).consistent_read(true);
        Ok(request.send().await.map_err(failed("reading an entity"))?.item)
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

pub(crate) fn read_record<T: Record>(item: &Item) -> Result<Stored<T>, StoreError> {
    let json = read_text(item, RECORD).ok_or_else(|| StoreError::missing(T::KIND, RECORD))?;
    let value = serde_json::from_str(json).map_err(|error| StoreError::malformed(T::KIND, error))?;
    let rev = read_count(item, REV).ok_or_else(|| StoreError::missing(T::KIND, REV))?;
    Ok(Stored { value, rev })
}

/// The primary key of an item, alone.
pub(crate) fn key_of(item: &Item) -> Item {
    item.iter().filter(|(name, _)| *name == PK || *name == SK).map(|(name, it)| (name.clone(), it.clone())).collect()
}
