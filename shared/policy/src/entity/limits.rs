//! The budgets and limits that keys, users, teams and all others have alike.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::duration::{Calendar, Length, Period, period};
use crate::money::Usd;

/// What an entity may spend and how fast. An absent part limits nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// The most that may be spent in a budget period, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_budget: Option<Usd>,
    /// The spend at which someone is told, in US dollars; refuses nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_budget: Option<Usd>,
    /// Length of a budget period (`30d`); without one the budget is for the entity's whole life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_duration: Option<String>,
    /// End of the budget period in which it was last set; later boundaries follow from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_reset_at: Option<Timestamp>,
    /// Tokens a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm_limit: Option<u64>,
    /// Requests a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpm_limit: Option<u64>,
    /// Tokens a day, for batches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpd_limit: Option<u64>,
    /// Calls at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_parallel_requests: Option<u64>,
    /// Budgets and limits of single models, by the model's name or a pattern with `*`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub model_max_budget: BTreeMap<String, ModelBudget>,
    /// Further budgets with periods of their own, which hold at the same time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budget_limits: Vec<BudgetWindow>,
    /// Added to `max_budget` for a while, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temp_budget_increase: Option<Usd>,
    /// When the increase ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temp_budget_expiry: Option<Timestamp>,
}

/// The budget and the limits of one model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelBudget {
    /// The most that may be spent on the model in a period, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_limit: Option<Usd>,
    /// Length of a period (`1d`); without one the budget is for the entity's whole life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_period: Option<String>,
    /// Tokens a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm_limit: Option<u64>,
    /// Requests a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpm_limit: Option<u64>,
}

/// One of several budgets that hold at the same time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BudgetWindow {
    /// Length of a period, such as `1d`; also the window's name.
    pub budget_duration: String,
    /// The most that may be spent in a period, in US dollars.
    pub max_budget: Usd,
    /// End of the period in which the window was last set; later boundaries follow from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_at: Option<Timestamp>,
}

/// Budgets and limits with a name, which several entities may share: each is held to them by itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Its id.
    pub budget_id: String,
    /// What it sets.
    pub limits: Limits,
    /// Models that it allows; empty allows every one.
    pub allowed_models: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// Who changed it.
    pub updated_by: Option<String>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Limits {
    /// These limits, and where they say nothing those of `budget`. A budget's period goes with its maximum.
    #[must_use]
    pub fn over(&self, budget: &Self) -> Self {
        let own = self.clone();
        let (duration, reset) = match (own.max_budget, &own.budget_duration) {
            (None, None) => (budget.budget_duration.clone(), budget.budget_reset_at),
            _ => (own.budget_duration, own.budget_reset_at),
        };
        let has_models = !own.model_max_budget.is_empty();
        Self {
            max_budget: own.max_budget.or(budget.max_budget),
            soft_budget: own.soft_budget.or(budget.soft_budget),
            budget_duration: duration,
            budget_reset_at: reset,
            tpm_limit: own.tpm_limit.or(budget.tpm_limit),
            rpm_limit: own.rpm_limit.or(budget.rpm_limit),
            tpd_limit: own.tpd_limit.or(budget.tpd_limit),
            max_parallel_requests: own.max_parallel_requests.or(budget.max_parallel_requests),
            model_max_budget: if has_models { own.model_max_budget } else { budget.model_max_budget.clone() },
            budget_limits: if own.budget_limits.is_empty() { budget.budget_limits.clone() } else { own.budget_limits },
            temp_budget_increase: own.temp_budget_increase.or(budget.temp_budget_increase),
            temp_budget_expiry: own.temp_budget_expiry.or(budget.temp_budget_expiry),
        }
    }

    /// The budget period that holds `now`; `None` when the budget is for the entity's whole life.
    #[must_use]
    pub fn period(&self, calendar: &Calendar, now: Timestamp) -> Option<Period> {
        let length: Length = self.budget_duration.as_deref()?.parse().ok()?;
        Some(period(length, calendar, self.budget_reset_at, now))
    }

    /// When the first of the budget periods ends, as far as it was written down.
    #[must_use]
    pub fn first_reset(&self) -> Option<Timestamp> {
        self.budget_limits.iter().filter_map(|window| window.reset_at).chain(self.budget_reset_at).min()
    }

    /// These limits with the ends of the periods that hold `now` written down.
    #[must_use]
    pub fn moved_on(&self, calendar: &Calendar, now: Timestamp) -> Self {
        let mut moved = self.clone();
        if self.budget_reset_at.is_some() {
            moved.budget_reset_at = self.period(calendar, now).map(|period| period.end);
        }
        for window in moved.budget_limits.iter_mut().filter(|window| window.reset_at.is_some()) {
            window.reset_at = window.period(calendar, now).map(|period| period.end);
        }
        moved
    }

    /// The most that may be spent at `now`: `max_budget` and a temporary increase that has not run out.
    #[must_use]
    pub fn max_budget_at(&self, now: Timestamp) -> Option<Usd> {
        let max = self.max_budget?;
        match (self.temp_budget_increase, self.temp_budget_expiry) {
            (Some(increase), Some(expiry)) if now < expiry => Some(max + increase),
            _ => Some(max),
        }
    }
}

impl ModelBudget {
    /// The budget period that holds `now`; `None` when the budget is for the entity's whole life.
    #[must_use]
    pub fn period(&self, calendar: &Calendar, now: Timestamp) -> Option<Period> {
        let length: Length = self.time_period.as_deref()?.parse().ok()?;
        Some(period(length, calendar, None, now))
    }
}

impl BudgetWindow {
    /// The window's period that holds `now`; `None` for a length that cannot be read.
    #[must_use]
    pub fn period(&self, calendar: &Calendar, now: Timestamp) -> Option<Period> {
        let length: Length = self.budget_duration.parse().ok()?;
        Some(period(length, calendar, self.reset_at, now))
    }
}
