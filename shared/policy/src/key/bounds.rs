//! The defaults and upper bounds that the configuration sets for keys.

use serde_json::{Map, Value};

use super::fields;
use crate::duration::Length;
use crate::request::{self, Refusal, invalid, wrong_type};

/// The most that a request may ask for, by field; what a new key leaves out gets the bound itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpperBounds(Map<String, Value>);

/// What a bound does to a field that a request does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It becomes the bound: a new key.
    Filled,
    /// It stays as it is: a change of a key.
    Kept,
}

impl UpperBounds {
    /// Reads `upperbound_key_generate_params`.
    ///
    /// # Errors
    /// [`Refusal`], naming a bound of the wrong type.
    pub fn parse(map: &Map<String, Value>) -> Result<Self, Refusal> {
        for (field, bound) in map {
            match field.as_str() {
                "max_budget" | "soft_budget" => request::money(field, bound).map(|_| ())?,
                "tpm_limit" | "rpm_limit" | "tpd_limit" | "max_parallel_requests" => {
                    request::count(field, bound).map(|_| ())?;
                }
                "duration" | "budget_duration" => request::length(field, bound).map(|_| ())?,
                "budget_limits" => windows(field, bound).map(|_| ())?,
                _ => return Err(invalid(field, "has no upper bound")),
            }
        }
        Ok(Self(map.clone()))
    }

    /// The bounds on fields that are not enforced here, which therefore bound nothing.
    pub fn unenforced(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|field| !fields::is_enforced(field))
    }

    /// Fills what `body` leaves out, or sets to nothing, and refuses what is above a bound.
    pub(super) fn apply(&self, body: &mut Map<String, Value>, missing: Missing) -> Result<(), Refusal> {
        for (field, bound) in self.0.iter().filter(|(field, bound)| fields::is_enforced(field) && !bound.is_null()) {
            if missing == Missing::Kept && !body.contains_key(field) {
                continue;
            }
            let asked = body.get(field).unwrap_or(&Value::Null);
            let above = match field.as_str() {
                "duration" | "budget_duration" => {
                    let seconds = |value| Ok(request::length(field, value)?.map(Length::seconds));
                    above(seconds(asked)?, seconds(bound)?)
                }
                "max_budget" | "soft_budget" => above(request::money(field, asked)?, request::money(field, bound)?),
                "budget_limits" => above_windows(field, asked, bound)?,
                _ => above(request::count(field, asked)?, request::count(field, bound)?),
            };
            match above {
                None => drop(body.insert(field.clone(), bound.clone())),
                Some(false) => {}
                Some(true) => {
                    return Err(invalid(field, format!("is above the highest value allowed here, {bound}")));
                }
            }
        }
        Ok(())
    }
}

/// Fills what `body` leaves blank.
pub(super) fn fill(body: &mut Map<String, Value>, defaults: &Map<String, Value>) {
    for (field, default) in defaults.iter().filter(|(field, _)| fields::is_enforced(field)) {
        let blank = match body.get(field) {
            None | Some(Value::Null) => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(map)) => map.is_empty(),
            Some(_) => false,
        };
        if blank {
            body.insert(field.clone(), default.clone());
        }
    }
}

/// Whether `asked` is above `bound`; `None` when nothing is asked for.
fn above<T: PartialOrd>(asked: Option<T>, bound: Option<T>) -> Option<bool> {
    asked.map(|asked| bound.is_some_and(|bound| asked > bound))
}

/// Every window of the bound must be among those asked for, with no more money in it.
fn above_windows(field: &str, asked: &Value, bound: &Value) -> Result<Option<bool>, Refusal> {
    let asked = windows(field, asked)?;
    if asked.is_empty() {
        return Ok(None);
    }
    let covered = |(length, most): &(Length, _)| asked.iter().any(|(own, amount)| own == length && amount <= most);
    Ok(Some(!windows(field, bound)?.iter().all(covered)))
}

fn windows(field: &str, value: &Value) -> Result<Vec<(Length, crate::money::Usd)>, Refusal> {
    let wrong = || wrong_type(field, "a list of {budget_duration, max_budget}");
    let one = |item: &Value| {
        let length = request::length(field, item.get("budget_duration").ok_or_else(wrong)?)?.ok_or_else(wrong)?;
        let amount = request::money(field, item.get("max_budget").ok_or_else(wrong)?)?.ok_or_else(wrong)?;
        Ok((length, amount))
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(one).collect(),
        _ => Err(wrong()),
    }
}
