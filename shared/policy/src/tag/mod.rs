//! Tags: how one is made, changed and shown.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::entity::{Budget, Editor, LIMITS, Tag};
use crate::form::Form;
use crate::money::Usd;
use crate::request::{self, Refusal};

const FORM: Form = Form {
    entity: "tag",
    fields: &[&["name", "description", "models", "budget_id", "budget_reset_at"], LIMITS],
    unenforced: &[],
};

/// Makes a tag as a `/tag/new` request asks.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn new(body: &Map<String, Value>, editor: &Editor<'_>) -> Result<Tag, Refusal> {
    let tag = Tag {
        name: request::required(body, "name")?,
        created_at: Some(editor.now),
        created_by: editor.by.map(str::to_owned),
        ..Tag::default()
    };
    update(&tag, body, editor)
}

/// Changes a tag as a `/tag/update` request asks: fields that are left out stay.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(tag: &Tag, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<Tag, Refusal> {
    FORM.check(body)?;
    let mut changed = Tag { updated_at: Some(editor.now), ..tag.clone() };
    if let Some(description) = body.get("description") {
        changed.description = request::text("description", description)?;
    }
    if let Some(models) = body.get("models") {
        changed.models = request::texts("models", models)?;
    }
    if let Some(id) = body.get("budget_id") {
        changed.budget_id = request::text("budget_id", id)?.filter(|it| !it.is_empty());
    }
    editor.set_limits(&mut changed.limits, body)?;
    Ok(changed)
}

impl Tag {
    /// Everything that a caller sees of the tag, with the budget that it is linked to. `spend` is what it has cost.
    #[must_use]
    pub fn answer(&self, budget: Option<&Budget>, spend: Usd) -> Answer {
        Answer::new()
            .with("name", &self.name)
            .with("description", &self.description)
            .with("models", &self.models)
            .with("model_info", &json!({}))
            .with("spend", &spend)
            .with("budget_id", &self.budget_id)
            .with("litellm_budget_table", &Budget::table(budget, &self.limits))
            .with("created_at", &self.created_at)
            .with("updated_at", &self.updated_at)
            .with("created_by", &self.created_by)
    }
}

/// What a list says of a tag that calls carried and nobody made.
#[must_use]
pub fn unmade(name: &str, first_day: &str, last_day: &str) -> Answer {
    let note = "Carried by calls, never made here: it labels spend and limits nothing.";
    Answer::new()
        .with("name", name)
        .with("description", note)
        .with("models", &Value::Null)
        .with("created_at", first_day)
        .with("updated_at", last_day)
}
