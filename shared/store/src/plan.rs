//! What one reservation asks of one entity, and what is to be believed of the entity's counters.

use std::collections::HashMap;

use policy::money::Usd;
use policy::spend::Scope;

use crate::counters::Entity;
use crate::refusal::{Limited, Refusal};
use crate::reserve::{Budget, Limit, Reserve, TakenTokens};
use crate::seen::Seen;
use crate::state::{BudgetState, Held, HeldBudget, Roles, State};

/// The most that two hosts' clocks differ.
const SKEW_MILLIS: u64 = 60_000;

/// The most slots of crashed calls that one reservation gives back.
const STALE: usize = 20;

/// What a call asks of one entity. The number beside a budget or a limit is its place in the request.
#[derive(Clone, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) req: &'a Reserve,
    pub(crate) entity: Entity,
    pub(crate) budgets: Vec<(usize, &'a Budget)>,
    pub(crate) limits: Vec<(usize, &'a Limit)>,
    /// The entity whose reservation is looked after by sending the call's event.
    pub(crate) charges: bool,
}

/// Limits that count together, in one window.
#[derive(Clone, Debug)]
pub(crate) struct Counter<'a> {
    pub(crate) name: &'a str,
    pub(crate) requests: Option<u64>,
    pub(crate) tokens: Option<u64>,
    /// The limit that says how tokens are estimated and settled.
    pub(crate) first: &'a Limit,
}

/// What is believed about the entity; the write's conditions say so, and fail when it is wrong.
#[derive(Clone, Debug)]
pub(crate) struct Belief {
    /// One for each budget of the claim.
    pub(crate) budgets: Vec<BudgetBelief>,
    /// For each counter of the claim: its window is running.
    pub(crate) running: Vec<bool>,
    /// Slots of calls that cannot be running any more.
    pub(crate) stale: Vec<(String, Roles)>,
    /// The item's revision, which matters when a budget begins.
    pub(crate) rev: u64,
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

/// Why not, and the place of the budget or limit in the request.
pub(crate) type Refused = (usize, Box<Refusal>);

impl Counter<'_> {
    /// Whether the call is within the limits when there was no other one.
    fn fits_alone(&self) -> bool {
        self.requests.is_none_or(|max| max > 0) && self.tokens.is_none_or(|max| max >= self.first.least())
    }
}

impl<'a> Claim<'a> {
    /// One claim for each entity, in the order of the request.
    pub(crate) fn all(req: &'a Reserve) -> Vec<Self> {
        let mut claims: Vec<Self> = Vec::new();
        let mut places: HashMap<Entity, usize> = HashMap::new();
        let mut at = |claims: &mut Vec<Self>, entity: Entity| {
            *places.entry(entity.clone()).or_insert_with(|| {
                let charges = claims.is_empty() && !req.budgets.is_empty();
                claims.push(Self { req, entity, budgets: Vec::new(), limits: Vec::new(), charges });
                claims.len() - 1
            })
        };
        for (rank, budget) in req.budgets.iter().enumerate() {
            let place = at(&mut claims, budget.entity());
            if let Some(claim) = claims.get_mut(place) {
                claim.budgets.push((rank, budget));
            }
        }
        for (rank, limit) in (req.budgets.len()..).zip(&req.limits) {
            let place = at(&mut claims, limit.entity.clone());
            if let Some(claim) = claims.get_mut(place) {
                claim.limits.push((rank, limit));
            }
        }
        claims
    }

