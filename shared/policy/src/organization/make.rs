use serde_json::{Map, Value};

use crate::entity::{Editor, LIMITS, ObjectPermission, Organization, SETTINGS, UNENFORCED, merge, set_metadata};
use crate::form::Form;
use crate::request::{self, Refusal, forbidden, invalid, is_blank};
use crate::within::check_soft_budget;

const FORM: Form = Form {
    entity: "organization",
    fields: &[
        &["budget_id", "metadata", "models", "organization_alias", "organization_id"],
        LIMITS,
        SETTINGS,
        ObjectPermission::FIELDS,
    ],
    unenforced: UNENFORCED,
};

/// Makes an organization as an `/organization/new` request asks; `id` is its id when the request names none.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn new(body: &Map<String, Value>, id: String, editor: &Editor<'_>) -> Result<Organization, Refusal> {
    FORM.check(body)?;
    if body.get("organization_alias").is_none_or(is_blank) {
        return Err(invalid("organization_alias", "is required"));
    }
    let named = request::text("organization_id", body.get("organization_id").unwrap_or(&Value::Null))?;
    let mut organization = Organization {
        organization_id: named.filter(|it| !it.trim().is_empty()).unwrap_or(id),
        created_at: Some(editor.now),
        created_by: editor.by.map(str::to_owned),
        ..Organization::default()
    };
    set(&mut organization, body, editor)?;
    Ok(organization)
}

/// Changes an organization as an `/organization/update` request asks: fields that are left out stay, null takes a limit
/// away, metadata are merged. LiteLLM's pages send limits within `litellm_budget_table`.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(
    organization: &Organization,
    body: &Map<String, Value>,
    editor: &Editor<'_>,
) -> Result<Organization, Refusal> {
    let mut body = body.clone();
    if let Some(table) = body.shift_remove("litellm_budget_table") {
        let limits = request::object("litellm_budget_table", &table)?;
        body.extend(limits.into_iter().filter(|(field, _)| LIMITS.contains(&field.as_str())));
    }
    FORM.check(&body)?;
    if let Some(metadata) = body.get_mut("metadata").filter(|it| it.is_object()) {
        *metadata = merge(&Value::Object(organization.metadata.clone()), metadata);
    }
    let mut changed = organization.clone();
    set(&mut changed, &body, editor)?;
    Ok(changed)
}

/// Checks that an admin of the organization itself may turn it into `changed`: what bounds it is set by proxy admins.
///
/// # Errors
/// A [`crate::request::RefusalKind::Forbidden`] that names the field.
pub fn permit(organization: &Organization, changed: &Organization) -> Result<(), Refusal> {
    let limit = |name: &str| changed.metadata.get(name) != organization.metadata.get(name);
    let bounds = [
        ("max_budget", changed.limits != organization.limits),
        ("budget_id", changed.budget_id != organization.budget_id),
        ("models", changed.models != organization.models),
        ("object_permission", changed.object_permission != organization.object_permission),
        ("model_rpm_limit", limit("model_rpm_limit")),
        ("model_tpm_limit", limit("model_tpm_limit")),
    ];
    match bounds.iter().find(|(_, differs)| *differs) {
        Some((field, _)) => Err(forbidden(field, "only a proxy admin sets the bounds of an organization")),
        None => Ok(()),
    }
}

fn set(organization: &mut Organization, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<(), Refusal> {
    set_metadata(&mut organization.metadata, body, &[])?;
    for (field, value) in body {
        match field.as_str() {
            "organization_alias" => {
                let alias = request::text(field, value)?.filter(|it| !it.is_empty());
                organization.organization_alias = Some(alias.ok_or_else(|| invalid(field, "cannot be taken away"))?);
            }
            "models" => organization.models = request::texts(field, value)?,
            "budget_id" => organization.budget_id = request::text(field, value)?.filter(|it| !it.is_empty()),
            _ => {}
        }
    }
    ObjectPermission::set(&mut organization.object_permission, ("organization", &organization.organization_id), body)?;
    editor.set_limits(&mut organization.limits, body)?;
    check_soft_budget(&organization.limits)?;
    organization.updated_at = Some(editor.now);
    organization.updated_by = editor.by.map(str::to_owned);
    Ok(())
}
