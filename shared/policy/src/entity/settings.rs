//! Settings that LiteLLM keeps among an entity's metadata: the same for teams, organizations and projects.

use serde_json::{Map, Value};

use crate::request::{self, Refusal, invalid, is_blank};

/// The settings that something acts on: requests set them beside the metadata or in it.
pub(crate) const SETTINGS: &[&str] = &[
    "default_estimated_output_tokens",
    "default_estimated_output_tokens_per_model",
    "model_rpm_limit",
    "model_tpm_limit",
    "rpm_limit_type",
    "tags",
    "tpm_limit_type",
];

/// Further settings of projects.
pub(crate) const PROJECT_SETTINGS: &[&str] = &["model_itpm_limit", "model_otpm_limit"];

/// LiteLLM's fields, and settings in the metadata, that nothing acts on. Those of [`PROJECT_SETTINGS`] hold for projects.
pub(crate) const UNENFORCED: &[&str] = &[
    "access_group_ids",
    "allow_team_guardrail_config",
    "allowed_models",
    "allowed_passthrough_routes",
    "allowed_tools",
    "allowed_vector_store_indexes",
    "denied_passthrough_routes",
    "disable_global_guardrails",
    "enforced_batch_output_expires_after",
    "enforced_file_expires_after",
    "enforced_params",
    "guardrails",
    "logging",
    "mcp_rpm_limit",
    "model_itpm_limit",
    "model_otpm_limit",
    "policies",
    "prompts",
    "router_settings",
    "secret_manager_settings",
    "tag_rpm_limit",
    "throttle_on_budget_exceeded",
];

/// Sets the metadata, when `body` gives it whole, and every setting beside it; null takes a setting out. `more` are
/// settings beside those that all have.
///
/// # Errors
/// [`Refusal`], naming the setting.
pub(crate) fn set_metadata(
    metadata: &mut Map<String, Value>,
    body: &Map<String, Value>,
    more: &[&str],
) -> Result<(), Refusal> {
    if let Some(whole) = body.get("metadata") {
        let whole = request::object("metadata", whole)?;
        check(&whole, more)?;
        *metadata = whole;
    }
    for field in SETTINGS.iter().chain(more) {
        let Some(value) = body.get(*field) else { continue };
        check_setting(field, value)?;
        if value.is_null() {
            metadata.shift_remove(*field);
        } else {
            metadata.insert((*field).to_owned(), value.clone());
        }
    }
    Ok(())
}

/// `patch` over `metadata`, as a JSON merge patch: null takes a field out, objects are merged, the rest replaces.
pub(crate) fn merge(metadata: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut merged = metadata.as_object().cloned().unwrap_or_default();
    for (field, value) in patch {
        if value.is_null() {
            merged.shift_remove(field);
        } else {
            let under = merge(merged.get(field).unwrap_or(&Value::Null), value);
            merged.insert(field.clone(), under);
        }
    }
    Value::Object(merged)
}

fn check(metadata: &Map<String, Value>, more: &[&str]) -> Result<(), Refusal> {
    for (field, value) in metadata {
        let at = format!("metadata.{field}");
        if SETTINGS.iter().chain(more).any(|it| it == field) {
            let named = |refusal: Refusal| Refusal { field: format!("metadata.{}", refusal.field), ..refusal };
            check_setting(field, value).map_err(named)?;
        } else if UNENFORCED.contains(&field.as_str()) && !is_blank(value) {
            return Err(invalid(&at, "this gateway does not enforce it"));
        }
    }
    Ok(())
}

fn check_setting(field: &str, value: &Value) -> Result<(), Refusal> {
    match field {
        "tags" => request::texts(field, value).map(drop),
        "default_estimated_output_tokens" => request::count(field, value).map(drop),
        "rpm_limit_type" | "tpm_limit_type" => match request::text(field, value)?.as_deref() {
            None | Some("best_effort_throughput") => Ok(()),
            Some(_) => Err(invalid(field, "must be best_effort_throughput, the only type that is enforced here")),
        },
        _ => {
            for (model, limit) in request::object(field, value)? {
                request::count(&format!("{field}.{model}"), &limit)?;
            }
            Ok(())
        }
    }
}
