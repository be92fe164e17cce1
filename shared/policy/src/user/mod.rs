//! Users: how one is made, changed, shown and listed, and what a caller may change of whom.

mod answer;
mod list;
mod make;
#[cfg(test)]
mod tests;
mod update;

pub use answer::{available_roles, memberships};
pub use list::{Filter, List, OrderField};
pub use make::{Defaults, New, Place, new};
pub use update::update;

use serde_json::{Map, Value};

use crate::access::Role;
use crate::entity::{Editor, ObjectPermission, User};
use crate::request::{self, Refusal, forbidden, invalid, wrong_type};

/// The roles that a user may have.
const ROLES: [Role; 4] = [Role::ProxyAdmin, Role::ProxyAdminViewer, Role::InternalUser, Role::InternalUserViewer];

/// Fields that are the user's, beside budgets and limits.
const OWN: &[&str] =
    &["auto_create_key", "metadata", "models", "spend", "sso_user_id", "user_alias", "user_email", "user_role"];

/// Fields of LiteLLM that nothing enforces for users.
const UNENFORCED: &[&str] = &[
    "allowed_cache_controls",
    "budget_limits",
    "config",
    "guardrails",
    "model_rpm_limit",
    "model_tpm_limit",
    "password",
    "policies",
    "prompts",
    "send_invite_email",
];

/// Sets the user's own fields that `body` names.
fn set(user: &mut User, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<(), Refusal> {
    for (field, value) in body {
        match field.as_str() {
            "user_email" => user.user_email = email(value)?,
            "user_alias" => user.user_alias = request::text(field, value)?,
            "user_role" => user.user_role = role(value)?.or(user.user_role),
            "models" => user.models = request::texts(field, value)?,
            "metadata" => user.metadata = request::object(field, value)?,
            "sso_user_id" => user.sso_user_id = request::text(field, value)?.filter(|it| !it.is_empty()),
            _ => {}
        }
    }
    ObjectPermission::set(&mut user.object_permission, ("user", &user.user_id), body)?;
    editor.set_limits(&mut user.limits, body)
}

fn email(value: &Value) -> Result<Option<String>, Refusal> {
    let email = request::text("user_email", value)?.map(|it| it.trim().to_owned());
    Ok(email.filter(|it| !it.is_empty()))
}

/// The role that a request gives; none for null.
fn role(value: &Value) -> Result<Option<Role>, Refusal> {
    let Some(name) = request::text("user_role", value)?.filter(|it| !it.is_empty()) else { return Ok(None) };
    let known = ROLES.into_iter().find(|role| role.as_str() == name);
    let expected = "proxy_admin, proxy_admin_viewer, internal_user or internal_user_viewer";
    known.map(Some).ok_or_else(|| wrong_type("user_role", expected))
}

/// An id that can be a user's: not endless, and of characters that can be seen.
fn check_id(id: &str) -> Result<(), Refusal> {
    if id.len() > 512 || id.chars().any(char::is_control) {
        return Err(invalid("user_id", "must have at most 512 characters, none of them a control character"));
    }
    Ok(())
}

fn admins_only(field: &str, what: &str) -> Refusal {
    forbidden(field, &format!("only a proxy admin may {what}"))
}
