//! Replaces a reservation by what the call really cost, once, however often it is asked.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use futures_util::future::join_all;
use policy::money::Usd;

use crate::attributes::number;
use crate::counters::{EVENT, HEADROOM, INSIDE, RESERVATION, SLOTS, START, TOKENS, WINDOW};
use crate::error::failed;
use crate::expression::Expression;
use crate::reserve::{Counted, Reserved, Taken};
use crate::retry::Tries;
use crate::state::State;
use crate::{Store, StoreError};

const DOING: &str = "settling a reservation";

/// What a call really took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actual {
    /// What it cost; zero when no provider was reached.
    pub spend: Usd,
    /// Tokens that count against token limits, of the configured kind; zero for a failure.
    pub tokens: u64,
    /// Tokens of the prompt that count against limits on those alone.
    pub input_tokens: u64,
    /// Tokens of the answer that count against limits on those alone.
    pub output_tokens: u64,
}

impl Actual {
    fn counted(&self, counted: Counted) -> u64 {
        match counted {
            Counted::Configured => self.tokens,
            Counted::Input => self.input_tokens,
            Counted::Output => self.output_tokens,
        }
    }
}

impl Store {
    /// Gives back what was reserved too much, or takes what was too little. A second time changes nothing.
    ///
    /// Send the spend event first: what is settled is not looked after any more. A period or a rate window that has
    /// ended meanwhile is left as it is. One plain update for each entity, side by side: half the price of a
    /// transaction, and nothing that one entity's crowd could cancel for the others.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Contended`] after about two seconds; what could not be settled then
    /// waits for its expiry.
    pub async fn settle(&self, reserved: &Reserved, actual: &Actual) -> Result<(), StoreError> {
        let settled = join_all(reserved.taken.iter().map(|taken| self.settle_taken(taken, actual))).await;
        self.release_abandoned().await;
        settled.into_iter().try_for_each(|result| result.map(|_| ()))
    }

    /// Settles one entity's share; false when it had been settled before.
    pub(crate) async fn settle_taken(&self, taken: &Taken, actual: &Actual) -> Result<bool, StoreError> {
        let mut over = Over::default();
        let mut tries = Tries::default();
        loop {
            let write = write(taken, actual, &over);
            let result = self
                .update_counters(&taken.entity, &write)
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            let refusal = match result {
                Ok(written) => {
                    if let Some(item) = &written.attributes {
                        self.seen.note(&taken.entity, &State::read(item));
                    }
                    return Ok(true);
                }
                Err(SdkError::ServiceError(refusal)) => refusal,
                Err(error) => return Err(failed(DOING)(error)),
            };
            let again = match refusal.err() {
                UpdateItemError::ConditionalCheckFailedException(wrong) => {
                    let state = wrong.item().map(State::read).unwrap_or_default();
                    if !state.holds(&taken.held.id) {
                        return Ok(false);
                    }
                    over = Over::seen(taken, &state);
                    tries.correct().await
                }
                UpdateItemError::TransactionConflictException(_) => tries.wait().await,
                _ => return Err(failed(DOING)(SdkError::ServiceError(refusal))),
            };
            if !again {
                return Err(StoreError::Contended { doing: DOING });
            }
        }
    }
}

/// What has ended since the reservation was made, and is not touched any more.
#[derive(Default)]
struct Over {
    budgets: Vec<String>,
    counters: Vec<String>,
    slot: bool,
}

impl Over {
    fn seen(taken: &Taken, state: &State) -> Self {
        let ended = taken.held.budgets.iter().filter(|held| {
            let seen = state.budgets.get(&held.window);
            seen.is_none_or(|seen| seen.start != held.start)
        });
        let passed = taken.tokens.iter().filter(|tokens| {
            let seen = state.windows.get(&tokens.counter);
            seen.is_none_or(|window| window.start > tokens.at)
        });
        Self {
            budgets: ended.map(|held| held.window.clone()).collect(),
            counters: passed.map(|tokens| tokens.counter.clone()).collect(),
            slot: !state.held.iter().any(|held| held.id == taken.held.id && held.roles.slot),
        }
    }
}

fn write(taken: &Taken, actual: &Actual, over: &Over) -> Expression {
    let mut it = Expression::default();
    let reservation = format!("{RESERVATION}{}", taken.held.id);
    it.remove(&reservation);
    if taken.held.event.is_some() {
        it.remove(&format!("{EVENT}{}", taken.held.id));
        let (inside, one) = (it.name(INSIDE), it.value(number(1)));
        it.set(format!("{inside} = {inside} - {one}"));
    }
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
    for tokens in taken.tokens.iter().filter(|tokens| !over.counters.contains(&tokens.counter)) {
        let [window, counted] = [WINDOW, TOKENS].map(|prefix| it.name(&format!("{prefix}{}", tokens.counter)));
        let at = it.value(number(tokens.at));
        let more = i128::from(actual.counted(tokens.counted)) - i128::from(tokens.estimate);
        let more = it.value(number(more));
        it.set(format!("{counted} = {counted} + {more}"));
        // A later window has never counted this call.
        it.require(format!("{window} <= {at}"));
    }
    if taken.held.roles.slot && !over.slot {
        let (slots, one) = (it.name(SLOTS), it.value(number(1)));
        it.set(format!("{slots} = {slots} - {one}"));
        require_slot(&mut it, taken);
    }
    it
}

/// The reservation must still have its slot: it may have been given to another call.
fn require_slot(it: &mut Expression, taken: &Taken) {
    let path = format!("{}[{}]", it.name(&format!("{RESERVATION}{}", taken.held.id)), crate::state::Held::ROLES);
    let roles = it.value(taken.held.roles.attribute());
    it.require(format!("{path} = {roles}"));
}
