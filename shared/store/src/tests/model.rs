//! The store against a simple model of it: any order of calls, endings, crashes, resets, other maxima and new periods.

mod books;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::Limited;

/// As long as a call may run.
const LONGEST: u64 = 10 * MINUTE;
const DAY: u64 = 24 * 60 * MINUTE;

/// Who may pay for a call, with the budget's name.
const PAYERS: [(&str, &str); 4] = [("key", ""), ("key", "1d"), ("team", ""), ("organization", "1d")];

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
    /// A call asks to be made. The bits of `payers` are the key, the team, the organization.
    Ask { payers: u8, limits: u8, cents: u8 },
    /// A running call ends well: its event is sent, then it is settled.
    End { call: usize, cents: u8 },
    /// A running call's process dies, before or after it has sent its event.
    Crash { call: usize, sent: Option<u8> },
    /// A call that has ended is settled once more.
    Repeat { call: usize },
    /// The queue's messages are written, each of them twice.
    Deliver,
    /// The job looks after expired reservations.
    Reclaim,
    /// Time passes, in minutes.
    Pass { minutes: u64 },
    /// A day passes, in which the queue and the job do their work.
    NextDay,
    /// A total is reset.
    Reset { payer: usize, cents: u8 },
    /// A budget gets another maximum.
    Change { payer: usize, cents: u8 },
}

/// What the store should know.
#[derive(Debug)]
struct Model {
    now: u64,
    maxima: [Usd; 4],
    entities: BTreeMap<&'static str, Counters>,
    /// Spent by scope, and what resets have added to it.
    totals: BTreeMap<Scope, (Usd, Usd)>,
    rows: BTreeMap<String, (Usd, BTreeSet<Scope>)>,
    queue: Vec<SpendEvent>,
}

#[derive(Debug, Default)]
struct Counters {
    budgets: BTreeMap<&'static str, Used>,
    window: Option<(u64, u64, u64)>,
    slots: u64,
    held: Vec<Mark>,
}

/// A budget in its current period: what was spent and is reserved, and by how much calls have cost more than reserved.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    start: u64,
    max: Usd,
    used: Usd,
    excess: Usd,
}

/// An open reservation of one entity.
#[derive(Clone, Debug)]
struct Mark {
    id: String,
    expires: u64,
    charges: bool,
    slot: bool,
    held: Vec<(&'static str, u64, Usd)>,
    event: SpendEvent,
    /// When it counted against a limit on tokens.
    limited_at: Option<u64>,
}

fn cents(cents: u8) -> Usd {
    usd(&format!("{}e-2", cents))
}

fn limit_of(kind: &str) -> Limit {
    Limit {
        entity: entity(kind, "it"),
        descriptor: kind.to_owned(),
        requests: Some(6),
        tokens: Some(100),
        parallel: Some(4),
        estimate: 15,
        ..Limit::default()
    }
}

impl Model {
    fn new() -> Self {
        Self {
            now: NOW,
            maxima: [usd("3"), usd("1"), usd("4"), usd("2")],
            entities: BTreeMap::new(),
            totals: BTreeMap::new(),
            rows: BTreeMap::new(),
            queue: Vec::new(),
        }
    }

    /// A budget as the gateway would name it now.
    fn budget(&self, payer: usize) -> Budget {
        let (kind, window) = PAYERS[payer];
        let scope = Scope::new(kind, "it");
        let scope = if window.is_empty() { scope } else { scope.within(self.now / DAY * DAY / 1000) };
        Budget { scope, window: window.to_owned(), max: self.maxima[payer], refuses: true }
    }

    fn request(&self, id: &str, payers: u8, limits: u8, estimate: Usd) -> Reserve {
        let pays = [payers & 1, payers & 1, payers & 2, payers & 4];
        let budgets = (0..PAYERS.len()).filter(|payer| pays[*payer] != 0).map(|payer| self.budget(payer));
        let limited = ["team", "key"].into_iter().enumerate().filter(|(bit, _)| limits & 1 << bit != 0);
        let mut req = Reserve {
            now: self.now,
            expires: self.now + LONGEST,
            estimate,
            budgets: budgets.collect(),
            limits: limited.map(|(_, kind)| limit_of(kind)).collect(),
            ..ask(id)
        };
        req.event.started = self.now;
        req.event.scopes = req.budgets.iter().map(|budget| budget.scope.clone()).collect();
        req
    }

