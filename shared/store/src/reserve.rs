//! Reserves what a call may cost before it is made: everything or nothing, in one round trip in the common case.

use futures_util::future::try_join_all;
use policy::money::Usd;
use policy::spend::{Scope, SpendEvent};

use crate::counters::{Entity, Held, State};
use crate::error::failed;
use crate::plan::{Belief, Claim, Limited, Refusal};
use crate::retry::{TRIES, pause};
use crate::write_claims::Outcome;
use crate::{Store, StoreError};

/// Length of a rate window, which begins with the first request after the one before has ended.
pub(crate) const WINDOW_MILLIS: u64 = 60_000;

pub(crate) const DOING: &str = "reserving a call's cost";

/// What a call may need.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// The skeleton of the call's spend event, with its id: sent as a failure if the call never comes back.
    pub event: SpendEvent,
    /// Now, milliseconds since the Unix epoch.
    pub now: u64,
    /// When the call cannot be running any more, milliseconds since the Unix epoch.
    pub expires: u64,
    /// The most that the call should cost.
    pub estimate: Usd,
    /// Budgets that pay for it; none costs no write.
    pub budgets: Vec<Budget>,
    /// Limits that hold for it, one for each entity at most; none costs no write.
    pub limits: Vec<Limit>,
}

/// A budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Whose, and the first second of the current period.
    pub scope: Scope,
    /// Which of the entity's budgets, e.g. its duration `30d`; empty for the only one.
    pub window: String,
    /// The budget.
    pub max: Usd,
}

/// Limits of one entity. A limit on requests or tokens holds for windows of 60 seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// LiteLLM's name for messages and headers, e.g. `api_key`.
    pub descriptor: String,
    /// Whose; the same entity as a budget's scope is the cheapest.
    pub entity: Entity,
    /// Requests in a window.
    pub requests: Option<u64>,
    /// Tokens in a window.
    pub tokens: Option<u64>,
    /// Calls at the same time.
    pub parallel: Option<u64>,
    /// Tokens that this call may need.
    pub estimate: u64,
}

/// The answer to [`Store::reserve`].
#[derive(Debug)]
pub enum Decision {
    /// The call may be made, and must be settled.
    Reserved(Reserved),
    /// The call may not be made; nothing was consumed.
    Refused(Refusal),
}

/// What a call holds until [`Store::settle`].
#[derive(Clone, Debug, Default)]
pub struct Reserved {
    pub(crate) taken: Vec<Taken>,
    remaining: Option<Vec<Remaining>>,
    limits: Vec<Limit>,
    reserved_at: u64,
}

/// What a call holds of one entity.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) entity: Entity,
    pub(crate) held: Held,
    /// Tokens of the rate window that was running at this moment (milliseconds).
    pub(crate) tokens: Option<(u64, u64)>,
}

/// What is left of an entity's limits after a call was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// As in [`Limit::descriptor`].
    pub descriptor: String,
    /// The limit on requests, and what is left of it.
    pub requests: Option<(u64, u64)>,
    /// The limit on tokens, and what is left of it.
    pub tokens: Option<(u64, u64)>,
    /// The limit on parallel calls, and what is left of it.
    pub parallel: Option<(u64, u64)>,
    /// When the window ends, milliseconds since the Unix epoch.
    pub resets_at: u64,
}

impl Budget {
    pub(crate) fn start(&self) -> u64 {
        self.scope.period.unwrap_or_default()
    }

    fn entity(&self) -> Entity {
        Entity { kind: self.scope.kind.clone(), id: self.scope.id.clone() }
    }
}

impl Reserved {
    /// What the reservation holds of the entity's budgets, at most; below the estimate when the budget was nearly
    /// used up.
    #[must_use]
    pub fn amount(&self) -> Usd {
        self.taken.iter().map(|taken| taken.held.amount()).max().unwrap_or_default()
    }

