//! Budgets: which of them hold for a call, in which order they are asked, and which totals the call counts in. Counts
//! nothing: the store does.

mod order;
mod title;
mod watch;

use jiff::Timestamp;

use crate::duration::{Calendar, Length, Period, period};
use crate::entity::ModelBudget;
use crate::money::Usd;
use crate::spend::{GLOBAL, Scope, pair};
use crate::subject::{Holder, Kind, ModelNames, Subject};
use order::{Budgets, ORDER, Step};
pub use title::title;
pub use watch::{Watched, watched};

/// What budgets depend on, beside everyone who has some.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Where periods begin.
    pub calendar: &'a Calendar,
    /// The moment of the call.
    pub now: Timestamp,
    /// `litellm_settings.max_budget`: of all calls together.
    pub global: Option<Usd>,
    /// `litellm_settings.budget_duration`: the length of its period.
    pub global_duration: Option<Length>,
    /// `general_settings.apply_user_budget_to_team_keys`.
    pub users_pay_for_teams: bool,
}

/// A budget that holds for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Whose, in its current period.
    pub scope: Scope,
    /// Which of the holder's budgets; empty for the main one.
    pub window: String,
    /// The most that may be spent.
    pub max: Usd,
}

impl Rules<'_> {
    fn scope(&self, kind: &str, id: &str, period: Option<Period>) -> Scope {
        let scope = Scope::new(kind, id);
        match period {
            Some(period) => scope.within(u64::try_from(period.start.as_second()).unwrap_or_default()),
            None => scope,
        }
    }

    /// The scope that a holder's main budget goes by.
    fn main(&self, holder: &Holder<'_>) -> Scope {
        self.scope(holder.kind.as_str(), &holder.id, holder.limits.period(self.calendar, self.now))
    }

    fn all_calls(&self) -> Scope {
        let period = self.global_duration.map(|length| period(length, self.calendar, None, self.now));
        self.scope(GLOBAL, "", period)
    }

    /// Whether the holder's budgets hold for the subject: a user's are for keys of the user's own.
    fn concern(&self, subject: &Subject<'_>, holder: &Holder<'_>) -> bool {
        holder.kind != Kind::User || subject.is_personal() || self.users_pay_for_teams
    }
}

/// The budgets that hold for a call of `model`, in the order in which a refusal names them.
#[must_use]
pub fn due(subject: &Subject<'_>, model: &ModelNames<'_>, rules: &Rules<'_>) -> Vec<Due> {
    let mut due = Vec::new();
    let holders: Vec<Holder<'_>> = subject
        .holders()
        .filter(|it| rules.concern(subject, it))
        .filter(|it| {
            let limits = it.limits;
            limits.max_budget.is_some() || !limits.budget_limits.is_empty() || !limits.model_max_budget.is_empty()
        })
        .collect();
    if holders.is_empty() && rules.global.is_none() {
        return due;
    }
    for step in ORDER {
        let (kind, budgets) = match step {
            Step::Of(kind, budgets) => (*kind, budgets),
            Step::AllCalls => {
                due.extend(rules.global.map(|max| Due { scope: rules.all_calls(), window: String::new(), max }));
                continue;
            }
        };
        for holder in holders.iter().filter(|it| it.kind == kind) {
            match budgets {
                Budgets::Main => due.extend(main(subject, holder, rules)),
                Budgets::Windows => due.extend(windows(holder, rules)),
                Budgets::Models => due.extend(of_model(holder, model, rules)),
            }
        }
    }
    due
}

fn main(subject: &Subject<'_>, holder: &Holder<'_>, rules: &Rules<'_>) -> Option<Due> {
    let max = match holder.kind {
        Kind::Key => subject.key.budget_at(rules.now),
        _ => holder.limits.max_budget_at(rules.now),
    };
    Some(Due { scope: rules.main(holder), window: String::new(), max: max? })
}

fn windows<'a>(holder: &'a Holder<'_>, rules: &'a Rules<'_>) -> impl Iterator<Item = Due> + 'a {
    holder.limits.budget_limits.iter().map(|window| Due {
        scope: rules.scope(holder.kind.as_str(), &holder.id, window.period(rules.calendar, rules.now)),
        window: window.budget_duration.clone(),
        max: window.max_budget,
    })
}

