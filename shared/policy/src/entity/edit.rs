//! Who makes or changes an entity, and when.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Limits;
use crate::duration::Calendar;
use crate::request::{self, Refusal, invalid};

/// The fields that [`Limits::set`] takes.
pub(crate) const LIMITS: &[&str] = &[
    "budget_duration",
    "max_budget",
    "max_parallel_requests",
    "model_max_budget",
    "rpm_limit",
    "soft_budget",
    "temp_budget_expiry",
    "temp_budget_increase",
    "tpd_limit",
    "tpm_limit",
];

/// Everything beside the request that making and changing an entity depends on.
#[derive(Debug, Clone, Copy)]
pub struct Editor<'a> {
    /// The moment of the request.
    pub now: Timestamp,
    /// Where budget periods begin.
    pub calendar: &'a Calendar,
    /// The caller's user id.
    pub by: Option<&'a str>,
}

impl Editor<'_> {
    /// Sets every budget and limit that `body` names; null takes one away.
    ///
    /// # Errors
    /// [`Refusal`], naming the field.
    pub fn set_limits(&self, limits: &mut Limits, body: &Map<String, Value>) -> Result<(), Refusal> {
        for (field, value) in body {
            limits.set(field, value, self.calendar, self.now)?;
        }
        if let Some(text) = request::text("budget_reset_at", body.get("budget_reset_at").unwrap_or(&Value::Null))? {
            let moment = request::timestamp(&text);
            let moment = moment.ok_or_else(|| invalid("budget_reset_at", "is not a date such as 2026-01-31"))?;
            limits.budget_reset_at = Some(moment);
        }
        match (limits.temp_budget_increase, limits.temp_budget_expiry) {
            (Some(_), None) => Err(invalid("temp_budget_expiry", "is needed with temp_budget_increase")),
            (None, Some(_)) => Err(invalid("temp_budget_increase", "is needed with temp_budget_expiry")),
            _ => Ok(()),
        }
    }
}
