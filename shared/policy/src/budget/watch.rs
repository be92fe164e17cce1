//! Budgets that someone wants to be told of.

use super::Rules;
use crate::money::Usd;
use crate::spend::Scope;
use crate::subject::{Kind, Subject};

/// Whose spend is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// What the holder is.
    pub kind: Kind,
    /// The total to look at: the current period's, where there are periods.
    pub scope: Scope,
    /// Tell when this much is spent.
    pub soft: Option<Usd>,
    /// The most that may be spent.
    pub max: Option<Usd>,
}

/// Everyone who pays for a call and has a soft budget or, where `also_hard`, a budget at all.
#[must_use]
pub fn watched(subject: &Subject<'_>, rules: &Rules<'_>, also_hard: bool) -> Vec<Watched> {
    let mut watched = Vec::new();
    for holder in subject.holders().filter(|it| rules.concern(subject, it)) {
        let soft = holder.limits.soft_budget;
        let max = match holder.kind {
            Kind::Key => subject.key.budget_at(rules.now),
            _ => holder.limits.max_budget_at(rules.now),
        };
        if soft.is_some() || (also_hard && max.is_some()) {
            watched.push(Watched { kind: holder.kind, scope: rules.main(&holder), soft, max });
        }
    }
    watched
}
