//! Changes an entity, its unique names and its links in one transaction.

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use policy::jwt::KeyMapping;
use policy::key::{Key, OldSecret};

use crate::attributes::{DUE, Item, PK, TTL, VERSION, number, text};
use crate::error::{failed, is_overload};
use crate::expression::Expression;
use crate::records::{
    CREATED, DUE_AT, FORMAT, ID, KIND, OWNER, RECORD, REV, Record, Stored, at, due_key, due_partition, guard_key,
    key_of, link_key, owner, record_key,
};
use crate::retry::{TRIES, pause};
use crate::{Listing, Store, StoreError};

const DOING: &str = "writing an entity";

impl Store {
    /// From one state of a record to the next; no old one makes it, no new one removes it.
    pub(crate) async fn change<T: Record>(&self, old: Option<&Stored<T>>, new: Option<&T>) -> Result<(), StoreError> {
        self.write(writes(old, new)?).await
    }

    /// Removes a record and keeps another in its memory.
    ///
    /// # Errors
    /// As [`Store::delete`].
    pub async fn retire<T: Record, A: Record>(&self, old: &Stored<T>, kept: &A) -> Result<(), StoreError> {
        let mut writes = writes(Some(old), None)?;
        writes.extend(self::writes(None, Some(kept))?);
        self.write(writes).await
    }

    /// Puts a key with another secret in the place of what was read, lets its earlier secrets open it as long as they
    /// may, and takes the tokens that stand for it along.
    ///
    /// # Errors
    /// As [`Store::update`].
    pub async fn renew_key(&self, old: &Stored<Key>, new: &Key) -> Result<Stored<Key>, StoreError> {
        let mut writes = writes(Some(old), Some(new))?;
        for other in &new.also {
            let secret = OldSecret {
                token: other.token.clone(),
                active: new.token.clone(),
                origin: new.origin.clone(),
                revoke_at: Some(other.revoke_at),
            };
            writes.push(Write {
                verb: Verb::Put(item(&secret, 1)?),
                when: When::Always,
                otherwise: Otherwise::Changed,
            });
        }
        let moves = if old.value.token == new.token {
            Vec::new()
        } else {
            self.list_whole::<KeyMapping>(&Listing::Of("KEY", old.value.token.clone())).await?
        };
        for mapping in moves {
            let moved = KeyMapping { token: new.token.clone(), ..mapping.value.clone() };
            writes.extend(self::writes(Some(&mapping), Some(&moved))?);
        }
        self.write(writes).await?;
        let rev = if old.value.token == new.token { old.rev + 1 } else { 1 };
        Ok(Stored { value: new.clone(), rev })
    }

    /// All or nothing.
    async fn write(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let actions: Vec<TransactWriteItem> =
            writes.iter().map(|write| write.action(&self.names.entities)).collect::<Result<_, _>>()?;
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
            let codes = || cancelled.cancellation_reasons().iter().map(|reason| reason.code());
            let wrong = writes.iter().zip(codes()).find(|(_, code)| *code == Some("ConditionalCheckFailed"));
            if let Some((write, _)) = wrong {
                return Err(write.otherwise.error());
            }
            if !codes().all(|code| code == Some("None") || is_overload(code)) {
                return Err(StoreError::Rejected { doing: DOING, source: SdkError::ServiceError(refusal).into() });
            }
            pause(attempt).await;
        }
        Err(StoreError::busy(DOING))
    }
}

/// One write of a change.
struct Write {
    verb: Verb,
    when: When,
    otherwise: Otherwise,
}

enum Verb {
    Put(Item),
    Delete(Item),
}

/// The condition of a write.
enum When {
    Always,
    Absent,
    Is(&'static str, AttributeValue),
}

/// What it means when the condition does not hold.
enum Otherwise {
    Exists,
    Changed,
    NameTaken(&'static str, String),
}

impl Otherwise {
    fn error(&self) -> StoreError {
        match self {
            Self::Exists => StoreError::Exists,
            Self::Changed => StoreError::Changed,
            Self::NameTaken(what, name) => StoreError::NameTaken { what, name: name.clone() },
        }
    }
}

impl When {
    fn expression(&self) -> Expression {
        let mut it = Expression::default();
        let condition = match self {
            Self::Always => return it,
            Self::Absent => format!("attribute_not_exists({})", it.name(PK)),
            Self::Is(attribute, value) => format!("{} = {}", it.name(attribute), it.value(value.clone())),
        };
        it.require(condition);
        it
    }
}

impl Write {
    fn action(&self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let unmade = |error: BuildError| StoreError::malformed("entity", error);
        let it = self.when.expression();
        let action = TransactWriteItem::builder();
        let action = match &self.verb {
            Verb::Put(item) => action.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item.clone()))
                    .set_condition_expression(it.condition())
                    .set_expression_attribute_names(it.names())
                    .set_expression_attribute_values(it.values())
                    .build()
                    .map_err(unmade)?,
            ),
            Verb::Delete(key) => action.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key.clone()))
                    .set_condition_expression(it.condition())
                    .set_expression_attribute_names(it.names())
                    .set_expression_attribute_values(it.values())
                    .build()
                    .map_err(unmade)?,
            ),
        };
        Ok(action.build())
    }
}

