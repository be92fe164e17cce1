//! Counts what a store asks of DynamoDB: requests, and the capacity units that DynamoDB says they took.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::{batch_get_item, get_item, query, transact_write_items, update_item};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};

/// What was asked of DynamoDB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Requests, repeated ones included.
    pub requests: usize,
    /// Write request units, those of indexes included.
    pub writes: f64,
    /// Read request units.
    pub reads: f64,
}

/// Reads the load off every request.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<Mutex<Load>>);

impl Meter {
    /// The load since this was last asked.
    pub(super) fn take(&self) -> Load {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Forgets one request.
    #[cfg(test)]
    pub(super) fn forgive(&self) {
        self.0.lock().unwrap().requests -= 1;
    }

    fn add(&self, capacity: &[ConsumedCapacity], is_write: bool) {
        let units: f64 = capacity.iter().filter_map(ConsumedCapacity::capacity_units).sum();
        let mut load = self.0.lock().unwrap();
        if is_write { load.writes += units } else { load.reads += units }
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        let total = Some(ReturnConsumedCapacity::Total);
        if let Some(input) = input.downcast_mut::<update_item::UpdateItemInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<transact_write_items::TransactWriteItemsInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<get_item::GetItemInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<batch_get_item::BatchGetItemInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<query::QueryInput>() {
            input.return_consumed_capacity = total;
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.lock().unwrap().requests += 1;
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        if let Some(output) = output.downcast_ref::<update_item::UpdateItemOutput>() {
            self.add(output.consumed_capacity.as_slice(), true);
        } else if let Some(output) = output.downcast_ref::<transact_write_items::TransactWriteItemsOutput>() {
            self.add(output.consumed_capacity(), true);
        } else if let Some(output) = output.downcast_ref::<get_item::GetItemOutput>() {
            self.add(output.consumed_capacity.as_slice(), false);
        } else if let Some(output) = output.downcast_ref::<batch_get_item::BatchGetItemOutput>() {
            self.add(output.consumed_capacity(), false);
        } else if let Some(output) = output.downcast_ref::<query::QueryOutput>() {
            self.add(output.consumed_capacity.as_slice(), false);
        }
        Ok(())
    }
}
