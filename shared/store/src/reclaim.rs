//! Looks after reservations whose call has crashed: charges what may have been spent, gives back what was not.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use futures_util::{StreamExt, TryStreamExt, stream};
use policy::money::Usd;

use crate::attributes::{BY_DUE, DUE, number, read_text, text};
use crate::counters::{Entity, RESERVATION, SKELETON, SLOTS, call_key};
use crate::error::failed;
use crate::expression::Expression;
use crate::plan_write::release_slot;
use crate::reserve::Taken;
use crate::settle::Actual;
use crate::skeleton::crashed;
use crate::state::{Held, State};
use crate::time::hour;
use crate::{Store, StoreError};

const HOUR_MILLIS: u64 = 3_600_000;
/// How far back to look for work: as long as an idle item is kept.
const HOURS_BACK: u64 = 7 * 24;
/// After sending a crashed call's event, how long to wait for its row before sending it again.
const WRITTEN_WITHIN: u64 = 15 * 60_000;
/// A share without an event of its own is given back when the call's row has not come after this.
const ORPHANED_AFTER: u64 = 24 * HOUR_MILLIS;
/// Reservations looked at in one go.
const AT_ONCE: usize = 25;

/// What became of an entity's expired reservations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Settled: the row says what the call cost, or it had cost nothing.
    pub settled: usize,
    /// Sent to the spend writer as crashed; settled when the row is there.
    pub charged: usize,
    /// Slots of parallel calls that were given back.
    pub slots: usize,
}

impl Reclaimed {
    pub(crate) const fn freed(self) -> bool {
        self.settled > 0 || self.slots > 0
    }
}

