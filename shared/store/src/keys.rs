//! Virtual keys: one item each, a guard for its alias, and a link for each owner.

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use policy::key::Key;
use policy::money::Usd;

use crate::attributes::{BY_DUE, DUE, Item, PK, SK, VERSION, key, key_part, number, read_count, read_text, text};
use crate::error::{failed, is_overload};
use crate::retry::{TRIES, pause};
use crate::time::{iso, millis};
use crate::{Store, StoreError};

const DOING: &str = "writing a key";

const BY_OWNER: &str = "by_owner";
const BY_KIND: &str = "by_kind";

/// Counts the changes of an item; a change is made to the one that was read.
const REV: &str = "rev";
/// Owner of a key, on a link.
const OWNER: &str = "owner";
/// What an item is; on the item itself only.
const KIND: &str = "kind";
/// When the key was made, and its hash: sorts by time, and no two are equal.
const CREATED: &str = "created";
/// When the item is due, and its hash.
const DUE_AT: &str = "due_at";
/// The whole key as JSON.
const KEY: &str = "key";
/// Hash of the key that an alias belongs to.
const TOKEN: &str = "token";

const KEY_KIND: &str = "KEY";
const DUE_RESET: &str = "RESET";
const FORMAT: u32 = 1;

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

    async fn change_key(&self, old: Option<&StoredKey>, new: Option<&Key>) -> Result<(), StoreError> {
        let change = Change { table: &self.names.entities, old, new };
        let (actions, alias) = change.actions()?;
        for attempt in 0..TRIES {
            let request = self.dynamo.transact_write_items().set_transact_items(Some(actions.clone()));
            let refusal = match Box::pin(request.send()).await {
                Ok(_) => return Ok(()),
                Err(SdkError::ServiceError(refusal)) => refusal,
                Err(error) => return Err(failed(DOING)(error)),
            };
            let TransactWriteItemsError::TransactionCanceledException(cancelled) = refusal.err() else {
                return Err(failed(DOING)(SdkError::ServiceError(refusal)));
            };
            let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code()).collect();
            let wrong = codes.iter().position(|code| *code == Some("ConditionalCheckFailed"));
            if let Some(wrong) = wrong {
                return Err(change.explain(wrong, alias));
            }
            if !codes.iter().all(|code| *code == Some("None") || is_overload(*code)) {
                return Err(StoreError::Rejected { doing: DOING, source: SdkError::ServiceError(refusal).into() });
            }
            pause(attempt).await;
        }
        Err(StoreError::busy(DOING))
    }
}

struct Sort<'a> {
    attribute: &'static str,
    before: Option<&'a str>,
    newest_first: bool,
}

/// From one state of a key to the next; no old one makes it, no new one removes it.
struct Change<'a> {
    table: &'a str,
    old: Option<&'a StoredKey>,
    new: Option<&'a Key>,
}