    fn total(&self, scope: &Scope) -> Usd {
        self.totals.get(scope).copied().unwrap_or_default().0
    }

    /// What the store should answer: admitted, or by what and whom refused.
    fn reserve(&mut self, req: &Reserve) -> Result<(), (String, Option<Limited>)> {
        loop {
            let refusal = self.refusal(req);
            match &refusal {
                Some((kind, None)) if self.reclaim_one(&kind.clone()) => {}
                Some(refusal) => return Err(refusal.clone()),
                None => break,
            }
        }
        let mut marks: BTreeMap<&'static str, Mark> = BTreeMap::new();
        let mut first = true;
        let mark = |marks: &mut BTreeMap<&'static str, Mark>, kind: &'static str, charges| {
            marks.entry(kind).or_insert_with(|| Mark {
                id: req.event.id.clone(),
                expires: req.expires,
                charges,
                slot: false,
                held: Vec::new(),
                event: req.event.clone(),
                limited_at: None,
            });
        };
        for budget in &req.budgets {
            let (kind, window) = name_of(budget);
            let used = self.used(budget);
            let amount = req.estimate.min(used.max - used.used);
            let counters = self.entities.entry(kind).or_default();
            counters.budgets.insert(window, Used { used: used.used + amount, ..used });
            mark(&mut marks, kind, std::mem::take(&mut first));
            marks.get_mut(kind).unwrap().held.push((window, used.start, amount));
        }
        for limit in &req.limits {
            let kind = static_kind(&limit.entity.kind);
            let counters = self.entities.entry(kind).or_default();
            let (start, requests, tokens) = counters.running(req.now).unwrap_or((req.now, 0, 0));
            counters.window = Some((start, requests + 1, tokens + limit.estimate));
            if counters.slots >= limit.parallel.unwrap() {
                counters.slots -= counters.take_stale(req.now);
            }
            counters.slots += 1;
            mark(&mut marks, kind, false);
            let mark = marks.get_mut(kind).unwrap();
            (mark.slot, mark.limited_at) = (true, Some(req.now));
        }
        let most = marks.values().flat_map(|mark| &mark.held).map(|(_, _, amount)| *amount).max().unwrap_or_default();
        for (kind, mut mark) in marks {
            mark.event.spend = most;
            self.entities.entry(kind).or_default().held.push(mark);
        }
        Ok(())
    }

    fn refusal(&self, req: &Reserve) -> Option<(String, Option<Limited>)> {
        let over = req.budgets.iter().find(|budget| {
            let used = self.used(budget);
            used.max <= used.used
        });
        if let Some(budget) = over {
            return Some((budget.scope.kind.clone(), None));
        }
        req.limits.iter().find_map(|limit| {
            let none = Counters::default();
            let counters = self.entities.get(limit.entity.kind.as_str()).unwrap_or(&none);
            let (_, requests, tokens) = counters.running(req.now).unwrap_or_default();
            let stale = counters.held.iter().filter(|mark| mark.slot && mark.expires <= req.now).count() as u64;
            let limited = if requests >= limit.requests.unwrap() {
                Limited::Requests
            } else if counters.slots - stale >= limit.parallel.unwrap() {
                Limited::Parallel
            } else if tokens + limit.estimate > limit.tokens.unwrap() {
                Limited::Tokens
            } else {
                return None;
            };
            Some((limit.descriptor.clone(), Some(limited)))
        })
    }

    /// The budget as it stands when a call comes: begun anew in a new period, with the maximum of now.
    fn used(&self, budget: &Budget) -> Used {
        let (kind, window) = name_of(budget);
        let known = self.entities.get(kind).and_then(|counters| counters.budgets.get(window));
        match known.filter(|used| used.start == budget.start()) {
            Some(used) => Used { max: budget.max, ..*used },
            None => Used { start: budget.start(), max: budget.max, used: self.total(&budget.scope), excess: Usd::ZERO },
        }
    }

