//! The conditional write by which one reservation changes one entity's counters.

use crate::attributes::{DUE, TTL, number, text};
use crate::counters::{EVENT, HEADROOM, INSIDE, MAX, REQUESTS, RESERVATION, REV, SLOTS, START, TOKENS, WINDOW};
use crate::expression::Expression;
use crate::plan::{Belief, BudgetBelief, BudgetStep, Claim, Counter};
use crate::reserve::Budget;
use crate::state::{Held, Roles};
use crate::time::hour;

/// An idle item is dropped after this, or after a rate window that is longer; a later call makes it anew from the
/// totals.
pub(crate) const KEPT_SECONDS: u64 = 7 * 86_400;

/// The most skeletons of events in an entity's item. A key with so few open calls, and nobody else who pays, needs no
/// transaction; with more, each write would pay for all of them.
pub(crate) const FEW_INSIDE: usize = 2;

impl Claim<'_> {
    /// The write. It carries the skeleton of the call's event where that has no item of its own.
    pub(crate) fn write(&self, belief: &Belief, event: Option<&str>) -> Expression {
        let mut it = Expression::default();
        for ((_, budget), belief) in self.budgets.iter().zip(&belief.budgets) {
            write_budget(&mut it, budget, belief);
        }
        if belief.budgets.iter().any(|belief| matches!(belief.step, BudgetStep::Open { .. })) {
            move_on(&mut it, belief.rev);
        }
        for (counter, running) in self.counters().iter().zip(&belief.running) {
            self.write_counter(&mut it, counter, *running);
        }
        if let Some(max) = self.parallel() {
            write_slot(&mut it, max, &belief.stale);
        }
        if let Some(held) = self.held(belief, event) {
            let attribute = format!("{RESERVATION}{}", held.id);
            it.assign(&attribute, held.attribute());
            // A repeated request of the client library must not reserve twice.
            let absent = format!("attribute_not_exists({})", it.name(&attribute));
            it.require(absent);
            it.assign(DUE, text(hour(self.req.expires)));
            if let Some(event) = &held.event {
                write_skeleton(&mut it, &held.id, event);
            }
        }
        let kept = KEPT_SECONDS.max(self.req.rate_window / 1000);
        it.assign(TTL, number(self.req.expires / 1000 + kept));
        it
    }

    fn write_counter(&self, it: &mut Expression, counter: &Counter<'_>, running: bool) {
        let [window, requests, tokens] =
            [WINDOW, REQUESTS, TOKENS].map(|prefix| it.name(&format!("{prefix}{}", counter.name)));
        let (cutoff, one) = (it.value(number(self.cutoff())), it.value(number(1)));
        // Tokens of calls from before there was a limit on them are not known: they count from now on.
        let estimate = counter.tokens.map_or(0, |_| counter.first.estimate);
        let estimate = it.value(number(estimate));
        if !running {
            let now = it.value(number(self.req.now));
            it.set(format!("{window} = {now}"));
            it.set(format!("{requests} = {one}"));
            it.set(format!("{tokens} = {estimate}"));
            it.require(format!("(attribute_not_exists({window}) OR {window} <= {cutoff})"));
            return;
        }
        it.set(format!("{requests} = {requests} + {one}"));
        it.set(format!("{tokens} = {tokens} + {estimate}"));
        it.require(format!("{window} > {cutoff}"));
        if let Some(max) = counter.requests {
            let max = it.value(number(max));
            it.require(format!("{requests} < {max}"));
        }
        if let Some(max) = counter.tokens {
            let room = it.value(number(i128::from(max) - i128::from(counter.first.least())));
            it.require(format!("{tokens} <= {room}"));
        }
    }
}

/// Puts the skeleton into the entity's item, as long as there are few in it: each write pays for the whole item.
fn write_skeleton(it: &mut Expression, id: &str, event: &str) {
    it.assign(&format!("{EVENT}{id}"), text(event));
    let inside = it.name(INSIDE);
    let (zero, one, few) = (it.value(number(0)), it.value(number(1)), it.value(number(FEW_INSIDE)));
    it.set(format!("{inside} = if_not_exists({inside}, {zero}) + {one}"));
    it.require(format!("(attribute_not_exists({inside}) OR {inside} < {few})"));
}

/// Takes a slot, in the place of calls that cannot be running any more.
fn write_slot(it: &mut Expression, max: u64, stale: &[(String, Roles)]) {
    let slots = it.name(SLOTS);
    let (zero, freed) = (it.value(number(0)), stale.len() as u64);
    let change = it.value(number(1 - i128::from(freed)));
    it.set(format!("{slots} = if_not_exists({slots}, {zero}) + {change}"));
    let room = it.value(number(i128::from(max) + i128::from(freed)));
    let room = format!("{slots} < {room}");
    // Without an item there is no slot either, unless there shall be none at all.
    it.require(if max == 0 { room } else { format!("(attribute_not_exists({slots}) OR {room})") });
    for (id, roles) in stale {
        release_slot(it, id, *roles);
    }
}

/// Takes its slot from a reservation that has one; what the slots count is for the caller to say.
pub(crate) fn release_slot(it: &mut Expression, id: &str, roles: Roles) {
    let path = format!("{}[{}]", it.name(&format!("{RESERVATION}{id}")), Held::ROLES);
    let (old, new) = (it.value(roles.attribute()), it.value(Roles { slot: false, ..roles }.attribute()));
    it.set(format!("{path} = {new}"));
    it.require(format!("{path} = {old}"));
}

/// Gives the item another revision, if it still has this one.
pub(crate) fn move_on(it: &mut Expression, rev: u64) {
    let (name, next) = (it.name(REV), it.value(number(rev + 1)));
    it.set(format!("{name} = {next}"));
    let same =
        if rev == 0 { format!("attribute_not_exists({name})") } else { format!("{name} = {}", it.value(number(rev))) };
    it.require(same);
}

fn write_budget(it: &mut Expression, budget: &Budget, belief: &BudgetBelief) {
    let [headroom, max, start] = [HEADROOM, MAX, START].map(|prefix| it.name(&format!("{prefix}{}", budget.window)));
    let start_value = it.value(number(belief.start));
    match &belief.step {
        BudgetStep::Take => {
            let (amount, known) = (it.value(number(belief.amount)), it.value(number(budget.max)));
            it.set(format!("{headroom} = {headroom} - {amount}"));
            it.require(format!("{start} = {start_value} AND {max} = {known}"));
            if budget.refuses {
                let zero = it.value(number(0));
                it.require(format!("{headroom} >= {amount} AND {headroom} > {zero}"));
            }
        }
        BudgetStep::Adjust { from } => {
            let raise = budget.max - *from;
            let (known, change) = (it.value(number(*from)), it.value(number(raise - belief.amount)));
            it.set(format!("{headroom} = {headroom} + {change}"));
            it.assign(&format!("{MAX}{}", budget.window), number(budget.max));
            it.require(format!("{start} = {start_value} AND {max} = {known}"));
            if budget.refuses {
                let (least, none) = (it.value(number(belief.amount - raise)), it.value(number(-raise)));
                it.require(format!("{headroom} >= {least} AND {headroom} > {none}"));
            }
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