impl Store {
    /// Entities that may hold reservations of crashed calls. Eventually consistent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the index cannot be read.
    pub async fn find_due_counters(&self, now: u64) -> Result<Vec<Entity>, StoreError> {
        let hours = (0..=HOURS_BACK + 1).map(|back| hour((now + HOUR_MILLIS).saturating_sub(back * HOUR_MILLIS)));
        let pages = stream::iter(hours).map(|hour| self.find_due_in(hour)).buffer_unordered(16);
        let found: Vec<Vec<Entity>> = pages.try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn find_due_in(&self, hour: String) -> Result<Vec<Entity>, StoreError> {
        let mut pages = self
            .dynamo
            .query()
            .table_name(&self.names.counters)
            .index_name(BY_DUE)
            .key_condition_expression("#due = :hour")
            .expression_attribute_names("#due", DUE)
            .expression_attribute_values(":hour", text(hour))
            .into_paginator()
            .items()
            .send();
        let mut entities = Vec::new();
        while let Some(item) = pages.next().await {
            entities.extend(Entity::from_key(&item.map_err(failed("finding expired reservations"))?));
        }
        Ok(entities)
    }

    /// Looks after the entity's expired reservations, and takes it off the index when nothing is open any more.
    ///
    /// A call with a spend row is settled by it. One without is sent to the spend writer as a failure that cost what
    /// was reserved, since a provider may have answered it; it stays reserved until its row is there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; what was done stays done, and asking again goes on.
    pub async fn reclaim(&self, entity: &Entity, now: u64) -> Result<Reclaimed, StoreError> {
        let state = self.find_counters(entity).await?;
        let reclaimed = self.reclaim_held(entity, &state, now).await?;
        let past = state.due.as_ref().filter(|due| **due < hour(now));
        if let (Some(due), true) = (past, reclaimed.settled == state.held.len()) {
            self.forget_due(entity, due).await?;
        }
        Ok(reclaimed)
    }

    pub(crate) async fn reclaim_held(&self, entity: &Entity, state: &State, now: u64) -> Result<Reclaimed, StoreError> {
        let mut reclaimed = Reclaimed::default();
        let mut expired: Vec<&Held> = state.held.iter().filter(|held| held.expires <= now).collect();
        if expired.is_empty() {
            return Ok(reclaimed);
        }
        expired.sort_by_key(|held| held.expires);
        expired.truncate(AT_ONCE);
        let ids: Vec<&str> = expired.iter().map(|held| held.id.as_str()).collect();
        let rows = self.find_row_spends(&ids).await?;
        for held in expired {
            if let Some(actual) = known(held, rows.get(&held.id).copied(), now) {
                let taken = Taken { entity: entity.clone(), held: held.clone(), tokens: Vec::new() };
                if self.settle_taken(&taken, &actual).await? {
                    reclaimed.settled += 1;
                }
                continue;
            }
            if held.roles.slot && self.release_slot(entity, held).await? {
                reclaimed.slots += 1;
            }
            if held.roles.charges && self.charge(entity, held, now).await? {
                reclaimed.charged += 1;
            }
        }
        Ok(reclaimed)
    }

    async fn release_slot(&self, entity: &Entity, held: &Held) -> Result<bool, StoreError> {
        let mut it = Expression::default();
        release_slot(&mut it, &held.id, held.roles);
        let (slots, one) = (it.name(SLOTS), it.value(number(1)));
        it.set(format!("{slots} = {slots} - {one}"));
        self.write_if(entity, &it, "giving back a slot").await
    }

    /// Sends the event of a call that never sent one. The new expiry keeps others from sending it too.
    async fn charge(&self, entity: &Entity, held: &Held, now: u64) -> Result<bool, StoreError> {
        let Some(skeleton) = self.find_skeleton(held).await? else { return Ok(false) };
        let event = crashed(&skeleton, &held.id, held.expires)?;
        let mut it = Expression::default();
        let expires = format!("{}[{}]", it.name(&format!("{RESERVATION}{}", held.id)), Held::EXPIRES);
        let (old, new) = (it.value(number(held.expires)), it.value(number(now + WRITTEN_WITHIN)));
        it.set(format!("{expires} = {new}"));
        it.require(format!("{expires} = {old}"));
        if !self.write_if(entity, &it, "claiming an expired reservation").await? {
            return Ok(false);
        }
        self.send_spend(&event).await?;
        Ok(true)
    }

    async fn find_skeleton(&self, held: &Held) -> Result<Option<String>, StoreError> {
        if held.event.is_some() {
            return Ok(held.event.clone());
        }
        let request = self.dynamo.get_item().table_name(&self.names.counters).set_key(Some(call_key(&held.id)));
        let found = request.consistent_read(true).send().await.map_err(failed("reading a crashed call"))?;
        Ok(found.item.as_ref().and_then(|item| read_text(item, SKELETON)).map(str::to_owned))
    }

    /// Any reservation made since has put another hour there.
    pub(crate) async fn forget_due(&self, entity: &Entity, due: &str) -> Result<bool, StoreError> {
        let mut it = Expression::default();
        it.remove(DUE);
        let same = format!("{} = {}", it.name(DUE), it.value(text(due)));
        it.require(same);
        self.write_if(entity, &it, "clearing the index of reservations").await
    }

    async fn write_if(&self, entity: &Entity, write: &Expression, doing: &'static str) -> Result<bool, StoreError> {
        match self.update_counters(entity, write).send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refusal))
                if matches!(
                    refusal.err(),
                    UpdateItemError::ConditionalCheckFailedException(_)
                        | UpdateItemError::TransactionConflictException(_)
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(failed(doing)(error)),
        }
    }
}

/// What the call is known to have cost; `row` is what its spend row says.
fn known(held: &Held, row: Option<Usd>, now: u64) -> Option<Actual> {
    if let Some(spend) = row {
        return Some(Actual { spend, ..Actual::default() });
    }
    let orphan = !held.roles.charges && now > held.expires + ORPHANED_AFTER;
    let free = !held.roles.charges && held.budgets.is_empty();
    (orphan || free).then(Actual::default)
}
