use serde_json::{Map, Value};

use crate::access::Role;
use crate::entity::{Editor, OrganizationMember};
use crate::form::Form;
use crate::member::{self, Named};
use crate::request::{self, Refusal, wrong_type};

const ROLES: &str = "org_admin, internal_user or internal_user_viewer";

const FORM_OF_NEW: Form =
    Form { entity: "member", fields: &[&["max_budget_in_organization", "member", "organization_id"]], unenforced: &[] };

const FORM: Form = Form {
    entity: "member",
    fields: &[&["max_budget_in_organization", "organization_id", "role", "user_email", "user_id"]],
    unenforced: &[],
};

/// The members that an `/organization/member_add` request names.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn requested(body: &Map<String, Value>) -> Result<Vec<Named<Role>>, Refusal> {
    FORM_OF_NEW.check(body)?;
    member::members("member", body.get("member").unwrap_or(&Value::Null), role, ROLES)
}

/// Makes a user a member of the organization, with the budget that an `/organization/member_add` request sets.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn join(
    organization_id: &str,
    user_id: &str,
    user_role: Role,
    body: &Map<String, Value>,
    editor: &Editor<'_>,
) -> Result<OrganizationMember, Refusal> {
    let mut member = OrganizationMember {
        organization_id: organization_id.to_owned(),
        user_id: user_id.to_owned(),
        user_role,
        created_at: Some(editor.now),
        ..OrganizationMember::default()
    };
    set(&mut member, body, editor)?;
    Ok(member)
}

/// Changes a member as an `/organization/member_update` request asks.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update_member(
    member: &OrganizationMember,
    body: &Map<String, Value>,
    editor: &Editor<'_>,
) -> Result<OrganizationMember, Refusal> {
    FORM.check(body)?;
    let mut changed = member.clone();
    if let Some(word) = request::text("role", body.get("role").unwrap_or(&Value::Null))? {
        changed.user_role = role(&word).ok_or_else(|| wrong_type("role", ROLES))?;
    }
    set(&mut changed, body, editor)?;
    Ok(changed)
}

fn set(member: &mut OrganizationMember, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<(), Refusal> {
    if let Some(budget) = body.get("max_budget_in_organization") {
        member.limits.max_budget = request::money("max_budget_in_organization", budget)?;
    }
    member.updated_at = Some(editor.now);
    Ok(())
}

fn role(word: &str) -> Option<Role> {
    [Role::OrgAdmin, Role::InternalUser, Role::InternalUserViewer].into_iter().find(|role| role.as_str() == word)
}
