//! Budgets with a name: how one is made, changed and shown, and which of an entity's fields stand for one.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::entity::{Budget, Editor, LIMITS, Limits};
use crate::form::Form;
use crate::request::{self, Refusal};

const FORM: Form =
    Form { entity: "budget", fields: &[LIMITS, &["budget_id", "budget_reset_at"]], unenforced: &["allowed_models"] };

/// Makes a budget as a `/budget/new` request asks; `id` is its id when the request names none.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn new(body: &Map<String, Value>, id: &str, editor: &Editor<'_>) -> Result<Budget, Refusal> {
    let named = request::text("budget_id", body.get("budget_id").unwrap_or(&Value::Null))?;
    let budget = Budget {
        budget_id: named.filter(|it| !it.is_empty()).unwrap_or_else(|| id.to_owned()),
        created_at: Some(editor.now),
        created_by: editor.by.map(str::to_owned),
        ..Budget::default()
    };
    update(&budget, body, editor)
}

/// Changes a budget as a `/budget/update` request asks: fields that are left out stay, null takes a limit away.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(budget: &Budget, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<Budget, Refusal> {
    FORM.check(body)?;
    let mut changed =
        Budget { updated_at: Some(editor.now), updated_by: editor.by.map(str::to_owned), ..budget.clone() };
    editor.set_limits(&mut changed.limits, body)?;
    Ok(changed)
}

impl Budget {
    /// The `litellm_budget_table` of an entity that is linked to `linked`: its own limits over those of the budget.
    #[must_use]
    pub(crate) fn table(linked: Option<&Self>, own: &Limits) -> Option<Answer> {
        match linked {
            Some(linked) => own.over(&linked.limits).table(Some(&linked.budget_id)),
            None => own.table(None),
        }
    }

    /// Everything that a caller sees of it.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let table = self.limits.table(Some(&self.budget_id)).unwrap_or_default();
        table
            .with("allowed_models", &self.allowed_models)
            .with("created_at", &self.created_at)
            .with("created_by", &self.created_by)
            .with("updated_at", &self.updated_at)
            .with("updated_by", &self.updated_by)
    }

    /// The answer of `/budget/settings`: each field that may be changed, its type and its value.
    #[must_use]
    pub fn settings(&self) -> Vec<Answer> {
        const FIELDS: &[(&str, &str, &str)] = &[
            ("max_budget", "Float", "The most that may be spent in a period, in US dollars"),
            ("soft_budget", "Float", "The spend at which an alert goes out, in US dollars"),
            ("max_parallel_requests", "Integer", "Calls at the same time"),
            ("tpm_limit", "Integer", "Tokens a minute"),
            ("rpm_limit", "Integer", "Requests a minute"),
            ("model_max_budget", "Object", "Budgets and limits of single models"),
            ("budget_duration", "String", "Length of a period, such as 30d"),
        ];
        let show = |(field, kind, description): &(&str, &str, &str)| {
            let mut shown = Answer::new();
            self.limits.show(&mut shown, field);
            Answer::new()
                .with("field_name", field)
                .with("field_type", kind)
                .with("field_description", description)
                .with("field_value", &shown.take(field))
                .with("stored_in_db", &true)
                .with("field_default_value", &Value::Null)
                .with("premium_field", &false)
                .with("nested_fields", &Value::Null)
        };
        FIELDS.iter().map(show).collect()
    }
}