    /// What the job, or a full budget, does for one entity; whether something came free.
    fn reclaim_one(&mut self, kind: &str) -> bool {
        let now = self.now;
        let Some(counters) = self.entities.get_mut(kind) else { return false };
        let mut expired: Vec<Mark> = counters.held.iter().filter(|mark| mark.expires <= now).cloned().collect();
        expired.sort_by_key(|mark| mark.expires);
        let mut freed = false;
        for mark in expired {
            let row = self.rows.get(&mark.id).map(|(spend, _)| *spend);
            let free = !mark.charges && mark.held.is_empty();
            if let Some(spend) = row.or(free.then_some(Usd::ZERO)) {
                counters.settle(&mark.id, spend, None);
                freed = true;
                continue;
            }
            let open = counters.held.iter_mut().find(|open| open.id == mark.id).unwrap();
            if std::mem::take(&mut open.slot) {
                counters.slots -= 1;
                freed = true;
            }
            if mark.charges {
                open.expires = now + 15 * MINUTE;
                self.queue.push(mark.event);
            }
        }
        freed
    }

    fn settle(&mut self, id: &str, spend: Usd, tokens: u64) {
        for counters in self.entities.values_mut() {
            counters.settle(id, spend, Some(tokens));
        }
    }

    fn deliver(&mut self) {
        for event in std::mem::take(&mut self.queue) {
            if self.rows.contains_key(&event.id) {
                continue;
            }
            let entities = event.scopes.iter().map(|scope| Scope::new(&scope.kind, &scope.id));
            let scopes: BTreeSet<Scope> = event.scopes.iter().cloned().chain(entities).collect();
            for scope in &scopes {
                self.totals.entry(scope.clone()).or_default().0 += event.spend;
            }
            self.rows.insert(event.id, (event.spend, scopes));
        }
    }

    fn reset(&mut self, scope: &Scope, to: Usd) {
        let (total, adjusted) = self.totals.entry(scope.clone()).or_default();
        let change = to - *total;
        *adjusted += change;
        *total = to;
        let Some(counters) = self.entities.get_mut(scope.kind.as_str()) else { return };
        for used in counters.budgets.values_mut().filter(|used| used.start == scope.period.unwrap_or_default()) {
            used.used += change;
            // A higher total than before may pass the budget by itself.
            used.excess += change.max(Usd::ZERO);
        }
    }
}

impl Counters {
    fn running(&self, now: u64) -> Option<(u64, u64, u64)> {
        self.window.filter(|(start, _, _)| start + MINUTE > now)
    }

    fn take_stale(&mut self, now: u64) -> u64 {
        let stale = self.held.iter_mut().filter(|mark| mark.slot && mark.expires <= now);
        stale.map(|mark| mark.slot = false).count() as u64
    }

    fn settle(&mut self, id: &str, spend: Usd, tokens: Option<u64>) {
        let Some(place) = self.held.iter().position(|mark| mark.id == id) else { return };
        let mark = self.held.remove(place);
        for (window, start, amount) in mark.held {
            let used = self.budgets.get_mut(window).unwrap();
            if used.start == start {
                used.used += spend - amount;
                used.excess += (spend - amount).max(Usd::ZERO);
            }
        }
        self.slots -= u64::from(mark.slot);
        if let (Some(tokens), Some(at), Some(window)) = (tokens, mark.limited_at, &mut self.window)
            && window.0 <= at
        {
            window.2 = window.2 + tokens - limit_of("key").estimate;
        }
    }
}

fn static_kind(kind: &str) -> &'static str {
    PAYERS.iter().map(|(known, _)| *known).find(|known| *known == kind).unwrap()
}

fn name_of(budget: &Budget) -> (&'static str, &'static str) {
    *PAYERS.iter().find(|(kind, window)| *kind == budget.scope.kind && *window == budget.window).unwrap()
}
