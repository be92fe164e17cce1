//! How a user is changed.

use serde_json::{Map, Value};

use super::{Defaults, OWN, UNENFORCED, admins_only, set};
use crate::access::{Manager, Role};
use crate::entity::{Editor, LIMITS, ObjectPermission, User};
use crate::form::Form;
use crate::request::{Refusal, invalid, is_blank};

const FORM: Form =
    Form { entity: "user", fields: &[OWN, LIMITS, ObjectPermission::FIELDS, &["user_id"]], unenforced: UNENFORCED };

/// Changes a user as a `/user/update` request asks: fields that are left out stay, null takes a limit away.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(
    user: &User,
    body: &Map<String, Value>,
    editor: &Editor<'_>,
    manager: &Manager<'_>,
    defaults: &Defaults<'_>,
) -> Result<User, Refusal> {
    check_manager(user, body, manager)?;
    if body.get("teams").is_some_and(|it| !is_blank(it)) {
        return Err(invalid("teams", "change by /team/member_add and /team/member_delete"));
    }
    FORM.check(body)?;
    let mut body = body.clone();
    defaults.fill_internal(&mut body);
    let mut changed = User { updated_at: Some(editor.now), updated_by: editor.by.map(str::to_owned), ..user.clone() };
    set(&mut changed, &body, editor)?;
    Ok(changed)
}

/// An admin changes everything; everyone else the own name and address, a viewer the address alone.
fn check_manager(user: &User, body: &Map<String, Value>, manager: &Manager<'_>) -> Result<(), Refusal> {
    if manager.is_admin() {
        return Ok(());
    }
    if manager.user_id != Some(user.user_id.as_str()) {
        return Err(admins_only("user_id", "change other users"));
    }
    let own: &[&str] = match manager.role {
        Role::ProxyAdminViewer | Role::InternalUserViewer => &["user_id", "user_email"],
        _ => &["user_id", "user_email", "user_alias"],
    };
    match body.iter().find(|(field, value)| !own.contains(&field.as_str()) && !value.is_null()) {
        Some((field, _)) => Err(admins_only(field, "change this")),
        None => Ok(()),
    }
}