fn of_model(holder: &Holder<'_>, model: &ModelNames<'_>, rules: &Rules<'_>) -> Option<Due> {
    let (name, budget) = entry(holder, model)?;
    Some(Due { scope: model_scope(holder, name, budget, rules), window: String::new(), max: budget.budget_limit? })
}

/// What the holder's `model_max_budget` says of a model; a pattern counts all its models together.
fn entry<'a>(holder: &Holder<'a>, model: &ModelNames<'_>) -> Option<(&'a str, &'a ModelBudget)> {
    let table = &holder.limits.model_max_budget;
    let name = model.pick(table.keys().map(String::as_str))?;
    Some((name, table.get(name)?))
}

fn model_scope(holder: &Holder<'_>, name: &str, budget: &ModelBudget, rules: &Rules<'_>) -> Scope {
    rules.scope(holder.kind.per_model(), &pair(&holder.id, name), budget.period(rules.calendar, rules.now))
}

/// The totals that a call counts in beside those that follow from whom its event names: the key's, those of places in
/// an organization or a project, of access groups, and everyone's current budget periods. Without a model those of its budgets are
/// missing.
#[must_use]
pub fn scopes(subject: &Subject<'_>, model: Option<&ModelNames<'_>>, rules: &Rules<'_>) -> Vec<Scope> {
    let mut scopes = Vec::with_capacity(4);
    for holder in subject.holders() {
        if matches!(holder.kind, Kind::Key | Kind::OrganizationMember | Kind::Project | Kind::AccessGroup) {
            scopes.push(Scope::new(holder.kind.as_str(), holder.id.as_ref()));
        }
        // A user's total is of all its calls, though its budget may hold for some of them alone.
        if holder.limits.budget_duration.is_some() {
            scopes.extend(Some(rules.main(&holder)).filter(|it| it.period.is_some()));
        }
        scopes.extend(windows(&holder, rules).map(|it| it.scope).filter(|it| it.period.is_some()));
        if let Some((name, budget)) = model.and_then(|model| entry(&holder, model)) {
            scopes.extend(budget.budget_limit.map(|_| model_scope(&holder, name, budget, rules)));
        }
    }
    if rules.global.is_some() {
        scopes.extend(Some(rules.all_calls()).filter(|it| it.period.is_some()));
    }
    distinct(scopes)
}

/// Every total that a holder's budgets go by now, and the one of all time; the main budget's is the first.
#[must_use]
pub fn totals(holder: &Holder<'_>, rules: &Rules<'_>) -> Vec<Scope> {
    let mut scopes = vec![rules.main(holder), Scope::new(holder.kind.as_str(), holder.id.as_ref())];
    scopes.extend(windows(holder, rules).map(|it| it.scope));
    let models = holder.limits.model_max_budget.iter();
    scopes.extend(models.map(|(name, budget)| model_scope(holder, name, budget, rules)));
    distinct(scopes)
}

/// The totals of a holder's further budgets, each with its length, and of its models' budgets, each with the model.
#[must_use]
pub fn further<'a>(holder: &'a Holder<'_>, rules: &Rules<'_>) -> [Vec<(&'a str, Scope)>; 2] {
    let windows = holder.limits.budget_limits.iter().map(|it| it.budget_duration.as_str());
    let windows = windows.zip(self::windows(holder, rules).map(|it| it.scope)).collect();
    let models = holder.limits.model_max_budget.iter().filter(|(_, budget)| budget.budget_limit.is_some());
    let models = models.map(|(name, budget)| (name.as_str(), model_scope(holder, name, budget, rules))).collect();
    [windows, models]
}

fn distinct(mut scopes: Vec<Scope>) -> Vec<Scope> {
    let mut seen = 0;
    while seen < scopes.len() {
        let repeated = scopes.get(seen).is_some_and(|it| scopes.iter().take(seen).any(|earlier| earlier == it));
        if repeated {
            scopes.remove(seen);
        } else {
            seen += 1;
        }
    }
    scopes
}
