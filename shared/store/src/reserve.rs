//! Reserves what a call may cost before it is made: everything or nothing, in one request in the common case.

use std::collections::HashMap;

use policy::money::Usd;
use policy::spend::{Scope, SpendEvent};
use tokio::time::Instant;

use crate::counters::Entity;
use crate::plan::{Belief, Claim, Refused};
use crate::plan_write::FEW_INSIDE;
use crate::refusal::Refusal;
use crate::remaining::{Remaining, remaining};
use crate::retry::Tries;
use crate::skeleton::shorten;
use crate::state::{Held, State};
use crate::write_claims::{Outcome, Write};
use crate::{Store, StoreError};

pub(crate) const DOING: &str = "reserving a call's cost";

/// The most entities of one call: a transaction has a hundred actions, and one of them is the call's own.
pub(crate) const MOST_ENTITIES: usize = 99;

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
    /// Budgets that pay for it, in the order in which a refusal names them; none costs no write.
    pub budgets: Vec<Budget>,
    /// Length of a rate window in milliseconds: it begins with the first request after the one before has ended. The
    /// same for all who use the tables.
    pub rate_window: u64,
    /// Limits that hold for it, in the order in which a refusal names them, after the budgets; none costs no write.
    pub limits: Vec<Limit>,
}

/// A budget. Several budgets of one entity, each with a `window` of its own, share one item and one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Whose, and the first second of the current period.
    pub scope: Scope,
    /// Which of the entity's budgets, e.g. its duration `30d`; empty for the only one.
    pub window: String,
    /// The budget.
    pub max: Usd,
    /// Whether it refuses calls once it is used up. One that does not is charged all the same, beyond its end.
    pub refuses: bool,
}

/// A limit. One on requests or tokens holds for rate windows.
///
/// Several limits of one entity share one item and one write: those with the same `counter` count together, those with
/// another one in a window of their own. A model's limit of a key is cheapest as a counter of the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// LiteLLM's name for messages and headers, e.g. `api_key`.
    pub descriptor: String,
    /// Whose; the same entity as a budget's scope is the cheapest.
    pub entity: Entity,
    /// Which of the entity's counters, e.g. a model; empty for the only one. Parallel calls have one for all.
    pub counter: String,
    /// Requests in a window.
    pub requests: Option<u64>,
    /// Tokens in a window.
    pub tokens: Option<u64>,
    /// Calls at the same time.
    pub parallel: Option<u64>,
    /// Tokens that this call may need, of those that the limit counts. With 0 none are reserved: the call is made as
    /// long as one is left, and what it took is counted afterwards.
    pub estimate: u64,
    /// Which tokens the limit counts.
    pub counted: Counted,
}

/// Which of [`Actual`](crate::Actual)'s tokens a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counted {
    /// Those of the configured kind: `tokens`.
    #[default]
    Configured,
    /// The prompt's: `input_tokens`.
    Input,
    /// The answer's: `output_tokens`.
    Output,
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
    pub(crate) remaining: Option<Vec<Remaining>>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) reserved_at: u64,
    pub(crate) rate_window: u64,
}

/// What a call holds of one entity.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) entity: Entity,
    pub(crate) held: Held,
    pub(crate) tokens: Vec<TakenTokens>,
}

/// Tokens reserved in one counter's window, the one that was running at the moment `at` (milliseconds).
#[derive(Clone, Debug)]
pub(crate) struct TakenTokens {
    pub(crate) counter: String,
    pub(crate) counted: Counted,
    pub(crate) estimate: u64,
    pub(crate) at: u64,
}

impl Budget {
    pub(crate) fn start(&self) -> u64 {
        self.scope.period.unwrap_or_default()
    }

    pub(crate) fn entity(&self) -> Entity {
        Entity { kind: self.scope.kind.clone(), id: self.scope.id.clone() }
    }
}

impl Limit {
    /// Tokens that must be left for the call.
    pub(crate) fn least(&self) -> u64 {
        self.estimate.max(1)
    }
}

impl Reserved {
    /// What the reservation holds of the entity's budgets, at most; below the estimate when the budget was nearly
    /// used up.
    #[must_use]
    pub fn amount(&self) -> Usd {
        self.taken.iter().map(|taken| taken.held.amount()).max().unwrap_or_default()
    }
}