impl Change<'_> {
    /// The writes; the key's own come first, the new alias stands where the second value says.
    fn actions(&self) -> Result<(Vec<TransactWriteItem>, Option<usize>), StoreError> {
        let unmade = |error: BuildError| StoreError::malformed("key", error);
        let old_token = self.old.map(|old| old.key.token.as_str());
        let same = old_token.is_some() && old_token == self.new.map(|new| new.token.as_str());
        let mut actions = Vec::new();
        if let Some(new) = self.new {
            let rev = if same { self.old.map_or(1, |old| old.rev + 1) } else { 1 };
            let put = Put::builder().table_name(self.table).set_item(Some(key_item(new, rev)?));
            let put = match self.old.filter(|_| same) {
                Some(old) => put
                    .condition_expression("#rev = :rev")
                    .expression_attribute_names("#rev", REV)
                    .expression_attribute_values(":rev", number(old.rev)),
                None => put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK),
            };
            actions.push(TransactWriteItem::builder().put(put.build().map_err(unmade)?).build());
        }
        if let Some(old) = self.old.filter(|_| !same) {
            let delete = Delete::builder()
                .table_name(self.table)
                .set_key(Some(key_key(&old.key.token)))
                .condition_expression("#rev = :rev")
                .expression_attribute_names("#rev", REV)
                .expression_attribute_values(":rev", number(old.rev));
            actions.push(TransactWriteItem::builder().delete(delete.build().map_err(unmade)?).build());
        }

        let old_alias = self.old.and_then(|old| old.key.key_alias.as_deref());
        let new_alias = self.new.and_then(|new| new.key_alias.as_deref());
        let mut alias = None;
        if let (Some(name), Some(new)) = (new_alias, self.new)
            && !(same && old_alias == new_alias)
        {
            let mut guard = alias_key(name);
            guard.insert(TOKEN.to_owned(), text(&new.token));
            guard.insert(VERSION.to_owned(), number(FORMAT));
            let put = Put::builder().table_name(self.table).set_item(Some(guard));
            let put = match old_token.filter(|_| old_alias == new_alias) {
                Some(token) => put
                    .condition_expression("#token = :token")
                    .expression_attribute_names("#token", TOKEN)
                    .expression_attribute_values(":token", text(token)),
                None => put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK),
            };
            alias = Some(actions.len());
            actions.push(TransactWriteItem::builder().put(put.build().map_err(unmade)?).build());
        }
        if let Some(name) = old_alias.filter(|_| old_alias != new_alias) {
            let delete = Delete::builder().table_name(self.table).set_key(Some(alias_key(name)));
            actions.push(TransactWriteItem::builder().delete(delete.build().map_err(unmade)?).build());
        }

        let old_links = self.old.map(|old| links(&old.key)).unwrap_or_default();
        let new_links = self.new.map(links).unwrap_or_default();
        for link in new_links.iter().filter(|link| !old_links.contains(link)) {
            let put = Put::builder().table_name(self.table).set_item(Some(link.clone()));
            actions.push(TransactWriteItem::builder().put(put.build().map_err(unmade)?).build());
        }
        let kept = |link: &Item| new_links.iter().any(|new| new.get(PK) == link.get(PK) && new.get(SK) == link.get(SK));
        for link in old_links.iter().filter(|link| !kept(link)) {
            let mut link = link.clone();
            link.retain(|name, _| name == PK || name == SK);
            let delete = Delete::builder().table_name(self.table).set_key(Some(link));
            actions.push(TransactWriteItem::builder().delete(delete.build().map_err(unmade)?).build());
        }
        Ok((actions, alias))
    }

    /// What a failed condition means.
    fn explain(&self, position: usize, alias: Option<usize>) -> StoreError {
        if alias == Some(position) {
            let alias = self.new.and_then(|new| new.key_alias.clone()).unwrap_or_default();
            return StoreError::AliasTaken { alias };
        }
        let moved = self.old.zip(self.new).is_some_and(|(old, new)| old.key.token != new.token);
        if position == 0 && (self.old.is_none() || moved) { StoreError::Exists } else { StoreError::Changed }
    }
}

fn key_key(token: &str) -> Item {
    key(format!("KEY#{token}"), KEY_KIND)
}

fn alias_key(alias: &str) -> Item {
    key(format!("KEY_ALIAS#{}", key_part(alias)), "KEY_ALIAS")
}

fn owner(kind: &str, id: &str) -> String {
    format!("{kind}#{}", key_part(id))
}

/// When the key was made, unique and sortable.
fn created(key: &Key) -> String {
    format!("{}#{}", iso(key.created_at.map_or(0, millis)), key.token)
}

fn key_item(key: &Key, rev: u64) -> Result<Item, StoreError> {
    // Spend is counted elsewhere; a copy here could only be wrong.
    let kept = Key { spend: Usd::ZERO, ..key.clone() };
    let json = serde_json::to_string(&kept).map_err(|error| StoreError::malformed("key", error))?;
    let mut item = key_key(&key.token);
    item.extend([
        (VERSION.to_owned(), number(FORMAT)),
        (REV.to_owned(), number(rev)),
        (KIND.to_owned(), text(KEY_KIND)),
        (CREATED.to_owned(), text(created(key))),
        (KEY.to_owned(), text(json)),
    ]);
    if let Some(reset) = key.budget_reset_at {
        item.insert(DUE.to_owned(), text(DUE_RESET));
        item.insert(DUE_AT.to_owned(), text(format!("{}#{}", iso(millis(reset)), key.token)));
    }
    Ok(item)
}

fn read_key(item: &Item) -> Result<StoredKey, StoreError> {
    let json = read_text(item, KEY).ok_or_else(|| StoreError::missing("key", KEY))?;
    let key = serde_json::from_str(json).map_err(|error| StoreError::malformed("key", error))?;
    let rev = read_count(item, REV).ok_or_else(|| StoreError::missing("key", REV))?;
    Ok(StoredKey { key, rev })
}

/// Small items beside the key that put it on the lists of its owners.
fn links(new: &Key) -> Vec<Item> {
    let owners = [("USER", &new.user_id), ("TEAM", &new.team_id), ("ORGANIZATION", &new.organization_id)];
    let owners = owners.into_iter().filter_map(|(kind, id)| Some(owner(kind, id.as_deref()?)));
    let link = |owner: String| {
        let mut item = key(format!("KEY#{}", new.token), format!("OWNER#{owner}"));
        item.insert(OWNER.to_owned(), text(owner));
        item.insert(CREATED.to_owned(), text(created(new)));
        item
    };
    owners.map(link).collect()
}
