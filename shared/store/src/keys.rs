//! Virtual keys: one item each, a guard for its alias, and a link for each owner.

use policy::key::Key;

use crate::attributes::{BY_DUE, DUE, Item, PK, key, key_part, read_count, read_text, text};
use crate::error::failed;
use crate::time::iso;
use crate::{Store, StoreError};

const BY_OWNER: &str = "by_owner";
const BY_KIND: &str = "by_kind";

/// Counts the changes of an item; a change is made to the one that was read.
pub(crate) const REV: &str = "rev";
/// Owner of a key, on a link.
pub(crate) const OWNER: &str = "owner";
/// What an item is; on the item itself only.
pub(crate) const KIND: &str = "kind";
/// When the key was made, and its hash: sorts by time, and no two are equal.
pub(crate) const CREATED: &str = "created";
/// When the item is due, and its hash.
pub(crate) const DUE_AT: &str = "due_at";
/// The whole key as JSON.
pub(crate) const KEY: &str = "key";
/// Hash of the key that an alias belongs to.
pub(crate) const TOKEN: &str = "token";

pub(crate) const KEY_KIND: &str = "KEY";
pub(crate) const DUE_RESET: &str = "RESET";
pub(crate) const FORMAT: u32 = 1;

/// A key as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredKey {
    /// The key. Its spend is not kept here: see [`Store::find_total`].
    pub key: Key,
    /// How often it has been changed.
    pub rev: u64,
}

/// Which keys to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFilter {
    /// Every key.
    All,
    /// Keys of a user.
    User(String),
    /// Keys of a team.
    Team(String),
    /// Keys of an organization.
    Organization(String),
}

/// A page of keys, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyPage {
    /// The keys.
    pub keys: Vec<StoredKey>,
    /// Where the next page begins, if there is one. Only to be handed back.
    pub next: Option<String>,
}

impl Store {
    /// The key with this hash. Strongly consistent: a key works from the moment it is made.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Malformed`] for an item that this version cannot read.
    pub async fn find_key(&self, token: &str) -> Result<Option<StoredKey>, StoreError> {
        let item = self.find_entity(key_key(token)).await?;
        item.as_ref().map(read_key).transpose()
    }

    /// The key with this alias.
    ///
    /// # Errors
    /// As [`Store::find_key`].
    pub async fn find_key_by_alias(&self, alias: &str) -> Result<Option<StoredKey>, StoreError> {
        let Some(guard) = self.find_entity(alias_key(alias)).await? else { return Ok(None) };
        match read_text(&guard, TOKEN) {
            Some(token) => self.find_key(token).await,
            None => Err(StoreError::missing("key alias", TOKEN)),
        }
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::AliasTaken`]; [`StoreError::Unavailable`].
    pub async fn create_key(&self, new: &Key) -> Result<StoredKey, StoreError> {
        self.change_key(None, Some(new)).await?;
        Ok(StoredKey { key: new.clone(), rev: 1 })
    }

    /// Puts `new` in the place of what was read, under the same hash.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when someone else was faster, [`StoreError::AliasTaken`]; [`StoreError::Unavailable`].
    pub async fn update_key(&self, old: &StoredKey, new: &Key) -> Result<StoredKey, StoreError> {
        self.change_key(Some(old), Some(new)).await?;
        Ok(StoredKey { key: new.clone(), rev: old.rev + 1 })
    }

    /// Puts a key with another hash in the place of what was read; its alias goes with it.
    ///
    /// # Errors
    /// As [`Store::update_key`], and [`StoreError::Exists`] when the new hash is in use.
    pub async fn replace_key(&self, old: &StoredKey, new: &Key) -> Result<StoredKey, StoreError> {
        self.change_key(Some(old), Some(new)).await?;
        Ok(StoredKey { key: new.clone(), rev: 1 })
    }

    /// Removes a key and frees its alias.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when someone else was faster; [`StoreError::Unavailable`].
    pub async fn delete_key(&self, old: &StoredKey) -> Result<(), StoreError> {
        self.change_key(Some(old), None).await
    }

    /// A page of at most `limit` keys, newest first, never by a scan. Which keys there are is eventually consistent.
    ///
    /// # Errors
    /// As [`Store::find_key`].
    pub async fn list_keys(
        &self,
        filter: &KeyFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<KeyPage, StoreError> {
        let (index, attribute, partition) = match filter {
            KeyFilter::All => (BY_KIND, KIND, KEY_KIND.to_owned()),
            KeyFilter::User(id) => (BY_OWNER, OWNER, owner("USER", id)),
            KeyFilter::Team(id) => (BY_OWNER, OWNER, owner("TEAM", id)),
            KeyFilter::Organization(id) => (BY_OWNER, OWNER, owner("ORGANIZATION", id)),
        };
        let sort = Sort { attribute: CREATED, before: cursor, newest_first: true };
        self.list_index(index, attribute, partition, &sort, limit).await
    }

    /// A page of keys whose budget period has ended by `now` (milliseconds), the longest due first. Update a key to
    /// take it off.
    ///
    /// # Errors
    /// As [`Store::find_key`].
    pub async fn list_due_keys(&self, now: u64, limit: usize) -> Result<KeyPage, StoreError> {
        let before = format!("{}~", iso(now));
        let sort = Sort { attribute: DUE_AT, before: Some(&before), newest_first: false };
        self.list_index(BY_DUE, DUE, DUE_RESET.to_owned(), &sort, limit).await
    }

    async fn list_index(
        &self,
        index: &str,
        attribute: &str,
        partition: String,
        sort: &Sort<'_>,
        limit: usize,
    ) -> Result<KeyPage, StoreError> {
        let limit = limit.max(1);
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
            let item = item.map_err(failed("listing keys"))?;
            let (Some(pk), Some(place)) = (read_text(&item, PK), read_text(&item, sort.attribute)) else { continue };
            found.push((pk.to_owned(), place.to_owned()));
        }
        let more = found.len() > limit;
        found.truncate(limit);
        let next = if more { found.last().map(|(_, place)| place.clone()) } else { None };
        let keys: Vec<(String, String)> = found.into_iter().map(|(pk, _)| (pk, KEY_KIND.to_owned())).collect();
        let items = self.find_items(&self.names.entities, keys.clone()).await?;
        let keys = keys.iter().filter_map(|key| items.get(key)).map(read_key).collect::<Result<_, _>>()?;
        Ok(KeyPage { keys, next })
    }

    async fn find_entity(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let request = self.dynamo.get_item().table_name(&self.names.entities).set_key(Some(key)).consistent_read(true);
        Ok(request.send().await.map_err(failed("reading a key"))?.item)
    }
}

struct Sort<'a> {
    attribute: &'static str,
    before: Option<&'a str>,
    newest_first: bool,
}

pub(crate) fn key_key(token: &str) -> Item {
    key(format!("KEY#{token}"), KEY_KIND)
}

pub(crate) fn alias_key(alias: &str) -> Item {
    key(format!("KEY_ALIAS#{}", key_part(alias)), "KEY_ALIAS")
}

pub(crate) fn owner(kind: &str, id: &str) -> String {
    format!("{kind}#{}", key_part(id))
}

fn read_key(item: &Item) -> Result<StoredKey, StoreError> {
    let json = read_text(item, KEY).ok_or_else(|| StoreError::missing("key", KEY))?;
    let key = serde_json::from_str(json).map_err(|error| StoreError::malformed("key", error))?;
    let rev = read_count(item, REV).ok_or_else(|| StoreError::missing("key", REV))?;
    Ok(StoredKey { key, rev })
}