impl Store {
    /// Reserves the estimate in every budget and counts the call in every limit, or does nothing.
    ///
    /// No request without budgets and limits. One in the common case, however many there are: a plain update for one
    /// entity, a transaction for several. A budget's first call and a new period take two more, a changed maximum or a
    /// rate window that another process began one more. A budget with less left than the estimate is reserved to the
    /// end, so that it can be used up. Slots of calls that have expired do not count.
    ///
    /// Whoever meets others at the same items tries again, at random intervals and for about two seconds; an answer,
    /// or an error, comes within six.
    ///
    /// # Errors
    /// [`StoreError::Contended`] when others kept changing the same items for two seconds, which says that state is
    /// well; [`StoreError::Unavailable`] when it cannot be read or written, is throttled, or does not answer in time;
    /// [`StoreError::TooMany`] for more than 99 entities.
    pub async fn reserve(&self, req: &Reserve) -> Result<Decision, StoreError> {
        if req.budgets.is_empty() && req.limits.is_empty() {
            return Ok(Decision::Reserved(Reserved::default()));
        }
        self.abandoned.forget(&req.event.id);
        let claims = Claim::all(req);
        if claims.len() > MOST_ENTITIES {
            return Err(StoreError::TooMany { what: "entities with budgets or limits", most: MOST_ENTITIES });
        }
        let decision = tokio::time::timeout(self.patience, Box::pin(self.decide(req, &claims))).await;
        let decision = decision.unwrap_or_else(|_| Err(StoreError::busy(DOING)));
        if matches!(decision, Err(StoreError::Unavailable { .. })) {
            // The tables may have done what they did not answer.
            self.abandoned.note(&req.event.id, &claims, Instant::now());
        }
        decision
    }

