//! Budgets with a name: how one is made, changed and shown, and which of an entity's fields stand for one.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::entity::{Budget, Editor, LIMITS};
use crate::form::Form;
use crate::request::{self, Refusal, invalid};

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
    if let Some(text) = request::text("budget_reset_at", body.get("budget_reset_at").unwrap_or(&Value::Null))? {
        let moment = request::timestamp(&text);
        changed.limits.budget_reset_at =
            Some(moment.ok_or_else(|| invalid("budget_reset_at", "is not a date such as 2026-01-31"))?);
    }
    Ok(changed)
}

/// Takes out of another entity's request what stands for a budget of its own: null when it sets none.
///
/// # Errors
/// [`Refusal`] when the request names a budget as well.
pub fn inline(body: &mut Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let own: Map<String, Value> = LIMITS
        .iter()
        .chain(&["budget_reset_at"])
        .filter_map(|field| Some(((*field).to_owned(), body.shift_remove(*field)?)))
        .collect();
    let names = body.get("budget_id").is_some_and(|it| !request::is_blank(it));
    match own.iter().find(|(_, value)| !request::is_blank(value)) {
        Some((field, _)) if names => Err(invalid(field, "cannot be set together with budget_id, whose budget sets it")),
        _ => Ok(own),
    }
}

impl Budget {
    /// Everything that a caller sees of it.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let mut answer = Answer::new().with("budget_id", &self.budget_id);
        for field in LIMITS {
            self.limits.show(&mut answer, field);
        }
        answer
            .with("budget_reset_at", &self.limits.budget_reset_at)
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
