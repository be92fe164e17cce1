//! What belongs to something may have no more than that has: a team in its organization, a project in its team.

use serde_json::{Map, Value};

use crate::access::glob;
use crate::entity::Limits;
use crate::request::{Refusal, invalid};

/// What something belongs to, as far as it bounds it.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// What it is: `organization`, `team`.
    pub what: &'static str,
    /// Its id.
    pub id: &'a str,
    /// Its limits, with what its linked budget sets.
    pub limits: &'a Limits,
    /// Models that it may use; empty means every one.
    pub models: &'a [String],
}

impl Frame<'_> {
    /// Checks that limits and models are within this. Only what `asked` sets is looked at, so that a bound which was
    /// lowered later refuses no other change; everything is, when there is no such request.
    ///
    /// # Errors
    /// [`Refusal`], naming the field.
    pub fn check(&self, limits: &Limits, models: &[String], asked: Option<&Map<String, Value>>) -> Result<(), Refusal> {
        let asks = |field: &str| asked.is_none_or(|asked| asked.get(field).is_some_and(|it| !it.is_null()));
        let bound = [
            ("max_budget", above(limits.max_budget, self.limits.max_budget)),
            ("tpm_limit", above(limits.tpm_limit, self.limits.tpm_limit)),
            ("rpm_limit", above(limits.rpm_limit, self.limits.rpm_limit)),
        ];
        let (what, id) = (self.what, self.id);
        for (field, bound) in bound {
            if let Some(bound) = bound.filter(|_| asks(field)) {
                return Err(invalid(field, format!("exceeds the {field} of the {what} {id:?}, which is {bound}")));
            }
        }
        match models.iter().find(|model| !self.has(model)) {
            Some(model) if asks("models") => {
                Err(invalid("models", format!("{model:?} is not among the models of the {what} {id:?}")))
            }
            _ => Ok(()),
        }
    }

    fn has(&self, model: &str) -> bool {
        let covers = |entry: &String| entry == model || entry == "all-proxy-models" || glob::matches(entry, model);
        self.models.is_empty() || model == "no-default-models" || self.models.iter().any(covers)
    }
}

fn above<T: PartialOrd + ToString>(asked: Option<T>, bound: Option<T>) -> Option<String> {
    let bound = bound?;
    (asked? > bound).then(|| bound.to_string())
}

/// Checks that someone is told before the budget is used up.
///
/// # Errors
/// [`Refusal`] of a `soft_budget` that is not below `max_budget`.
pub(crate) fn check_soft_budget(limits: &Limits) -> Result<(), Refusal> {
    match (limits.soft_budget, limits.max_budget) {
        (Some(soft), Some(max)) if soft >= max => Err(invalid("soft_budget", "must be lower than max_budget")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