    /// What is left of the limits, if the reservation's own round trip told; else [`Store::find_remaining`] asks.
    #[must_use]
    pub fn remaining(&self) -> Option<&[Remaining]> {
        if self.limits.is_empty() { Some(&[]) } else { self.remaining.as_deref() }
    }
}

impl Store {
    /// Reserves the estimate in every budget and counts the call in every limit, or does nothing.
    ///
    /// No call without budgets and limits, one in the common case: a plain update for one entity, a transaction for
    /// several. A budget's first call, a new period, a changed maximum, or a rate window that another process began, take more.
    /// A budget with less left than the estimate is reserved to the end, so that it can be used up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when state cannot be read or written after several tries.
    pub async fn reserve(&self, req: &Reserve) -> Result<Decision, StoreError> {
        if req.budgets.is_empty() && req.limits.is_empty() {
            return Ok(Decision::Reserved(Reserved::default()));
        }
        let event = serde_json::to_string(&req.event).map_err(|error| StoreError::malformed("spend event", error))?;
        let claims = claims(req, &event);
        let expect = |(entity, claim): &(Entity, Claim<'_>)| claim.optimistic(self.windows.find(entity));
        let mut beliefs: Vec<Belief> = claims.iter().map(expect).collect();
        for attempt in 0..TRIES {
            let states = match self.write_claims(&claims, &beliefs).await? {
                Outcome::Written(state) => {
                    self.note_windows(&claims, std::slice::from_ref(&state));
                    return Ok(Decision::Reserved(reserved(req, &claims, &beliefs, state)));
                }
                Outcome::Busy => {
                    pause(attempt).await;
                    continue;
                }
                Outcome::Wrong(states) => states,
            };
            self.note_windows(&claims, &states);
            // The client library repeated a request whose answer was lost: the first one was written.
            if states.iter().flatten().any(|state| state.holds(&req.event.id)) {
                return Ok(Decision::Reserved(reserved(req, &claims, &beliefs, None)));
            }
            for ((belief, state), (entity, claim)) in beliefs.iter_mut().zip(states).zip(&claims) {
                let Some(state) = state else { continue };
                match self.believe(entity, claim, &state).await? {
                    Ok(new) => *belief = new,
                    Err(refusal) => return Ok(Decision::Refused(*refusal)),
                }
            }
        }
        Err(StoreError::busy(DOING))
    }

    /// What is left of the limits now: from the reservation itself where it told, else one strongly consistent read
    /// for each limited entity. Meant to run beside the provider's call.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the counters cannot be read.
    pub async fn find_remaining(&self, reserved: &Reserved) -> Result<Vec<Remaining>, StoreError> {
        if let Some(known) = reserved.remaining() {
            return Ok(known.to_vec());
        }
        try_join_all(reserved.limits.iter().map(|limit| async move {
            let state = self.find_counters(&limit.entity).await?;
            Ok(remaining(limit, &state, reserved.reserved_at))
        }))
        .await
    }

    pub(crate) async fn find_counters(&self, entity: &Entity) -> Result<State, StoreError> {
        let found = self
            .dynamo
            .get_item()
            .table_name(&self.names.counters)
            .set_key(Some(entity.key()))
            .consistent_read(true)
            .send()
            .await
            .map_err(failed("reading counters"))?;
        Ok(found.item.as_ref().map(State::read).unwrap_or_default())
    }

    fn note_windows(&self, claims: &[(Entity, Claim<'_>)], states: &[Option<State>]) {
        for ((entity, _), state) in claims.iter().zip(states) {
            if let Some(start) = state.as_ref().and_then(|state| state.window) {
                self.windows.note(entity, start);
            }
        }
    }

    /// What to try next after seeing the entity's item.
    async fn believe(
        &self,
        entity: &Entity,
        claim: &Claim<'_>,
        state: &State,
    ) -> Result<Result<Belief, Box<Refusal>>, StoreError> {
        let refusal = match self.believe_claim(claim, state).await? {
            Ok(belief) => return Ok(Ok(belief)),
            Err(refusal) => refusal,
        };
        // A running window passes by itself; budgets and slots may be held by calls that have crashed.
        let passes = matches!(&*refusal, Refusal::RateLimited { limited: Limited::Requests | Limited::Tokens, .. });
        if !passes && self.reclaim_held(entity, state, claim.now).await?.freed() {
            let state = self.find_counters(entity).await?;
            return self.believe_claim(claim, &state).await;
        }
        Ok(Err(refusal))
    }

    async fn believe_claim(
        &self,
        claim: &Claim<'_>,
        state: &State,
    ) -> Result<Result<Belief, Box<Refusal>>, StoreError> {
        let mut budgets = Vec::with_capacity(claim.budgets.len());
        for budget in &claim.budgets {
            let seen = state.budgets.get(&budget.window).copied();
            let known = seen.is_some_and(|seen| claim.is_current(budget, seen));
            let total = if known { Usd::ZERO } else { self.find_total(&budget.scope).await?.spend };
            match claim.believe_budget(budget, seen, total) {
                Ok(belief) => budgets.push(belief),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        Ok(claim.believe_window(state).map(|running| Belief { budgets, running }))
    }
}

/// The claims by entity; the first one carries the event.
fn claims<'a>(req: &'a Reserve, event: &'a str) -> Vec<(Entity, Claim<'a>)> {
    let mut claims: Vec<(Entity, Claim<'a>)> = Vec::new();
    let mut at = |entity: Entity| {
        claims.iter().position(|(known, _)| *known == entity).unwrap_or_else(|| {
            claims.push((
                entity,
                Claim {
                    budgets: Vec::new(),
                    limit: None,
                    estimate: req.estimate,
                    id: &req.event.id,
                    now: req.now,
                    expires: req.expires,
                    event: (claims.is_empty() && !req.budgets.is_empty()).then_some(event),
                },
            ));
            claims.len() - 1
        })
    };
    let budgets: Vec<usize> = req.budgets.iter().map(|budget| at(budget.entity())).collect();
    let limits: Vec<usize> = req.limits.iter().map(|limit| at(limit.entity.clone())).collect();
    for (budget, index) in req.budgets.iter().zip(budgets) {
        if let Some((_, claim)) = claims.get_mut(index) {
            claim.budgets.push(budget);
        }
    }
    for (limit, index) in req.limits.iter().zip(limits) {
        if let Some((_, claim)) = claims.get_mut(index) {
            claim.limit = Some(limit);
        }
    }
    claims
}

fn reserved(req: &Reserve, claims: &[(Entity, Claim<'_>)], beliefs: &[Belief], state: Option<State>) -> Reserved {
    let taken = claims.iter().zip(beliefs).filter_map(|((entity, claim), belief)| {
        let limit = claim.limit.filter(|limit| limit.tokens.is_some());
        Some(Taken {
            entity: entity.clone(),
            held: claim.held(belief)?,
            tokens: limit.map(|limit| (limit.estimate, req.now)),
        })
    });
    let remaining = state.and_then(|state| {
        let limits = req.limits.iter().map(|limit| remaining(limit, &state, req.now));
        (claims.len() == 1).then(|| limits.collect())
    });
    Reserved { taken: taken.collect(), remaining, limits: req.limits.clone(), reserved_at: req.now }
}

fn remaining(limit: &Limit, state: &State, now: u64) -> Remaining {
    let left = |max: Option<u64>, used: u64| max.map(|max| (max, max.saturating_sub(used)));
    Remaining {
        descriptor: limit.descriptor.clone(),
        requests: left(limit.requests, state.requests),
        tokens: left(limit.tokens, state.tokens),
        parallel: left(limit.parallel, state.slots),
        resets_at: state.window.unwrap_or(now) + WINDOW_MILLIS,
    }
}