    async fn decide(&self, req: &Reserve, claims: &[Claim<'_>]) -> Result<Decision, StoreError> {
        let mut beliefs: Vec<Belief> = claims.iter().map(|claim| claim.optimistic(&self.seen)).collect();
        let mut tries = Tries::default();
        loop {
            let write = self.plan_write(req, claims, &beliefs)?;
            let states = match self.write_claims(&write).await? {
                Outcome::Written(state) => {
                    self.note_written(claims, &beliefs, state.as_ref());
                    return Ok(Decision::Reserved(reserved(req, claims, &beliefs, &write, state)));
                }
                Outcome::Conflict if tries.wait().await => continue,
                Outcome::Conflict => return Err(StoreError::Contended { doing: DOING }),
                Outcome::Throttled if tries.wait().await => continue,
                Outcome::Throttled => return Err(StoreError::busy(DOING)),
                Outcome::Wrong(states) => states,
            };
            for (claim, state) in claims.iter().zip(&states) {
                if let Some(state) = state {
                    self.seen.note(&claim.entity, state);
                }
            }
            // The client library repeated a request whose answer was lost: the first one was written.
            if states.iter().flatten().any(|state| state.holds(&req.event.id)) {
                return Ok(Decision::Reserved(held_already(req, claims, &states)));
            }
            if let Some(refusal) = self.correct(claims, &mut beliefs, states).await? {
                return Ok(Decision::Refused(refusal));
            }
            if !tries.correct().await {
                return Err(StoreError::Contended { doing: DOING });
            }
        }
    }

    /// The write of all claims, and where the skeleton of the call's event goes.
    fn plan_write(&self, req: &Reserve, claims: &[Claim<'_>], beliefs: &[Belief]) -> Result<Write, StoreError> {
        let event = if req.budgets.is_empty() { None } else { Some(skeleton(req, beliefs)?) };
        let inside = matches!(claims, [claim] if self.seen.open(&claim.entity) < FEW_INSIDE);
        let (inside, call) = if inside { (event, None) } else { (None, event) };
        let updates = claims.iter().zip(beliefs);
        let updates = updates.map(|(claim, belief)| (claim.entity.key(), claim.write(belief, inside.as_deref())));
        Ok(Write { updates: updates.collect(), inside, call, id: req.event.id.clone(), expires: req.expires })
    }

    /// Changes what was believed to what was seen, or says why the call may not be made: for the first reason in the
    /// order of the request.
    async fn correct(
        &self,
        claims: &[Claim<'_>],
        beliefs: &mut [Belief],
        mut states: Vec<Option<State>>,
    ) -> Result<Option<Refusal>, StoreError> {
        // Each entity is looked after once at most.
        for _ in 0..=claims.len() {
            let totals = self.totals(claims, &states).await?;
            let mut first: Option<(usize, Refused)> = None;
            for (place, (claim, state)) in claims.iter().zip(&states).enumerate() {
                let Some(state) = state else { continue };
                match (claim.believe(state, &totals), beliefs.get_mut(place)) {
                    (Ok(belief), Some(old)) => *old = belief,
                    (Err(refused), _) if first.as_ref().is_none_or(|(_, (rank, _))| refused.0 < *rank) => {
                        first = Some((place, refused));
                    }
                    _ => {}
                }
            }
            let Some((place, (_, refusal))) = first else { return Ok(None) };
            let (Some(claim), Some(Some(state))) = (claims.get(place), states.get(place)) else { return Ok(None) };
            // Calls that have crashed may hold what they did not spend. A window passes by itself, and slots of such
            // calls were not counted.
            let held_back = matches!(*refusal, Refusal::OverBudget { .. });
            if !held_back || !self.reclaim_held(&claim.entity, state, claim.req.now).await?.freed() {
                return Ok(Some(*refusal));
            }
            let state = self.find_counters(&claim.entity).await?;
            if let Some(old) = states.get_mut(place) {
                *old = Some(state);
            }
        }
        Ok(None)
    }

    /// What the periods of budgets that begin now had cost before; one request for all.
    async fn totals(&self, claims: &[Claim<'_>], states: &[Option<State>]) -> Result<HashMap<Scope, Usd>, StoreError> {
        let seen = claims.iter().zip(states).filter_map(|(claim, state)| Some((claim, state.as_ref()?)));
        let new: Vec<Scope> = seen.flat_map(|(claim, state)| claim.unopened(state)).collect();
        if new.is_empty() {
            return Ok(HashMap::new());
        }
        let totals = self.find_totals(&new).await?;
        Ok(new.into_iter().zip(totals).map(|(scope, total)| (scope, total.spend)).collect())
    }

    fn note_written(&self, claims: &[Claim<'_>], beliefs: &[Belief], state: Option<&State>) {
        if let ([claim], Some(state)) = (claims, state) {
            return self.seen.note(&claim.entity, state);
        }
        for (claim, belief) in claims.iter().zip(beliefs) {
            for (counter, _) in claim.counters().iter().zip(&belief.running).filter(|(_, running)| !**running) {
                self.seen.note_window(&claim.entity, counter.name, claim.req.now);
            }
        }
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
            .map_err(crate::error::failed("reading counters"))?;
        Ok(found.item.as_ref().map(State::read).unwrap_or_default())
    }
}

/// The event to send if the call never comes back: it costs what is reserved.
fn skeleton(req: &Reserve, beliefs: &[Belief]) -> Result<String, StoreError> {
    let amounts = beliefs.iter().flat_map(|belief| &belief.budgets).map(|belief| belief.amount);
    shorten(&req.event, amounts.max().unwrap_or_default())
}

fn reserved(req: &Reserve, claims: &[Claim<'_>], beliefs: &[Belief], write: &Write, state: Option<State>) -> Reserved {
    let taken = claims.iter().zip(beliefs).filter_map(|(claim, belief)| {
        let held = claim.held(belief, write.inside.as_deref())?;
        Some(Taken { entity: claim.entity.clone(), held, tokens: claim.tokens() })
    });
    let left = |state: State| req.limits.iter().map(|it| remaining(it, &state, req.now, req.rate_window)).collect();
    Reserved { remaining: state.map(left), ..holding(req, taken.collect()) }
}

/// What the call holds by what is in the items.
fn held_already(req: &Reserve, claims: &[Claim<'_>], states: &[Option<State>]) -> Reserved {
    let taken = claims.iter().zip(states).filter_map(|(claim, state)| {
        let held = state.as_ref()?.held.iter().find(|held| held.id == req.event.id)?;
        Some(Taken { entity: claim.entity.clone(), held: held.clone(), tokens: claim.tokens() })
    });
    holding(req, taken.collect())
}

fn holding(req: &Reserve, taken: Vec<Taken>) -> Reserved {
    let Reserve { now, rate_window, .. } = *req;
    Reserved { taken, remaining: None, limits: req.limits.clone(), reserved_at: now, rate_window }
}
