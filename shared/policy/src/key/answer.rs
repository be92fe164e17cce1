//! The JSON that management routes answer about keys.

use serde_json::{Value, json};

use super::{Generated, Key, fields};
use crate::answer::Answer;
use crate::entity::ObjectPermission;
use crate::money::Usd;

impl Generated {
    /// The answer of `/key/generate` and `/key/regenerate`: every field, and the secret once. `spend` is what the key
    /// has spent.
    #[must_use]
    pub fn answer(&self, spend: Usd) -> Answer {
        let view = self.key.info(spend).with("duration", &self.duration).with("key", &self.secret);
        view.with("token_id", &self.key.token).with("token", &self.key.token)
    }
}

impl Key {
    /// The `info` of `/key/info`: every field but the hash. `spend` is what the key has spent.
    #[must_use]
    pub fn info(&self, spend: Usd) -> Answer {
        let of_request = fields::FIELDS.iter().map(|(field, _)| *field);
        let mut view = Answer::new();
        for field in of_request.filter(|field| !matches!(*field, "key" | "duration" | "spend")) {
            self.show(&mut view, field);
        }
        view.with("key_name", &self.key_name)
            .with("expires", &self.expires)
            .with("budget_reset_at", &self.limits.budget_reset_at)
            .with("litellm_budget_table", &Value::Null)
            .with("model_spend", &json!({}))
            .with("key_rotation_at", &self.key_rotation_at)
            .with("last_rotation_at", &self.last_rotation_at)
            .with("rotation_count", &self.rotation_count)
            .with("created_at", &self.created_at)
            .with("created_by", &self.created_by)
            .with("updated_at", &self.updated_at)
            .with("updated_by", &self.updated_by)
            .with("last_active", &self.last_active)
            .with("spend", &spend)
    }

    /// An entry of `/key/list` with `return_full_object`: every field and the hash. `spend` is what the key has spent.
    #[must_use]
    pub fn full(&self, spend: Usd) -> Answer {
        self.info(spend).with("token", &self.token)
    }

    fn show(&self, view: &mut Answer, field: &str) {
        match field {
            "key_alias" => view.set(field, &self.key_alias),
            "models" => view.set(field, &self.models),
            "aliases" => view.set(field, &self.aliases),
            "allowed_routes" => view.set(field, &self.allowed_routes),
            "permissions" => view.set(field, &self.permissions),
            "metadata" => view.set(field, &self.metadata),
            "user_id" => view.set(field, &self.user_id),
            "team_id" => view.set(field, &self.team_id),
            "organization_id" => view.set(field, &self.organization_id),
            "project_id" => view.set(field, &self.project_id),
            "agent_id" => view.set(field, &self.agent_id),
            "budget_id" => view.set(field, &self.budget_id),
            "key_type" => view.set(field, &self.key_type),
            "blocked" => view.set(field, &self.blocked),
            "config" | "router_settings" => view.set(field, &json!({})),
            "allowed_cache_controls" => view.set(field, &self.allowed_cache_controls),
            "access_group_ids" => view.set(field, &self.access_group_ids),
            "budget_fallbacks" => view.set(field, &self.budget_fallbacks),
            "auto_rotate" => view.set(field, &self.auto_rotate),
            "rotation_interval" => view.set(field, &self.rotation_interval),
            "object_permission" => ObjectPermission::show(self.object_permission.as_ref(), view),
            "object_permission_id" => {}
            "temp_budget_increase" | "temp_budget_expiry" => view.set(field, self.kept(field)),
            other if self.limits.show(view, other) => {}
            other => view.set(other, self.kept(other)),
        }
    }

    /// What a request has set that is kept among the metadata, or that this version does not know.
    fn kept(&self, field: &str) -> &Value {
        self.metadata.get(field).or_else(|| self.rest.get(field)).unwrap_or(&Value::Null)
    }
}
