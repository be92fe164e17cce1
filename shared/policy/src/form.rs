//! The fields that a request about an entity may have. What is neither kept nor enforced is refused by its name, so
//! that nobody relies on it.

use serde_json::{Map, Value};

use crate::request::{Refusal, invalid, is_blank};

/// The fields of one kind of entity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// What a caller calls it: `user`.
    pub(crate) entity: &'static str,
    /// Fields that are kept.
    pub(crate) fields: &'static [&'static [&'static str]],
    /// Fields of LiteLLM that nothing enforces here.
    pub(crate) unenforced: &'static [&'static str],
}

impl Form {
    /// Checks that `body` sets nothing but what is kept. Empty values set nothing.
    ///
    /// # Errors
    /// [`Refusal`], naming the field.
    pub(crate) fn check(&self, body: &Map<String, Value>) -> Result<(), Refusal> {
        let sets = |value: &Value| !is_blank(value) && value.as_f64() != Some(0.0);
        let holds = |field: &str| self.fields.iter().any(|fields| fields.contains(&field));
        let entity = self.entity;
        let Some((field, _)) = body.iter().find(|(field, value)| sets(value) && !holds(field)) else { return Ok(()) };
        Err(invalid(
            field,
            if self.unenforced.contains(&field.as_str()) {
                format!("this gateway does not enforce it, so the {entity} is not changed")
            } else {
                let article = if entity.starts_with(['a', 'o']) { "an" } else { "a" };
                format!("{article} {entity} has no such field")
            },
        ))
    }
}
