//! Sets budgets and limits from a request's fields, and shows them: the same fields for every entity.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{BudgetWindow, Limits, ModelBudget};
use crate::answer::Answer;
use crate::duration::{Calendar, period};
use crate::request::{self, Refusal, invalid, wrong_type};

impl Limits {
    /// Sets the field, if it is a budget or a limit; null takes it away. False for any other field.
    ///
    /// # Errors
    /// [`Refusal`], naming the field.
    pub fn set(&mut self, field: &str, value: &Value, calendar: &Calendar, now: Timestamp) -> Result<bool, Refusal> {
        match field {
            "max_budget" => self.max_budget = request::money(field, value)?,
            "soft_budget" => self.soft_budget = request::money(field, value)?,
            "tpm_limit" => self.tpm_limit = request::count(field, value)?,
            "rpm_limit" => self.rpm_limit = request::count(field, value)?,
            "tpd_limit" => self.tpd_limit = request::count(field, value)?,
            "max_parallel_requests" => self.max_parallel_requests = request::count(field, value)?,
            "budget_duration" => {
                let length = request::length(field, value)?;
                self.budget_duration = length.map(|length| length.to_string());
                self.budget_reset_at = length.map(|length| period(length, calendar, None, now).end);
            }
            "model_max_budget" => self.model_max_budget = model_budgets(field, value)?,
            "budget_limits" => self.budget_limits = windows(field, value, calendar, now)?,
            "temp_budget_increase" => self.temp_budget_increase = request::money(field, value)?,
            "temp_budget_expiry" => self.temp_budget_expiry = moment(field, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Shows the field, if it is a budget or a limit. False for any other field.
    pub fn show(&self, answer: &mut Answer, field: &str) -> bool {
        match field {
            "max_budget" => answer.set(field, &self.max_budget),
            "soft_budget" => answer.set(field, &self.soft_budget),
            "tpm_limit" => answer.set(field, &self.tpm_limit),
            "rpm_limit" => answer.set(field, &self.rpm_limit),
            "tpd_limit" => answer.set(field, &self.tpd_limit),
            "max_parallel_requests" => answer.set(field, &self.max_parallel_requests),
            "budget_duration" => answer.set(field, &self.budget_duration),
            "budget_reset_at" => answer.set(field, &self.budget_reset_at),
            "model_max_budget" => answer.set(field, &self.model_max_budget),
            "budget_limits" if self.budget_limits.is_empty() => answer.set(field, &Value::Null),
            "budget_limits" => answer.set(field, &self.budget_limits),
            "temp_budget_increase" => answer.set(field, &self.temp_budget_increase),
            "temp_budget_expiry" => answer.set(field, &self.temp_budget_expiry),
            _ => return false,
        }
        true
    }
}

/// `{model: {budget_limit, time_period, tpm_limit, rpm_limit}}`; also LiteLLM's older `max_budget` and
/// `budget_duration`, and a bare number.
fn model_budgets(field: &str, value: &Value) -> Result<BTreeMap<String, ModelBudget>, Refusal> {
    let mut budgets = BTreeMap::new();
    for (model, value) in request::object(field, value)? {
        let at = format!("{field}.{model}");
        let budget = match &value {
            Value::Object(fields) => {
                let of = |names: [&str; 2]| {
                    let name = names.into_iter().find(|name| fields.contains_key(*name));
                    name.and_then(|name| Some((format!("{at}.{name}"), fields.get(name)?)))
                };
                let one = |name: &str| (format!("{at}.{name}"), fields.get(name).unwrap_or(&Value::Null));
                let amount = of(["budget_limit", "max_budget"]);
                let length = of(["time_period", "budget_duration"]);
                let length = length.map(|(at, value)| request::length(&at, value)).transpose()?.flatten();
                let (tpm, rpm) = (one("tpm_limit"), one("rpm_limit"));
                ModelBudget {
                    budget_limit: amount.map(|(at, value)| request::money(&at, value)).transpose()?.flatten(),
                    time_period: length.map(|length| length.to_string()),
                    tpm_limit: request::count(&tpm.0, tpm.1)?,
                    rpm_limit: request::count(&rpm.0, rpm.1)?,
                }
            }
            Value::Number(_) => ModelBudget { budget_limit: request::money(&at, &value)?, ..ModelBudget::default() },
            _ => return Err(wrong_type(&at, "an object with budget_limit and time_period")),
        };
        budgets.insert(model, budget);
    }
    Ok(budgets)
}

/// `[{budget_duration, max_budget}]`, each duration once.
fn windows(field: &str, value: &Value, calendar: &Calendar, now: Timestamp) -> Result<Vec<BudgetWindow>, Refusal> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(wrong_type(field, "a list of {budget_duration, max_budget}")),
    };
    let mut windows: Vec<BudgetWindow> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = |name: &str| format!("{field}[{index}].{name}");
        let part = |name: &str| item.get(name).unwrap_or(&Value::Null);
        let length = request::length(&at("budget_duration"), part("budget_duration"))?;
        let amount = request::money(&at("max_budget"), part("max_budget"))?;
        let length = length.ok_or_else(|| invalid(&at("budget_duration"), "is required"))?;
        let max_budget = amount.ok_or_else(|| invalid(&at("max_budget"), "is required"))?;
        let budget_duration = length.to_string();
        if windows.iter().any(|known| known.budget_duration == budget_duration) {
            return Err(invalid(&at("budget_duration"), "is in the list twice"));
        }
        let reset_at = Some(period(length, calendar, None, now).end);
        windows.push(BudgetWindow { budget_duration, max_budget, reset_at });
    }
    Ok(windows)
}

fn moment(field: &str, value: &Value) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = request::text(field, value)? else { return Ok(None) };
    request::timestamp(&text).map(Some).ok_or_else(|| invalid(field, "is not a date such as 2026-01-31"))
}
