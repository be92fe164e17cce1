//! Replaces a reservation by what the call really cost, once, however often it is asked.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use futures_util::future::try_join_all;
use policy::money::Usd;

use crate::attributes::number;
use crate::counters::{HEADROOM, RESERVATION, SLOT, SLOTS, START, State, TOKENS, WINDOW};
use crate::error::failed;
use crate::expression::Expression;
use crate::reserve::{Reserved, Taken};
use crate::retry::{TRIES, pause};
use crate::{Store, StoreError};

const DOING: &str = "settling a reservation";

/// What a call really took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actual {
    /// What it cost; zero when no provider was reached.
    pub spend: Usd,
    /// Tokens that count against token limits; zero for a failure.
    pub tokens: u64,
}

impl Store {
    /// Gives back what was reserved too much, or takes what was too little. A second time changes nothing.
    ///
    /// Send the spend event first: what is settled is not looked after any more. A period or a rate window that has
    /// ended meanwhile is left as it is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] after several tries; the reservation then waits for its expiry.
    pub async fn settle(&self, reserved: &Reserved, actual: &Actual) -> Result<(), StoreError> {
        try_join_all(reserved.taken.iter().map(|taken| self.settle_taken(taken, actual))).await?;
        Ok(())
    }

    /// Settles one entity's share; false when it had been settled before.
    pub(crate) async fn settle_taken(&self, taken: &Taken, actual: &Actual) -> Result<bool, StoreError> {
        let mut over = Over::default();
        for attempt in 0..TRIES {
            let write = write(taken, actual, &over);
            let result = self
                .update_counters(&taken.entity, &write)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            let refusal = match result {
                Ok(_) => return Ok(true),
                Err(SdkError::ServiceError(refusal)) => refusal,
                Err(error) => return Err(failed(DOING)(error)),
            };
            match refusal.err() {
                UpdateItemError::ConditionalCheckFailedException(wrong) => {
                    let state = wrong.item().map(State::read).unwrap_or_default();
                    if !state.holds(&taken.held.id) {
                        return Ok(false);
                    }
                    over = Over::seen(taken, &state);
                }
                UpdateItemError::TransactionConflictException(_) => pause(attempt).await,
                _ => return Err(failed(DOING)(SdkError::ServiceError(refusal))),
            }
        }
        Err(StoreError::busy(DOING))
    }
}

/// What has ended since the reservation was made, and is not touched any more.
#[derive(Default)]
struct Over {
    budgets: Vec<String>,
    window: bool,
    slot: bool,
}

impl Over {
    fn seen(taken: &Taken, state: &State) -> Self {
        let ended = taken.held.budgets.iter().filter(|held| {
            let seen = state.budgets.get(&held.window);
            seen.is_none_or(|seen| seen.start != held.start)
        });
        Self {
            budgets: ended.map(|held| held.window.clone()).collect(),
            slot: !state.held.iter().any(|held| held.id == taken.held.id && held.slot),
            window: taken.tokens.is_some_and(|(_, at)| state.window.is_none_or(|window| window > at)),
        }
    }
}

fn write(taken: &Taken, actual: &Actual, over: &Over) -> Expression {
    let mut it = Expression::default();
    let reservation = format!("{RESERVATION}{}", taken.held.id);
    it.remove(&reservation);
    let present = format!("attribute_exists({})", it.name(&reservation));
    it.require(present);
    for held in &taken.held.budgets {
        if over.budgets.contains(&held.window) {
            continue;
        }
        let headroom = it.name(&format!("{HEADROOM}{}", held.window));
        let start = it.name(&format!("{START}{}", held.window));
        let (rest, same) = (it.value(number(held.amount - actual.spend)), it.value(number(held.start)));
        it.set(format!("{headroom} = {headroom} + {rest}"));
        it.require(format!("{start} = {same}"));
    }
    if let Some((estimate, at)) = taken.tokens.filter(|_| !over.window) {
        let (window, tokens) = (it.name(WINDOW), it.name(TOKENS));
        let at = it.value(number(at));
        let more = it.value(number(i128::from(actual.tokens) - i128::from(estimate)));
        it.set(format!("{tokens} = {tokens} + {more}"));
        // A later window has never counted this call.
        it.require(format!("{window} <= {at}"));
    }
    if taken.held.slot && !over.slot {
        let (slots, one) = (it.name(SLOTS), it.value(number(1)));
        let slot = format!("{}.{}", it.name(&reservation), it.name(SLOT));
        it.set(format!("{slots} = {slots} - {one}"));
        it.require(format!("attribute_exists({slot})"));
    }
    it
}
