//! How one reservation changes one entity's counters: the conditional write, and what a failed one means.

use policy::money::Usd;
use policy::spend::Scope;

use crate::attributes::{DUE, TTL, number, text};
use crate::counters::{
    BudgetState, HEADROOM, Held, HeldBudget, MAX, REQUESTS, RESERVATION, SLOTS, START, State, TOKENS, WINDOW,
};
use crate::expression::Expression;
use crate::reserve::{Budget, Limit, WINDOW_MILLIS};
use crate::time::hour;

/// An idle item is dropped after this; a later call makes it anew from the totals.
const KEPT_SECONDS: u64 = 7 * 86_400;

/// The most that two hosts' clocks differ.
const SKEW_MILLIS: u64 = 60_000;

/// Why a call may not be made now. It has consumed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A budget is used up.
    OverBudget {
        /// Whose budget.
        scope: Scope,
        /// The budget's name, as in [`Budget::window`].
        window: String,
        /// Spent in the period, open reservations included.
        spend: Usd,
        /// The budget.
        max: Usd,
        /// What this call might have cost.
        estimate: Usd,
    },
    /// A limit is used up.
    RateLimited {
        /// LiteLLM's name of what is limited, e.g. `api_key`.
        descriptor: String,
        /// Who is limited.
        id: String,
        /// What there is too much of.
        limited: Limited,
        /// The limit.
        limit: u64,
        /// What is counted already.
        used: u64,
        /// What is left of the limit, though not enough.
        remaining: u64,
        /// When the window ends, milliseconds since the Unix epoch; now for parallel calls, which end at any time.
        resets_at: u64,
    },
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Requests in the window.
    Requests,
    /// Tokens in the window.
    Tokens,
    /// Calls at the same time.
    Parallel,
}

/// What a call asks of one entity.
#[derive(Clone, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) budgets: Vec<&'a Budget>,
    pub(crate) limit: Option<&'a Limit>,
    pub(crate) estimate: Usd,
    pub(crate) id: &'a str,
    pub(crate) now: u64,
    pub(crate) expires: u64,
    pub(crate) event: Option<&'a str>,
}

