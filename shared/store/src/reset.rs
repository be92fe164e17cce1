//! Sets what someone has spent to another amount, although rows, totals and headroom go on counting meanwhile.
//!
//! Rows are not touched: they say what calls cost. The total changes by a recorded adjustment, so that at any time the
//! rows of a period and the adjustments of its total come to the total.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use futures_util::future::try_join;
use policy::money::Usd;
use policy::spend::Scope;

use crate::attributes::{TTL, key, number, read_count, read_usd, text};
use crate::counters::{Entity, HEADROOM, START};
use crate::error::{failed, is_overload};
use crate::expression::Expression;
use crate::measures::SPEND;
use crate::plan_write::{KEPT_SECONDS, move_on};
use crate::retry::Tries;
use crate::spend_sums::total_keys;
use crate::state::State;
use crate::time::iso;
use crate::{Store, StoreError};

const DOING: &str = "resetting a total";

/// What resets have added to a total; below zero for what they have taken away.
const ADJUSTED: &str = "adjusted";
/// How often the total was reset.
const RESETS: &str = "resets";

/// Attributes of a reset's record.
const BEFORE: &str = "before";
const TO: &str = "to";
const AT: &str = "at";

impl Store {
    /// Sets what a scope has spent in its period (or over all time, if it has none) to `to`, gives the difference to the
    /// headroom of its budgets in that period, and records it. Says what was spent before.
    ///
    /// Whatever is counted from then on counts on top of `to`: also calls that had ended and whose rows were still on
    /// their way. `now` is in milliseconds since the Unix epoch. Needs to write the tables of spend and of counters.
    ///
    /// # Errors
    /// [`StoreError::Contended`] when others reset it all the time; [`StoreError::Unavailable`].
    pub async fn reset_total(&self, scope: &Scope, to: Usd, now: u64) -> Result<Usd, StoreError> {
        let entity = Entity { kind: scope.kind.clone(), id: scope.id.clone() };
        let mut tries = Tries::default();
        loop {
            let reading = try_join(self.find_reset(scope), self.find_counters(&entity));
            let (before, state) = Box::pin(reading).await?;
            let reset = Reset { scope, to, before, now };
            if Box::pin(self.write_reset(&reset, &entity, &state)).await? {
                return Ok(before.spend);
            }
            if !tries.wait().await {
                return Err(StoreError::Contended { doing: DOING });
            }
        }
    }

    /// What resets have added to the scope's total, below zero for what they have taken away: its rows come to the
    /// total less this.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_adjusted(&self, scope: &Scope) -> Result<Usd, StoreError> {
        Ok(self.find_reset(scope).await?.adjusted)
    }

    async fn find_reset(&self, scope: &Scope) -> Result<Before, StoreError> {
        let found = self.find_items(&self.names.spend, total_keys(scope)).await?;
        let sum = |name| found.values().filter_map(|item| read_usd(item, name)).sum();
        let resets = found.values().filter_map(|item| read_count(item, RESETS)).sum();
        Ok(Before { spend: sum(SPEND), adjusted: sum(ADJUSTED), resets })
    }

    /// False when someone else has reset the total or begun a budget since it was read.
    async fn write_reset(&self, reset: &Reset<'_>, entity: &Entity, state: &State) -> Result<bool, StoreError> {
        let unmade = |error| StoreError::malformed("reset", error);
        // A total that is spread over several items is adjusted in the first.
        let Some((pk, sk)) = total_keys(reset.scope).into_iter().next() else { return Ok(true) };
        let record = format!("RESET#{sk}#{:06}", reset.before.resets);
        let updates = [
            reset.total().action(&self.names.spend, key(&pk, &sk)).map_err(unmade)?,
            reset.record().action(&self.names.spend, key(&pk, record)).map_err(unmade)?,
            reset.headroom(state).action(&self.names.counters, entity.key()).map_err(unmade)?,
        ];
        let actions = updates.into_iter().map(|update| TransactWriteItem::builder().update(update).build());
        let request = self.dynamo.transact_write_items().set_transact_items(Some(actions.collect()));
        let refusal = match request.send().await {
            Ok(_) => return Ok(true),
            Err(SdkError::ServiceError(refusal)) => refusal,
            Err(error) => return Err(failed(DOING)(error)),
        };
        if let TransactWriteItemsError::TransactionCanceledException(cancelled) = refusal.err() {
            let passing = |code| matches!(code, Some("None" | "ConditionalCheckFailed")) || is_overload(code);
            if cancelled.cancellation_reasons().iter().all(|reason| passing(reason.code())) {
                return Ok(false);
            }
        }
        Err(failed(DOING)(SdkError::ServiceError(refusal)))
    }
}

/// A total before a reset.
#[derive(Clone, Copy)]
struct Before {
    spend: Usd,
    adjusted: Usd,
    resets: u64,
}

struct Reset<'a> {
    scope: &'a Scope,
    to: Usd,
    before: Before,
    now: u64,
}

impl Reset<'_> {
    fn change(&self) -> Usd {
        self.to - self.before.spend
    }

    /// Changes by the difference, so that what is counted meanwhile stays; only one of two resets may.
    fn total(&self) -> Expression {
        let mut it = Expression::default();
        it.add(SPEND, number(self.change()));
        it.add(ADJUSTED, number(self.change()));
        it.add(RESETS, number(1));
        let resets = it.name(RESETS);
        let same = match self.before.resets {
            0 => format!("attribute_not_exists({resets})"),
            count => format!("{resets} = {}", it.value(number(count))),
        };
        it.require(same);
        it
    }

    fn record(&self) -> Expression {
        let mut it = Expression::default();
        it.assign(BEFORE, number(self.before.spend));
        it.assign(TO, number(self.to));
        it.assign(AT, text(iso(self.now)));
        it
    }

    /// A budget that begins meanwhile has seen the total before or after; the revision tells.
    fn headroom(&self, state: &State) -> Expression {
        let mut it = Expression::default();
        let start = self.scope.period.unwrap_or_default();
        for window in state.budgets.iter().filter(|(_, seen)| seen.start == start).map(|(window, _)| window) {
            let [headroom, of] = [HEADROOM, START].map(|prefix| it.name(&format!("{prefix}{window}")));
            let (change, start) = (it.value(number(self.change())), it.value(number(start)));
            it.set(format!("{headroom} = {headroom} - {change}"));
            it.require(format!("{of} = {start}"));
        }
        move_on(&mut it, state.rev);
        let (ttl, end) = (it.name(TTL), it.value(number(self.now / 1000 + KEPT_SECONDS)));
        it.set(format!("{ttl} = if_not_exists({ttl}, {end})"));
        it
    }
}
