//! Reads the fields of a management request, and says why one is refused.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::duration::{Length, parse};
use crate::money::Usd;

/// Why an entity cannot be made or changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Refusal {
    /// What kind of refusal.
    pub kind: RefusalKind,
    /// The field that is refused, such as `max_budget` or `metadata.guardrails`.
    pub field: String,
    /// Why, for the caller.
    pub reason: String,
}

/// Kinds of [`Refusal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The value has the wrong type.
    WrongType,
    /// The value is not possible, or the limit it sets would not be enforced.
    Invalid,
    /// The caller may not set this.
    Forbidden,
    /// There is no such entity.
    Missing,
    /// The caller's team does not permit its members this route, which `field` then is.
    Unpermitted,
}

/// A refusal for the wrong type.
pub(crate) fn wrong_type(field: &str, expected: &str) -> Refusal {
    Refusal { kind: RefusalKind::WrongType, field: field.to_owned(), reason: format!("expected {expected}") }
}

/// A refusal of what the caller may not do.
pub(crate) fn forbidden(field: &str, reason: &str) -> Refusal {
    Refusal { kind: RefusalKind::Forbidden, field: field.to_owned(), reason: reason.to_owned() }
}

/// A refusal of an impossible value.
pub(crate) fn invalid(field: &str, reason: impl Into<String>) -> Refusal {
    Refusal { kind: RefusalKind::Invalid, field: field.to_owned(), reason: reason.into() }
}

/// Whether a value sets nothing.
pub(crate) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// A refusal of what names an entity that is not there.
pub(crate) fn missing(field: &str, reason: impl Into<String>) -> Refusal {
    Refusal { kind: RefusalKind::Missing, field: field.to_owned(), reason: reason.into() }
}

/// A refusal of a route that a team does not permit its members.
pub(crate) fn unpermitted(route: &str, reason: impl Into<String>) -> Refusal {
    Refusal { kind: RefusalKind::Unpermitted, field: route.to_owned(), reason: reason.into() }
}

pub(crate) fn text(field: &str, value: &Value) -> Result<Option<String>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(wrong_type(field, "a string")),
    }
}

pub(crate) fn flag(field: &str, value: &Value) -> Result<bool, Refusal> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(wrong_type(field, "true or false")),
    }
}

/// A limit: a whole number of at least 0.
pub(crate) fn count(field: &str, value: &Value) -> Result<Option<u64>, Refusal> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => {
            number.as_u64().or_else(|| number.as_f64().filter(|it| it.fract() == 0.0).and_then(whole))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let negative = value.as_f64().is_some_and(|number| number < 0.0);
    match number {
        Some(number) => Ok(Some(number)),
        None if negative => Err(invalid(field, "must be at least 0")),
        None => Err(wrong_type(field, "a whole number")),
    }
}

fn whole(number: f64) -> Option<u64> {
    (0.0..9.0e15).contains(&number).then(|| format!("{number:.0}").parse().ok()).flatten()
}

/// An amount of money: finite and at least 0.
pub(crate) fn money(field: &str, value: &Value) -> Result<Option<Usd>, Refusal> {
    let digits = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return Err(wrong_type(field, "a number")),
    };
    // An exponent far below zero is a valid number that money cannot tell from nothing.
    let amount: Usd = digits.parse().map_err(|_| match digits.trim().parse::<f64>() {
        Ok(number) if number < 0.0 => invalid(field, "must be at least 0"),
        Ok(_) => invalid(field, "must be a finite amount below 10^20"),
        Err(_) => wrong_type(field, "a number"),
    })?;
    if amount.is_negative() {
        return Err(invalid(field, "must be at least 0"));
    }
    Ok(Some(amount))
}

/// What a `reset_spend` request sets the spend to: `reset_to`, neither above `spend`, which is what has been spent, nor
/// above the budget.
///
/// # Errors
/// [`Refusal`] of `reset_to`.
pub fn reset_to(body: &Map<String, Value>, spend: Usd, budget: Option<Usd>) -> Result<Usd, Refusal> {
    const FIELD: &str = "reset_to";
    let to = money(FIELD, body.get(FIELD).unwrap_or(&Value::Null))?.ok_or_else(|| invalid(FIELD, "is required"))?;
    if to > spend {
        return Err(invalid(FIELD, format!("must be at most what has been spent, {spend}")));
    }
    match budget {
        Some(budget) if to > budget => Err(invalid(FIELD, format!("must be at most the budget, {budget}"))),
        _ => Ok(to),
    }
}

/// An amount of money in the body of a request: finite, at least 0, in US dollars. `None` where there is none.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn amount(body: &Map<String, Value>, field: &str) -> Result<Option<Usd>, Refusal> {
    money(field, body.get(field).unwrap_or(&Value::Null))
}

pub(crate) fn texts(field: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(wrong_type(field, "a list of strings")),
    };
    let one = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| wrong_type(field, "a list of strings"));
    items.iter().map(one).collect()
}

/// The text in `field`, which must be there.
///
/// # Errors
/// [`Refusal`] when it is absent, empty or no text.
pub(crate) fn required(body: &Map<String, Value>, field: &str) -> Result<String, Refusal> {
    let found = text(field, body.get(field).unwrap_or(&Value::Null))?;
    found.filter(|it| !it.is_empty()).ok_or_else(|| invalid(field, "is required"))
}

pub(crate) fn object(field: &str, value: &Value) -> Result<Map<String, Value>, Refusal> {
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map.clone()),
        _ => Err(wrong_type(field, "an object")),
    }
}

pub(crate) fn names(field: &str, value: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    let one = |(name, item): (String, Value)| match item {
        Value::String(text) => Ok((name, text)),
        _ => Err(wrong_type(field, "an object of strings")),
    };
    object(field, value)?.into_iter().map(one).collect()
}

/// A length of time; `None` for null and for LiteLLM's `-1`, which mean forever.
pub(crate) fn length(field: &str, value: &Value) -> Result<Option<Length>, Refusal> {
    match text(field, value)?.as_deref() {
        None | Some("-1" | "") => Ok(None),
        Some(text) => parse(text).map(Some).map_err(|error| invalid(field, error.to_string())),
    }
}

/// A moment: RFC 3339, or a date or date and time in UTC.
pub(crate) fn timestamp(text: &str) -> Option<Timestamp> {
    let utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).ok().map(|moment| moment.timestamp());
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok().and_then(utc))
        .or_else(|| text.parse::<Date>().ok().and_then(|day| utc(day.to_datetime(jiff::civil::Time::midnight()))))
}