/// What is believed about the entity; the write's conditions say so, and fail when it is wrong.
#[derive(Clone, Debug)]
pub(crate) struct Belief {
    /// One for each budget of the claim.
    pub(crate) budgets: Vec<BudgetBelief>,
    /// The rate window is running.
    pub(crate) running: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BudgetBelief {
    pub(crate) step: BudgetStep,
    /// First second of the period that is charged.
    pub(crate) start: u64,
    /// What is reserved.
    pub(crate) amount: Usd,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BudgetStep {
    /// The headroom is there.
    Take,
    /// The headroom was computed from another maximum.
    Adjust { from: Usd },
    /// There is no headroom for this period yet: it begins with this much, in the place of another period.
    Open { headroom: Usd, other: Option<u64> },
}

impl Claim<'_> {
    /// Nothing special: all is there and enough, and the rate window last heard of is the current one.
    pub(crate) fn optimistic(&self, window: Option<u64>) -> Belief {
        let budgets = self.budgets.iter().map(|budget| BudgetBelief {
            step: BudgetStep::Take,
            start: budget.start(),
            amount: self.estimate,
        });
        Belief { budgets: budgets.collect(), running: window.is_none_or(|start| start > self.cutoff()) }
    }

    /// What to believe of a budget after seeing its state; `total` is what the period had cost, asked for a new one.
    ///
    /// # Errors
    /// The budget is used up.
    pub(crate) fn believe_budget(
        &self,
        budget: &Budget,
        seen: Option<BudgetState>,
        total: Usd,
    ) -> Result<BudgetBelief, Box<Refusal>> {
        let current = seen.filter(|seen| self.is_current(budget, *seen));
        let (step, headroom) = match current {
            Some(seen) if seen.max == budget.max => (BudgetStep::Take, seen.headroom),
            Some(seen) => (BudgetStep::Adjust { from: seen.max }, seen.headroom + budget.max - seen.max),
            None => {
                let headroom = budget.max - total;
                (BudgetStep::Open { headroom, other: seen.map(|seen| seen.start) }, headroom)
            }
        };
        if headroom <= Usd::ZERO {
            return Err(Box::new(Refusal::OverBudget {
                scope: budget.scope.clone(),
                window: budget.window.clone(),
                spend: budget.max - headroom,
                max: budget.max,
                estimate: self.estimate,
            }));
        }
        Ok(BudgetBelief {
            step,
            start: current.map_or(budget.start(), |seen| seen.start),
            amount: self.estimate.min(headroom),
        })
    }

    /// Whether the state is of the period that is charged.
    ///
    /// A later period that has just begun was opened by a host whose clock is ahead; going back would lose its count.
    /// Any other one is left from a budget of another duration.
    pub(crate) fn is_current(&self, budget: &Budget, seen: BudgetState) -> bool {
        let ahead = seen.start > budget.start() && seen.start.saturating_mul(1000) + SKEW_MILLIS > self.now;
        seen.start == budget.start() || ahead
    }

    /// Whether the rate window is running, if the limits allow the call.
    ///
    /// # Errors
    /// A limit is used up.
    pub(crate) fn believe_window(&self, state: &State) -> Result<bool, Box<Refusal>> {
        let Some(limit) = self.limit else { return Ok(true) };
        let window = state.window.filter(|start| *start > self.cutoff());
        let (requests, tokens) = if window.is_some() { (state.requests, state.tokens) } else { (0, 0) };
        let ends = window.unwrap_or(self.now) + WINDOW_MILLIS;
        let refused = |limited, max: u64, used: u64, resets_at| {
            Box::new(Refusal::RateLimited {
                descriptor: limit.descriptor.clone(),
                id: limit.entity.id.clone(),
                limited,
                limit: max,
                used,
                remaining: max.saturating_sub(used),
                resets_at,
            })
        };
        if let Some(max) = limit.requests.filter(|max| requests >= *max) {
            return Err(refused(Limited::Requests, max, requests, ends));
        }
        if let Some(max) = limit.parallel.filter(|max| state.slots >= *max) {
            return Err(refused(Limited::Parallel, max, state.slots, self.now));
        }
        if let Some(max) = limit.tokens.filter(|max| tokens.saturating_add(limit.estimate) > *max) {
            return Err(refused(Limited::Tokens, max, tokens, ends));
        }
        Ok(window.is_some())
    }

    /// The reservation that the write leaves behind; none when there will be nothing to settle.
    pub(crate) fn held(&self, belief: &Belief) -> Option<Held> {
        let limit = self.limit;
        let slot = limit.is_some_and(|limit| limit.parallel.is_some());
        let settles = slot || !self.budgets.is_empty() || limit.is_some_and(|limit| limit.tokens.is_some());
        let budgets = self.budgets.iter().zip(&belief.budgets).map(|(budget, belief)| HeldBudget {
            window: budget.window.clone(),
            start: belief.start,
            amount: belief.amount,
        });
        settles.then(|| Held {
            id: self.id.to_owned(),
            expires: self.expires,
            budgets: budgets.collect(),
            slot,
            event: self.event.map(str::to_owned),
        })
    }

    /// The write itself.
    pub(crate) fn write(&self, belief: &Belief) -> Expression {
        let mut it = Expression::default();
        for (budget, belief) in self.budgets.iter().zip(&belief.budgets) {
            write_budget(&mut it, budget, belief);
        }
        if let Some(limit) = self.limit {
            self.write_limit(&mut it, limit, belief.running);
        }
        if let Some(held) = self.held(belief) {
            let attribute = format!("{RESERVATION}{}", self.id);
            it.assign(&attribute, held.attribute());
            // A repeated request of the client library must not reserve twice.
            let absent = format!("attribute_not_exists({})", it.name(&attribute));
            it.require(absent);
            it.assign(DUE, text(hour(self.expires)));
        }
        it.assign(TTL, number(self.expires / 1000 + KEPT_SECONDS));
        it
    }

    fn write_limit(&self, it: &mut Expression, limit: &Limit, running: bool) {
        if limit.requests.is_some() || limit.tokens.is_some() {
            let (window, requests, tokens) = (it.name(WINDOW), it.name(REQUESTS), it.name(TOKENS));
            let (cutoff, one, estimate) =
                (it.value(number(self.cutoff())), it.value(number(1)), it.value(number(limit.estimate)));
            if running {
                // Setting the window to itself makes its start part of the answer.
                it.set(format!("{window} = {window}"));
                it.set(format!("{requests} = {requests} + {one}"));
                it.set(format!("{tokens} = {tokens} + {estimate}"));
                it.require(format!("{window} > {cutoff}"));
            } else {
                it.assign(WINDOW, number(self.now));
                it.set(format!("{requests} = {one}"));
                it.set(format!("{tokens} = {estimate}"));
                it.require(format!("(attribute_not_exists({window}) OR {window} <= {cutoff})"));
            }
            if let (Some(max), true) = (limit.requests, running) {
                let max = it.value(number(max));
                it.require(format!("{requests} < {max}"));
            }
            if let (Some(max), true) = (limit.tokens, running) {
                let room = it.value(number(i128::from(max) - i128::from(limit.estimate)));
                it.require(format!("{tokens} <= {room}"));
            }
        }
        if let Some(max) = limit.parallel {
            let none = max == 0;
            let (slots, max) = (it.name(SLOTS), it.value(number(max)));
            let (zero, one) = (it.value(number(0)), it.value(number(1)));
            it.set(format!("{slots} = if_not_exists({slots}, {zero}) + {one}"));
            let room = format!("{slots} < {max}");
            it.require(if none { room } else { format!("(attribute_not_exists({slots}) OR {room})") });
        }
    }

    fn cutoff(&self) -> u64 {
        self.now.saturating_sub(WINDOW_MILLIS)
    }
}

fn write_budget(it: &mut Expression, budget: &Budget, belief: &BudgetBelief) {
    let [headroom, max, start] = [HEADROOM, MAX, START].map(|prefix| it.name(&format!("{prefix}{}", budget.window)));
    let start_value = it.value(number(belief.start));
    match &belief.step {
        BudgetStep::Take => {
            let (amount, known) = (it.value(number(belief.amount)), it.value(number(budget.max)));
            let zero = it.value(number(0));
            it.set(format!("{headroom} = {headroom} - {amount}"));
            it.require(format!("{start} = {start_value} AND {max} = {known}"));
            it.require(format!("{headroom} >= {amount} AND {headroom} > {zero}"));
        }
        BudgetStep::Adjust { from } => {
            let raise = budget.max - *from;
            let (known, change) = (it.value(number(*from)), it.value(number(raise - belief.amount)));
            let (least, none) = (it.value(number(belief.amount - raise)), it.value(number(-raise)));
            it.set(format!("{headroom} = {headroom} + {change}"));
            it.assign(&format!("{MAX}{}", budget.window), number(budget.max));
            it.require(format!("{start} = {start_value} AND {max} = {known}"));
            it.require(format!("{headroom} >= {least} AND {headroom} > {none}"));
        }
        BudgetStep::Open { headroom: whole, other } => {
            let (rest, known) = (it.value(number(*whole - belief.amount)), it.value(number(budget.max)));
            it.set(format!("{headroom} = {rest}"));
            it.set(format!("{max} = {known}"));
            it.set(format!("{start} = {start_value}"));
            let condition = match other {
                Some(other) => format!("{start} = {}", it.value(number(other))),
                None => format!("attribute_not_exists({start})"),
            };
            it.require(condition);
        }
    }
}
