//! Customers, the end users of calls: how one is made, changed and shown.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::entity::{Budget, Customer, Editor, LIMITS};
use crate::form::Form;
use crate::money::Usd;
use crate::request::{self, Refusal, wrong_type};

const FORM: Form = Form {
    entity: "customer",
    fields: &[
        &[
            "user_id",
            "alias",
            "allowed_model_region",
            "blocked",
            "default_model",
            "models",
            "budget_id",
            "budget_reset_at",
            "metadata",
            "spend",
        ],
        LIMITS,
    ],
    unenforced: &["object_permission", "object_permission_id"],
};

/// Makes a customer as a `/customer/new` request asks. `is_model` says which models there are.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn new(
    body: &Map<String, Value>,
    editor: &Editor<'_>,
    is_model: impl Fn(&str) -> bool,
) -> Result<Customer, Refusal> {
    update(&blank(&request::required(body, "user_id")?, editor), body, editor, is_model)
}

/// A customer of whom nothing is known but the id.
#[must_use]
pub fn blank(user_id: &str, editor: &Editor<'_>) -> Customer {
    Customer { user_id: user_id.to_owned(), created_at: Some(editor.now), ..Customer::default() }
}

/// Changes a customer as a `/customer/update` request asks: fields that are left out stay.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(
    customer: &Customer,
    body: &Map<String, Value>,
    editor: &Editor<'_>,
    is_model: impl Fn(&str) -> bool,
) -> Result<Customer, Refusal> {
    FORM.check(body)?;
    let mut changed = Customer { updated_at: Some(editor.now), ..customer.clone() };
    for (field, value) in body {
        match field.as_str() {
            "alias" => changed.alias = request::text(field, value)?,
            "blocked" => changed.blocked = request::flag(field, value)?,
            "default_model" => {
                changed.default_model = request::text(field, value)?.filter(|it| !it.is_empty());
                if let Some(model) = changed.default_model.as_deref().filter(|model| !is_model(model)) {
                    return Err(wrong_type(field, &format!("a model of this gateway, which {model} is not")));
                }
            }
            "allowed_model_region" => {
                changed.allowed_model_region = request::text(field, value)?.filter(|it| !it.is_empty());
                if !matches!(changed.allowed_model_region.as_deref(), None | Some("eu" | "us")) {
                    return Err(wrong_type(field, "eu or us"));
                }
            }
            "models" => changed.models = request::texts(field, value)?,
            "budget_id" => changed.budget_id = request::text(field, value)?.filter(|it| !it.is_empty()),
            "metadata" => drop(changed.rest.insert(field.clone(), request::object(field, value)?.into())),
            // `user_id` is the id, `spend` is counted elsewhere; the others are limits, or refused unless blank.
            _ => {}
        }
    }
    editor.set_limits(&mut changed.limits, body)?;
    Ok(changed)
}

impl Customer {
    /// Everything that a caller sees of the customer, with the budget that it is linked to. `spend` is what it has
    /// spent.
    #[must_use]
    pub fn answer(&self, budget: Option<&Budget>, spend: Usd) -> Answer {
        Answer::new()
            .with("user_id", &self.user_id)
            .with("blocked", &self.blocked)
            .with("alias", &self.alias)
            .with("spend", &spend)
            .with("allowed_model_region", &self.allowed_model_region)
            .with("default_model", &self.default_model)
            .with("models", &self.models)
            .with("metadata", self.rest.get("metadata").unwrap_or(&Value::Null))
            .with("budget_id", &self.budget_id)
            .with("litellm_budget_table", &Budget::table(budget, &self.limits))
            .with("object_permission_id", &Value::Null)
            .with("object_permission", &Value::Null)
            .with("created_at", &self.created_at)
            .with("updated_at", &self.updated_at)
    }
}
