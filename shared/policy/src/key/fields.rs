//! Every field of a `/key/generate` request, and what setting it does.

use serde_json::{Map, Value};

use crate::request::{Refusal, RefusalKind, is_blank};

/// What setting a field does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changes what the key may do.
    Enforced,
    /// It is kept and shown; it was never meant to refuse anything by itself.
    Stored,
    /// Nothing enforces it yet: a request that sets it is refused, so that nobody relies on it.
    Refused,
}

/// The fields of a key, sorted.
pub const FIELDS: &[(&str, Effect)] = &[
    ("access_group_ids", Effect::Enforced),
    ("agent_id", Effect::Enforced),
    ("aliases", Effect::Enforced),
    ("allowed_cache_controls", Effect::Enforced),
    ("allowed_passthrough_routes", Effect::Refused),
    ("allowed_routes", Effect::Enforced),
    ("allowed_vector_store_indexes", Effect::Refused),
    ("auto_rotate", Effect::Enforced),
    ("blocked", Effect::Enforced),
    ("budget_duration", Effect::Enforced),
    ("budget_fallbacks", Effect::Enforced),
    ("budget_id", Effect::Enforced),
    ("budget_limits", Effect::Enforced),
    ("config", Effect::Refused),
    ("default_estimated_output_tokens", Effect::Enforced),
    ("default_estimated_output_tokens_per_model", Effect::Enforced),
    ("denied_passthrough_routes", Effect::Refused),
    ("disable_global_guardrails", Effect::Stored),
    ("duration", Effect::Enforced),
    ("enable_prompt_caching", Effect::Refused),
    ("end_user_budget_id", Effect::Enforced),
    ("enforced_params", Effect::Enforced),
    ("guardrails", Effect::Refused),
    ("key", Effect::Enforced),
    ("key_alias", Effect::Stored),
    ("key_type", Effect::Enforced),
    ("max_budget", Effect::Enforced),
    ("max_parallel_requests", Effect::Enforced),
    ("mcp_rpm_limit", Effect::Refused),
    ("metadata", Effect::Stored),
    ("model_max_budget", Effect::Enforced),
    ("model_rpm_limit", Effect::Enforced),
    ("model_tpm_limit", Effect::Enforced),
    ("models", Effect::Enforced),
    ("object_permission", Effect::Enforced),
    ("object_permission_id", Effect::Stored),
    ("organization_id", Effect::Stored),
    ("permissions", Effect::Enforced),
    ("policies", Effect::Refused),
    ("project_id", Effect::Stored),
    ("prompts", Effect::Refused),
    ("rotation_interval", Effect::Enforced),
    ("router_settings", Effect::Refused),
    ("rpm_limit", Effect::Enforced),
    ("rpm_limit_type", Effect::Enforced),
    ("send_invite_email", Effect::Refused),
    ("soft_budget", Effect::Stored),
    ("spend", Effect::Refused),
    ("tag_rpm_limit", Effect::Enforced),
    ("tags", Effect::Stored),
    ("team_id", Effect::Stored),
    ("temp_budget_expiry", Effect::Enforced),
    ("temp_budget_increase", Effect::Enforced),
    ("throttle_on_budget_exceeded", Effect::Enforced),
    ("tpd_limit", Effect::Stored),
    ("tpm_limit", Effect::Enforced),
    ("tpm_limit_type", Effect::Enforced),
    ("user_id", Effect::Stored),
];

/// Settings that LiteLLM reads from a key's metadata and that nothing enforces yet.
const REFUSED_METADATA: &[&str] = &[
    "allowed_tools",
    "guardrails",
    "logging",
    "max_budget_per_session",
    "max_iterations",
    "mcp_rpm_limit",
    "mcp_tpm_limit",
    "policies",
    "prompts",
];

/// What setting `field` does; `None` for a field that no key has.
#[must_use]
pub fn effect(field: &str) -> Option<Effect> {
    let index = FIELDS.binary_search_by(|(name, _)| (*name).cmp(field)).ok()?;
    FIELDS.get(index).map(|(_, effect)| *effect)
}

/// Whether a request may set `field`.
pub(crate) fn is_enforced(field: &str) -> bool {
    effect(field).is_some_and(|effect| effect != Effect::Refused)
}

/// Refuses a request that sets what nothing enforces. Empty values set nothing.
pub(super) fn check(body: &Map<String, Value>) -> Result<(), Refusal> {
    let refuse =
        |field: String, reason: &str| Err(Refusal { kind: RefusalKind::Invalid, field, reason: reason.to_owned() });
    for (field, _) in body.iter().filter(|(_, value)| !is_blank(value)) {
        match effect(field) {
            Some(Effect::Refused) => {
                return refuse(field.clone(), "this gateway does not enforce it yet, so the key is not changed");
            }
            Some(_) => {}
            None => return refuse(field.clone(), "a key has no such field"),
        }
    }
    let metadata = body.get("metadata").and_then(Value::as_object);
    for (field, value) in metadata.into_iter().flatten() {
        if REFUSED_METADATA.contains(&field.as_str()) && !is_blank(value) {
            return refuse(
                format!("metadata.{field}"),
                "this gateway does not enforce it yet, so the key is not changed",
            );
        }
    }
    Ok(())
}
