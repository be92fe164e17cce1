use serde_json::Value;

use super::{LIMITS, Limits};
use crate::answer::Answer;

impl Limits {
    /// LiteLLM's `litellm_budget_table`: these limits as the row of a budget with this id. None where nothing is set.
    #[must_use]
    pub fn table(&self, budget_id: Option<&str>) -> Option<Answer> {
        if budget_id.is_none() && *self == Self::default() {
            return None;
        }
        let mut table = Answer::new().with("budget_id", &budget_id);
        for field in LIMITS {
            self.show(&mut table, field);
        }
        if self.model_max_budget.is_empty() {
            table.set("model_max_budget", &Value::Null);
        }
        Some(table.with("budget_reset_at", &self.budget_reset_at))
    }
}