    /// The counters of the claim's limits.
    pub(crate) fn counters(&self) -> Vec<Counter<'a>> {
        let mut counters: Vec<Counter<'a>> = Vec::new();
        let least = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        for (_, limit) in self.limits.iter().filter(|(_, limit)| limit.requests.is_some() || limit.tokens.is_some()) {
            match counters.iter_mut().find(|counter| counter.name == limit.counter) {
                Some(counter) => {
                    counter.requests = least(counter.requests, limit.requests);
                    counter.tokens = least(counter.tokens, limit.tokens);
                }
                None => counters.push(Counter {
                    name: &limit.counter,
                    requests: limit.requests,
                    tokens: limit.tokens,
                    first: limit,
                }),
            }
        }
        counters
    }

    /// Calls at the same time.
    pub(crate) fn parallel(&self) -> Option<u64> {
        self.limits.iter().filter_map(|(_, limit)| limit.parallel).min()
    }

    /// Nothing special: all is there and enough, and the rate windows last heard of are the current ones.
    pub(crate) fn optimistic(&self, seen: &Seen) -> Belief {
        let budgets = self.budgets.iter().map(|(_, budget)| BudgetBelief {
            step: BudgetStep::Take,
            start: budget.start(),
            amount: self.req.estimate,
        });
        // A new window has no condition on what is left: who would not fit into an empty one must ask first.
        let running = |counter: &Counter<'_>| {
            let start = seen.window(&self.entity, counter.name);
            start.is_none_or(|start| start > self.cutoff()) || !counter.fits_alone()
        };
        Belief {
            budgets: budgets.collect(),
            running: self.counters().iter().map(running).collect(),
            stale: Vec::new(),
            rev: 0,
        }
    }

    /// Scopes whose totals must be known before a budget can begin.
    pub(crate) fn unopened(&self, state: &State) -> Vec<Scope> {
        let new = self.budgets.iter().filter(|(_, budget)| self.current(budget, state).is_none());
        new.map(|(_, budget)| budget.scope.clone()).collect()
    }

    /// What to believe after seeing the entity's item. `totals` is what the periods of [`Self::unopened`] had cost.
    ///
    /// # Errors
    /// A budget or a limit is used up: the first one in the order of the request.
    pub(crate) fn believe(&self, state: &State, totals: &HashMap<Scope, Usd>) -> Result<Belief, Refused> {
        let mut budgets = Vec::with_capacity(self.budgets.len());
        for (rank, budget) in &self.budgets {
            let total = totals.get(&budget.scope).copied().unwrap_or_default();
            budgets.push(self.believe_budget(budget, state, total).map_err(|refusal| (*rank, refusal))?);
        }
        let stale = self.stale(state);
        let slots = state.slots.saturating_sub(stale.len() as u64);
        for (rank, limit) in &self.limits {
            self.check_limit(limit, state, slots).map_err(|refusal| (*rank, refusal))?;
        }
        let running = self.counters().iter().map(|it| self.running(it.name, state).is_some()).collect();
        Ok(Belief { budgets, running, stale, rev: state.rev })
    }

    fn believe_budget(&self, budget: &Budget, state: &State, total: Usd) -> Result<BudgetBelief, Box<Refusal>> {
        let current = self.current(budget, state);
        let (step, headroom) = match current {
            Some(seen) if seen.max == budget.max => (BudgetStep::Take, seen.headroom),
            Some(seen) => (BudgetStep::Adjust { from: seen.max }, seen.headroom + budget.max - seen.max),
            None => {
                let headroom = budget.max - total;
                let other = state.budgets.get(&budget.window).map(|seen| seen.start);
                (BudgetStep::Open { headroom, other }, headroom)
            }
        };
        if budget.refuses && headroom <= Usd::ZERO {
            return Err(Box::new(Refusal::OverBudget {
                scope: budget.scope.clone(),
                window: budget.window.clone(),
                spend: budget.max - headroom,
                max: budget.max,
                estimate: self.req.estimate,
            }));
        }
        Ok(BudgetBelief {
            step,
            start: current.map_or(budget.start(), |seen| seen.start),
            amount: if budget.refuses { self.req.estimate.min(headroom) } else { self.req.estimate },
        })
    }

    /// The budget's state, if it is of the period that is charged.
    ///
    /// A later period that has just begun was opened by a host whose clock is ahead; going back would lose its count.
    /// Any other one is left from a budget of another duration.
    fn current(&self, budget: &Budget, state: &State) -> Option<BudgetState> {
        let seen = state.budgets.get(&budget.window).copied()?;
        let ahead = seen.start > budget.start() && seen.start.saturating_mul(1000) + SKEW_MILLIS > self.req.now;
        (seen.start == budget.start() || ahead).then_some(seen)
    }

    /// Open reservations whose slot can be given to another call.
    fn stale(&self, state: &State) -> Vec<(String, Roles)> {
        if self.parallel().is_none_or(|max| state.slots < max) {
            return Vec::new();
        }
        let stale = state.held.iter().filter(|held| held.roles.slot && held.expires <= self.req.now);
        stale.map(|held| (held.id.clone(), held.roles)).take(STALE).collect()
    }

    fn check_limit(&self, limit: &Limit, state: &State, slots: u64) -> Result<(), Box<Refusal>> {
        let window = self.running(&limit.counter, state);
        let (requests, tokens) = window.map_or((0, 0), |window| (window.requests, window.tokens));
        let ends = window.map_or(self.req.now, |window| window.start) + self.req.rate_window;
        let refused = |limited, max: u64, used: u64, resets_at| {
            Err(Box::new(Refusal::RateLimited {
                descriptor: limit.descriptor.clone(),
                id: limit.entity.id.clone(),
                limited,
                limit: max,
                used,
                remaining: max.saturating_sub(used),
                resets_at,
            }))
        };
        if let Some(max) = limit.requests.filter(|max| requests >= *max) {
            return refused(Limited::Requests, max, requests, ends);
        }
        if let Some(max) = limit.parallel.filter(|max| slots >= *max) {
            return refused(Limited::Parallel, max, slots, self.req.now);
        }
        if let Some(max) = limit.tokens.filter(|max| tokens.saturating_add(limit.least()) > *max) {
            return refused(Limited::Tokens, max, tokens, ends);
        }
        Ok(())
    }

    fn running(&self, counter: &str, state: &State) -> Option<crate::state::WindowState> {
        state.windows.get(counter).copied().filter(|window| window.start > self.cutoff())
    }

    /// The reservation that the write leaves behind; none when there will be nothing to settle.
    ///
    /// `event` is the skeleton of the call's event, if it shall be in the entity's item.
    pub(crate) fn held(&self, belief: &Belief, event: Option<&str>) -> Option<Held> {
        let slot = self.parallel().is_some();
        let settles = slot || !self.budgets.is_empty() || self.limits.iter().any(|(_, limit)| limit.tokens.is_some());
        let budgets = self.budgets.iter().zip(&belief.budgets).map(|((_, budget), belief)| HeldBudget {
            window: budget.window.clone(),
            start: belief.start,
            amount: belief.amount,
        });
        settles.then(|| Held {
            id: self.req.event.id.clone(),
            expires: self.req.expires,
            roles: Roles { slot, charges: self.charges },
            budgets: budgets.collect(),
            event: event.filter(|_| self.charges).map(str::to_owned),
        })
    }

    /// The tokens that a reservation takes of the running windows.
    pub(crate) fn tokens(&self) -> Vec<TakenTokens> {
        let limited = self.counters().into_iter().filter(|counter| counter.tokens.is_some());
        let taken = limited.map(|counter| TakenTokens {
            counter: counter.name.to_owned(),
            counted: counter.first.counted,
            estimate: counter.first.estimate,
            at: self.req.now,
        });
        taken.collect()
    }

    /// A window that began at this moment or before has ended.
    pub(crate) fn cutoff(&self) -> u64 {
        self.req.now.saturating_sub(self.req.rate_window)
    }
}
