//! The JSON that management routes answer about keys.

use serde_json::{Map, Value, json};

use super::{Generated, Key, fields};

impl Generated {
    /// The answer of `/key/generate` and `/key/regenerate`: every field, and the secret once.
    #[must_use]
    pub fn answer(&self) -> Map<String, Value> {
        let mut answer = self.key.shown();
        answer.insert("key".to_owned(), json!(self.secret));
        answer.insert("token_id".to_owned(), json!(self.key.token));
        answer.insert("token".to_owned(), json!(self.key.token));
        answer
    }
}

impl Key {
    /// The `info` of `/key/info`: every field but the hash.
    #[must_use]
    pub fn info(&self) -> Map<String, Value> {
        self.shown()
    }

    /// An entry of `/key/list` with `return_full_object`: every field and the hash.
    #[must_use]
    pub fn full(&self) -> Map<String, Value> {
        let mut object = self.shown();
        object.insert("token".to_owned(), json!(self.token));
        object
    }

    /// Every field that a key has; those that are not set are null or empty.
    fn shown(&self) -> Map<String, Value> {
        let mut object = Map::new();
        for (field, _) in fields::FIELDS.iter().filter(|(field, _)| *field != "key" && *field != "duration") {
            object.insert((*field).to_owned(), self.shown_field(field));
        }
        for (field, value) in [
            ("key_name", json!(self.key_name)),
            ("spend", exact(&self.spend)),
            ("expires", json!(self.expires)),
            ("budget_reset_at", json!(self.budget_reset_at)),
            ("litellm_budget_table", Value::Null),
            ("model_spend", json!({})),
            ("created_at", json!(self.created_at)),
            ("created_by", json!(self.created_by)),
            ("updated_at", json!(self.updated_at)),
            ("updated_by", json!(self.updated_by)),
            ("last_active", json!(self.last_active)),
        ] {
            object.insert(field.to_owned(), value);
        }
        object
    }

    fn shown_field(&self, field: &str) -> Value {
        let money = |amount: &Option<_>| amount.as_ref().map_or(Value::Null, exact);
        match field {
            "key_alias" => json!(self.key_alias),
            "models" => json!(self.models),
            "aliases" => json!(self.aliases),
            "allowed_routes" => json!(self.allowed_routes),
            "permissions" => json!(self.permissions),
            "metadata" => json!(self.metadata),
            "max_budget" => money(&self.max_budget),
            "soft_budget" => money(&self.soft_budget),
            "budget_duration" => json!(self.budget_duration),
            "tpm_limit" => json!(self.tpm_limit),
            "rpm_limit" => json!(self.rpm_limit),
            "max_parallel_requests" => json!(self.max_parallel_requests),
            "user_id" => json!(self.user_id),
            "team_id" => json!(self.team_id),
            "organization_id" => json!(self.organization_id),
            "project_id" => json!(self.project_id),
            "agent_id" => json!(self.agent_id),
            "key_type" => json!(self.key_type),
            "blocked" => json!(self.blocked),
            "config" | "model_max_budget" | "router_settings" => json!({}),
            "allowed_cache_controls" => json!([]),
            other => self.metadata.get(other).or_else(|| self.rest.get(other)).cloned().unwrap_or(Value::Null),
        }
    }
}

/// An amount of money inside a JSON value.
///
/// `serde_json::Value` has no exact decimals; answers about spend that must be exact to the last digit are written
/// from [`crate::money::Usd`] itself.
fn exact(amount: &crate::money::Usd) -> Value {
    serde_json::to_value(amount).unwrap_or(Value::Null)
}