fn writes<T: Record>(old: Option<&Stored<T>>, new: Option<&T>) -> Result<Vec<Write>, StoreError> {
    let mut writes = record_writes(old, new)?;
    writes.extend(name_writes(old, new));
    writes.extend(link_writes(old, new));
    Ok(writes)
}

/// The record itself: under the same id a change, under another one a removal and a new item.
fn record_writes<T: Record>(old: Option<&Stored<T>>, new: Option<&T>) -> Result<Vec<Write>, StoreError> {
    let unchanged = |old: &Stored<T>| When::Is(REV, number(old.rev));
    let same = old.filter(|old| new.is_some_and(|new| new.id() == old.value.id()));
    let mut writes = Vec::new();
    if let Some(new) = new {
        let item = item(new, same.map_or(1, |old| old.rev + 1))?;
        let (when, otherwise) = match same {
            Some(old) => (unchanged(old), Otherwise::Changed),
            None => (When::Absent, Otherwise::Exists),
        };
        writes.push(Write { verb: Verb::Put(item), when, otherwise });
    }
    if let Some(old) = old.filter(|_| same.is_none()) {
        let verb = Verb::Delete(record_key::<T>(&old.value.id()));
        writes.push(Write { verb, when: unchanged(old), otherwise: Otherwise::Changed });
    }
    Ok(writes)
}

/// The guards that make names unique. Only their holder's change touches them, and the holder's own condition sees to
/// that.
fn name_writes<T: Record>(old: Option<&Stored<T>>, new: Option<&T>) -> Vec<Write> {
    let names = |record: &T| record.unique().into_iter().map(|(what, name)| (what, name, record.id())).collect();
    let before: Vec<_> = old.map(|old| names(&old.value)).unwrap_or_default();
    let after: Vec<_> = new.map(names).unwrap_or_default();
    let mut writes = Vec::new();
    for (what, name, id) in after.iter().filter(|held| !before.contains(held)) {
        let kept = before.iter().any(|(old_what, old_name, _)| (old_what, old_name) == (what, name));
        let mut guard = guard_key::<T>(what, name);
        guard.insert(ID.to_owned(), text(id));
        guard.insert(VERSION.to_owned(), number(FORMAT));
        let when = if kept { When::Always } else { When::Absent };
        let otherwise = Otherwise::NameTaken(what, name.clone());
        writes.push(Write { verb: Verb::Put(guard), when, otherwise });
    }
    for (what, name, _) in &before {
        if !after.iter().any(|(new_what, new_name, _)| (new_what, new_name) == (what, name)) {
            let verb = Verb::Delete(guard_key::<T>(what, name));
            writes.push(Write { verb, when: When::Always, otherwise: Otherwise::Changed });
        }
    }
    writes
}

/// The places on its owners' lists. They follow the record, whose own condition guards them.
fn link_writes<T: Record>(old: Option<&Stored<T>>, new: Option<&T>) -> Vec<Write> {
    let before = old.map(|old| links(&old.value)).unwrap_or_default();
    let after = new.map(links).unwrap_or_default();
    let put = after.iter().filter(|link| !before.contains(link)).cloned().map(Verb::Put);
    let gone = before.iter().filter(|link| !after.iter().any(|kept| key_of(kept) == key_of(link)));
    let delete = gone.map(|link| Verb::Delete(key_of(link)));
    put.chain(delete).map(|verb| Write { verb, when: When::Always, otherwise: Otherwise::Changed }).collect()
}

fn item<T: Record>(record: &T, rev: u64) -> Result<Item, StoreError> {
    let json = serde_json::to_string(&record.kept()).map_err(|error| StoreError::malformed(T::KIND, error))?;
    let id = record.id();
    let mut item = record_key::<T>(&id);
    item.extend([
        (VERSION.to_owned(), number(FORMAT)),
        (REV.to_owned(), number(rev)),
        (KIND.to_owned(), text(T::KIND)),
        (CREATED.to_owned(), text(at(record.created(), &id))),
        (RECORD.to_owned(), text(json)),
    ]);
    if let Some((job, moment)) = record.due().first() {
        item.extend(due::<T>(&id, job, *moment));
    }
    if let Some(end) = record.ends() {
        item.insert(TTL.to_owned(), number(end.as_second()));
    }
    Ok(item)
}

/// Small items beside the record that put it on the lists of its owners, and of further jobs.
fn links<T: Record>(record: &T) -> Vec<Item> {
    let id = record.id();
    let link = |(kind, owner_id): (&'static str, String)| {
        let owner = owner::<T>(kind, &owner_id);
        let mut item = link_key::<T>(&id, &owner);
        item.insert(OWNER.to_owned(), text(owner));
        item.insert(CREATED.to_owned(), text(at(record.created(), &id)));
        item
    };
    let on_list = |(job, moment): (&'static str, Timestamp)| {
        let mut item = due_key::<T>(&id, job);
        item.extend(due::<T>(&id, job, moment));
        item
    };
    // The first job's list has the record itself.
    let others = record.due().into_iter().skip(1).map(on_list);
    record.owners().into_iter().map(link).chain(others).collect()
}

/// What puts an item on the list of a job.
fn due<T: Record>(id: &str, job: &str, moment: Timestamp) -> [(String, AttributeValue); 2] {
    let (list, place) = (due_partition::<T>(job), at(Some(moment), id));
    [(DUE.to_owned(), text(list)), (DUE_AT.to_owned(), text(place))]
}
