//! How requests name users who belong to something.

use serde_json::{Map, Value};

use crate::request::{self, Refusal, invalid, wrong_type};

/// A user as a request names it: by its id, its address or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<R> {
    /// The user's id.
    pub user_id: Option<String>,
    /// The user's address.
    pub user_email: Option<String>,
    /// What the user shall be.
    pub role: R,
}

/// Reads one member or a list of them; `role` knows the words for roles, which are `roles`.
///
/// # Errors
/// [`Refusal`], naming the field.
pub(crate) fn members<R>(
    field: &str,
    value: &Value,
    role: impl Fn(&str) -> Option<R>,
    roles: &str,
) -> Result<Vec<Named<R>>, Refusal> {
    let one = |at: String, value: &Value| {
        let fields =
            value.as_object().ok_or_else(|| wrong_type(&at, "an object with role and user_id or user_email"))?;
        let (user_id, user_email) = who(&at, fields)?;
        let name = format!("{at}.role");
        let word = request::text(&name, fields.get("role").unwrap_or(&Value::Null))?.unwrap_or_default();
        let role = role(&word).ok_or_else(|| wrong_type(&name, roles))?;
        Ok(Named { user_id, user_email, role })
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| one(format!("{field}[{index}]"), item)).collect()
        }
        value => Ok(vec![one(field.to_owned(), value)?]),
    }
}

/// The user id and address in the object at `at`: at least one of them.
///
/// # Errors
/// [`Refusal`], naming the field.
pub(crate) fn who(at: &str, fields: &Map<String, Value>) -> Result<(Option<String>, Option<String>), Refusal> {
    let path = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    let text = |name: &str| {
        let text = request::text(&path(name), fields.get(name).unwrap_or(&Value::Null))?;
        Ok(text.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()))
    };
    match (text("user_id")?, text("user_email")?) {
        (None, None) => Err(invalid(&path("user_id"), "user_id or user_email is required")),
        named => Ok(named),
    }
}

/// Reads who a request is about: its `user_id` or `user_email`.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn named(body: &Map<String, Value>) -> Result<Named<()>, Refusal> {
    let (user_id, user_email) = who("", body)?;
    Ok(Named { user_id, user_email, role: () })
}
