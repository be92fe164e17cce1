//! Writes a reservation: a plain update for one entity, a transaction for several.

use std::future::Future;
use std::pin::Pin;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use crate::attributes::Item;
use crate::counters::{Entity, State};
use crate::error::{failed, is_overload};
use crate::expression::Expression;
use crate::plan::{Belief, Claim};
use crate::reserve::DOING;
use crate::{Store, StoreError};

/// What became of a write.
pub(crate) enum Outcome {
    /// The new values, where the write tells them.
    Written(Option<State>),
    /// Beliefs were wrong: what each entity looks like, where it is known.
    Wrong(Vec<Option<State>>),
    /// Someone else was writing; nothing happened.
    Busy,
}

impl Store {
    pub(crate) async fn write_claims(
        &self,
        claims: &[(Entity, Claim<'_>)],
        beliefs: &[Belief],
    ) -> Result<Outcome, StoreError> {
        if let ([(entity, claim)], [belief]) = (claims, beliefs) {
            return boxed(self.write_one(entity, claim.write(belief))).await;
        }
        let writes = claims.iter().zip(beliefs).map(|((entity, claim), belief)| (entity, claim.write(belief)));
        boxed(self.write_all(writes.collect())).await
    }

    async fn write_one(&self, entity: &Entity, write: Expression) -> Result<Outcome, StoreError> {
        let result = self
            .update_counters(entity, &write)
            .return_values(ReturnValue::UpdatedNew)
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
            UpdateItemError::TransactionConflictException(_) => Ok(Outcome::Busy),
            _ => Err(failed(DOING)(SdkError::ServiceError(refusal))),
        }
    }

    async fn write_all(&self, writes: Vec<(&Entity, Expression)>) -> Result<Outcome, StoreError> {
        let mut request = self.dynamo.transact_write_items();
        for (entity, write) in writes {
            let update = write
                .action(&self.names.counters, entity.key())
                .map_err(|error| StoreError::malformed("reservation", error))?;
            request = request.transact_items(TransactWriteItem::builder().update(update).build());
        }
        let refusal = match request.send().await {
            Ok(_) => return Ok(Outcome::Written(None)),
            Err(SdkError::ServiceError(refusal)) => refusal,
            Err(error) => return Err(failed(DOING)(error)),
        };
        let TransactWriteItemsError::TransactionCanceledException(cancelled) = refusal.err() else {
            return Err(failed(DOING)(SdkError::ServiceError(refusal)));
        };
        let reasons = cancelled.cancellation_reasons();
        let wrong = |code: Option<&str>| code == Some("ConditionalCheckFailed");
        if reasons.iter().any(|reason| wrong(reason.code())) {
            let states = reasons.iter().map(|reason| wrong(reason.code()).then(|| read(reason.item())));
            return Ok(Outcome::Wrong(states.collect()));
        }
        let harmless = |code: Option<&str>| code == Some("None") || is_overload(code);
        if reasons.iter().all(|reason| harmless(reason.code())) {
            return Ok(Outcome::Busy);
        }
        Err(failed(DOING)(SdkError::ServiceError(refusal)))
    }

    pub(crate) fn update_counters(&self, entity: &Entity, write: &Expression) -> UpdateItemFluentBuilder {
        self.dynamo
            .update_item()
            .table_name(&self.names.counters)
            .set_key(Some(entity.key()))
            .update_expression(write.update())
            .set_condition_expression(write.condition())
            .set_expression_attribute_names(write.names())
            .set_expression_attribute_values(write.values())
    }
}

/// Keeps the library's large futures off the caller's stack.
fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(future)
}

fn read(item: Option<&Item>) -> State {
    item.map(State::read).unwrap_or_default()
}
