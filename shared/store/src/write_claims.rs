//! Writes a reservation: a plain update for one entity, a transaction for several.

use std::future::Future;
use std::pin::Pin;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    CancellationReason, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};

use crate::attributes::{Item, TTL, number, text};
use crate::counters::{Entity, SKELETON, call_key};
use crate::error::{failed, is_conflict, is_overload};
use crate::expression::Expression;
use crate::plan_write::KEPT_SECONDS;
use crate::reserve::DOING;
use crate::state::State;
use crate::{Store, StoreError};

/// A whole reservation.
pub(crate) struct Write {
    /// Key and change of each entity's item.
    pub(crate) updates: Vec<(Item, Expression)>,
    /// The skeleton of the call's event, if it is in the only entity's item.
    pub(crate) inside: Option<String>,
    /// The skeleton, if it is in an item of its own.
    pub(crate) call: Option<String>,
    /// Id of the call.
    pub(crate) id: String,
    /// When the call cannot be running any more, in milliseconds.
    pub(crate) expires: u64,
}

/// What became of a write.
pub(crate) enum Outcome {
    /// Done; the item as it is now, where the write tells.
    Written(Option<State>),
    /// Beliefs were wrong: what each entity looks like, where it is known.
    Wrong(Vec<Option<State>>),
    /// Someone else was writing; nothing happened.
    Conflict,
    /// DynamoDB takes no more of it for now; nothing happened.
    Throttled,
}

impl Store {
    pub(crate) async fn write_claims(&self, write: &Write) -> Result<Outcome, StoreError> {
        match (write.updates.as_slice(), &write.call) {
            ([(key, change)], None) => boxed(self.write_one(key, change)).await,
            _ => boxed(self.write_all(write)).await,
        }
    }

    async fn write_one(&self, key: &Item, change: &Expression) -> Result<Outcome, StoreError> {
        let result = self
            .update_counters_at(key.clone(), change)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let refusal = match result {
            Ok(written) => return Ok(Outcome::Written(written.attributes.as_ref().map(State::read))),
            Err(SdkError::ServiceError(refusal)) => refusal,
            Err(error) => return Err(failed(DOING)(error)),
        };
        match refusal.err() {
            UpdateItemError::ConditionalCheckFailedException(wrong) => {
                Ok(Outcome::Wrong(vec![Some(read(wrong.item()))]))
            }
            UpdateItemError::TransactionConflictException(_) => Ok(Outcome::Conflict),
            _ => Err(failed(DOING)(SdkError::ServiceError(refusal))),
        }
    }

    async fn write_all(&self, write: &Write) -> Result<Outcome, StoreError> {
        let unmade = |error| StoreError::malformed("reservation", error);
        let mut request = self.dynamo.transact_write_items();
        for (key, change) in &write.updates {
            let update = change.action(&self.names.counters, key.clone()).map_err(unmade)?;
            request = request.transact_items(TransactWriteItem::builder().update(update).build());
        }
        if let Some(event) = &write.call {
            let mut it = Expression::default();
            it.assign(SKELETON, text(event));
            // Nobody deletes it: what expires costs no write.
            it.assign(TTL, number(write.expires / 1000 + KEPT_SECONDS));
            let update = it.action(&self.names.counters, call_key(&write.id)).map_err(unmade)?;
            request = request.transact_items(TransactWriteItem::builder().update(update).build());
        }
        let refusal = match request.send().await {
            Ok(_) => return Ok(Outcome::Written(None)),
            Err(SdkError::ServiceError(refusal)) => refusal,
            Err(error) => return Err(failed(DOING)(error)),
        };
        match refusal.err() {
            TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                let outcome = cancelled_by(cancelled.cancellation_reasons(), write.updates.len());
                outcome.map_or_else(|| Err(failed(DOING)(SdkError::ServiceError(refusal))), Ok)
            }
            TransactWriteItemsError::TransactionInProgressException(_) => Ok(Outcome::Conflict),
            _ => Err(failed(DOING)(SdkError::ServiceError(refusal))),
        }
    }

    pub(crate) fn update_counters(&self, entity: &Entity, write: &Expression) -> UpdateItemFluentBuilder {
        self.update_counters_at(entity.key(), write)
    }

    fn update_counters_at(&self, key: Item, write: &Expression) -> UpdateItemFluentBuilder {
        self.dynamo
            .update_item()
            .table_name(&self.names.counters)
            .set_key(Some(key))
            .update_expression(write.update())
            .set_condition_expression(write.condition())
            .set_expression_attribute_names(write.names())
            .set_expression_attribute_values(write.values())
    }
}

/// What the reasons of a cancelled transaction say, if waiting or another belief helps.
fn cancelled_by(reasons: &[CancellationReason], entities: usize) -> Option<Outcome> {
    let wrong = |code: Option<&str>| code == Some("ConditionalCheckFailed");
    if reasons.iter().any(|reason| wrong(reason.code())) {
        let states = reasons.iter().take(entities).map(|it| wrong(it.code()).then(|| read(it.item())));
        return Some(Outcome::Wrong(states.collect()));
    }
    let codes = || reasons.iter().map(CancellationReason::code).filter(|code| *code != Some("None"));
    if codes().all(is_conflict) {
        return Some(Outcome::Conflict);
    }
    codes().all(is_overload).then_some(Outcome::Throttled)
}

/// Keeps the library's large futures off the caller's stack.
fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(future)
}

fn read(item: Option<&Item>) -> State {
    item.map(State::read).unwrap_or_default()
}
