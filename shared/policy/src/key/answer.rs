//! The JSON that management routes answer about keys. Money is written with every digit, so the answer is not a
//! `serde_json::Value`, which has none.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::{Generated, Key, fields};
use crate::money::Usd;

/// A key as callers see it: every field, in a fixed order; those that are not set are null or empty.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyView(Vec<(&'static str, Field)>);

#[derive(Debug, Clone, PartialEq)]
enum Field {
    Json(Value),
    Money(Option<Usd>),
}

impl Generated {
    /// The answer of `/key/generate` and `/key/regenerate`: every field, and the secret once. `spend` is what the key
    /// has spent.
    #[must_use]
    pub fn answer(&self, spend: Usd) -> KeyView {
        let mut view = self.key.info(spend);
        view.0.push(("key", Field::Json(json!(self.secret))));
        view.0.push(("token_id", Field::Json(json!(self.key.token))));
        view.0.push(("token", Field::Json(json!(self.key.token))));
        view
    }
}

impl Key {
    /// The `info` of `/key/info`: every field but the hash. `spend` is what the key has spent.
    #[must_use]
    pub fn info(&self, spend: Usd) -> KeyView {
        let of_request = fields::FIELDS.iter().map(|(field, _)| *field);
        let shown = of_request.filter(|field| !matches!(*field, "key" | "duration" | "spend"));
        let mut view: Vec<_> = shown.map(|field| (field, self.field(field))).collect();
        let of_answer = [
            ("key_name", json!(self.key_name)),
            ("expires", json!(self.expires)),
            ("budget_reset_at", json!(self.limits.budget_reset_at)),
            ("litellm_budget_table", Value::Null),
            ("model_spend", json!({})),
            ("created_at", json!(self.created_at)),
            ("created_by", json!(self.created_by)),
            ("updated_at", json!(self.updated_at)),
            ("updated_by", json!(self.updated_by)),
            ("last_active", json!(self.last_active)),
        ];
        view.extend(of_answer.map(|(field, value)| (field, Field::Json(value))));
        view.push(("spend", Field::Money(Some(spend))));
        KeyView(view)
    }

    /// An entry of `/key/list` with `return_full_object`: every field and the hash. `spend` is what the key has spent.
    #[must_use]
    pub fn full(&self, spend: Usd) -> KeyView {
        let mut view = self.info(spend);
        view.0.push(("token", Field::Json(json!(self.token))));
        view
    }

    fn field(&self, field: &str) -> Field {
        Field::Json(match field {
            "max_budget" => return Field::Money(self.limits.max_budget),
            "soft_budget" => return Field::Money(self.limits.soft_budget),
            "key_alias" => json!(self.key_alias),
            "models" => json!(self.models),
            "aliases" => json!(self.aliases),
            "allowed_routes" => json!(self.allowed_routes),
            "permissions" => json!(self.permissions),
            "metadata" => json!(self.metadata),
            "budget_duration" => json!(self.limits.budget_duration),
            "tpm_limit" => json!(self.limits.tpm_limit),
            "rpm_limit" => json!(self.limits.rpm_limit),
            "max_parallel_requests" => json!(self.limits.max_parallel_requests),
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
        })
    }
}

impl Serialize for KeyView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, field) in &self.0 {
            match field {
                Field::Json(value) => map.serialize_entry(name, value)?,
                Field::Money(amount) => map.serialize_entry(name, amount)?,
            }
        }
        map.end()
    }
}
