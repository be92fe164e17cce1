//! Changes a key, its alias and its links in one transaction.

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use policy::key::Key;
use policy::money::Usd;

use crate::attributes::{DUE, Item, PK, SK, VERSION, key, number, text};
use crate::error::{failed, is_overload};
use crate::expression::Expression;
use crate::keys::{
    CREATED, DUE_AT, DUE_RESET, FORMAT, KEY, KEY_KIND, KIND, OWNER, REV, StoredKey, TOKEN, alias_key, key_key, owner,
};
use crate::retry::{TRIES, pause};
use crate::time::{iso, millis};
use crate::{Store, StoreError};

const DOING: &str = "writing a key";

impl Store {
    /// From one state of a key to the next; no old one makes it, no new one removes it.
    pub(crate) async fn change_key(&self, old: Option<&StoredKey>, new: Option<&Key>) -> Result<(), StoreError> {
        let writes = writes(old, new)?;
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
                return Err(write.otherwise.error(new));
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
#[derive(Clone, Copy)]
enum Otherwise {
    Exists,
    Changed,
    AliasTaken,
}

impl Otherwise {
    fn error(self, new: Option<&Key>) -> StoreError {
        match self {
            Self::Exists => StoreError::Exists,
            Self::Changed => StoreError::Changed,
            Self::AliasTaken => {
                StoreError::AliasTaken { alias: new.and_then(|new| new.key_alias.clone()).unwrap_or_default() }
            }
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
        let unmade = |error: BuildError| StoreError::malformed("key", error);
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

fn writes(old: Option<&StoredKey>, new: Option<&Key>) -> Result<Vec<Write>, StoreError> {
    let mut writes = key_writes(old, new)?;
    writes.extend(alias_writes(old, new));
    writes.extend(link_writes(old, new));
    Ok(writes)
}

/// The key itself: under the same hash a change, under another one a removal and a new item.
fn key_writes(old: Option<&StoredKey>, new: Option<&Key>) -> Result<Vec<Write>, StoreError> {
    let unchanged = |old: &StoredKey| When::Is(REV, number(old.rev));
    let same = old.filter(|old| new.is_some_and(|new| new.token == old.key.token));
    let mut writes = Vec::new();
    if let Some(new) = new {
        let item = key_item(new, same.map_or(1, |old| old.rev + 1))?;
        let (when, otherwise) = match same {
            Some(old) => (unchanged(old), Otherwise::Changed),
            None => (When::Absent, Otherwise::Exists),
        };
        writes.push(Write { verb: Verb::Put(item), when, otherwise });
    }
    if let Some(old) = old.filter(|_| same.is_none()) {
        let verb = Verb::Delete(key_key(&old.key.token));
        writes.push(Write { verb, when: unchanged(old), otherwise: Otherwise::Changed });
    }
    Ok(writes)
}

/// The guard that makes an alias unique: says whose it is. Only its holder's change touches it, and the holder's own
/// condition sees to that.
fn alias_writes(old: Option<&StoredKey>, new: Option<&Key>) -> Vec<Write> {
    let holder = |key: &Key| Some((key.key_alias.clone()?, key.token.clone()));
    let (before, after) = (old.and_then(|old| holder(&old.key)), new.and_then(holder));
    if before == after {
        return Vec::new();
    }
    let kept = before.as_ref().zip(after.as_ref()).is_some_and(|((old, _), (new, _))| old == new);
    let mut writes = Vec::new();
    if let Some((alias, token)) = &after {
        let mut guard = alias_key(alias);
        guard.insert(TOKEN.to_owned(), text(token));
        guard.insert(VERSION.to_owned(), number(FORMAT));
        let when = if kept { When::Always } else { When::Absent };
        writes.push(Write { verb: Verb::Put(guard), when, otherwise: Otherwise::AliasTaken });
    }
    if let Some((alias, _)) = before.as_ref().filter(|_| !kept) {
        writes.push(Write { verb: Verb::Delete(alias_key(alias)), when: When::Always, otherwise: Otherwise::Changed });
    }
    writes
}

/// The places on its owners' lists. They follow the key, whose own condition guards them.
fn link_writes(old: Option<&StoredKey>, new: Option<&Key>) -> Vec<Write> {
    let (before, after) = (old.map(|old| links(&old.key)).unwrap_or_default(), new.map(links).unwrap_or_default());
    let place = |link: &Item| (link.get(PK).cloned(), link.get(SK).cloned());
    let put = after.iter().filter(|link| !before.contains(link)).cloned().map(Verb::Put);
    let gone = before.iter().filter(|link| !after.iter().any(|kept| place(kept) == place(link)));
    let delete = gone.map(|link| {
        let key = link.iter().filter(|(name, _)| *name == PK || *name == SK);
        Verb::Delete(key.map(|(name, value)| (name.clone(), value.clone())).collect())
    });
    put.chain(delete).map(|verb| Write { verb, when: When::Always, otherwise: Otherwise::Changed }).collect()
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
