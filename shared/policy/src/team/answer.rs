use serde_json::{Value, json};

use crate::answer::Answer;
use crate::entity::{Limits, Member, ObjectPermission, Team};
use crate::money::Usd;

impl Team {
    /// Everything that a caller sees of the team. `spend` is what it has spent in its budget period.
    #[must_use]
    pub fn answer(&self, members: &[Member], spend: Usd) -> Answer {
        let roster: Vec<Answer> = members.iter().map(Member::seat).collect();
        let mut answer = Answer::new()
            .with("team_id", &self.team_id)
            .with("team_alias", &self.team_alias)
            .with("organization_id", &self.organization_id)
            .with("admins", &json!([]))
            .with("members", &json!([]))
            .with("members_with_roles", &roster)
            .with("team_member_permissions", &self.team_member_permissions)
            .with("metadata", &self.metadata)
            .with("models", &self.models)
            .with("default_team_member_models", &self.default_team_member_models)
            .with("blocked", &self.blocked)
            .with("spend", &spend);
        for field in [
            "max_budget",
            "soft_budget",
            "budget_duration",
            "budget_reset_at",
            "budget_limits",
            "tpm_limit",
            "rpm_limit",
            "tpd_limit",
            "max_parallel_requests",
            "model_max_budget",
        ] {
            self.limits.show(&mut answer, field);
        }
        ObjectPermission::show(self.object_permission.as_ref(), &mut answer);
        answer
            .with("model_spend", &json!({}))
            .with("router_settings", &json!({}))
            .with("access_group_ids", &json!([]))
            .with("policies", &json!([]))
            .with("model_id", &Value::Null)
            .with("litellm_model_table", &self.aliases())
            .with("allow_team_guardrail_config", &false)
            .with("created_at", &self.created_at)
            .with("updated_at", &self.updated_at)
    }

    /// The limits of members without any of their own, as LiteLLM's row of a budget.
    #[must_use]
    pub fn member_table(&self) -> Option<Answer> {
        self.member_limits.table(None)
    }

    fn aliases(&self) -> Option<Answer> {
        let aliases = (!self.model_aliases.is_empty()).then_some(&self.model_aliases)?;
        let table = Answer::new().with("model_aliases", aliases).with("created_by", &self.created_by);
        Some(table.with("updated_by", &self.updated_by))
    }
}

impl Member {
    /// The member in `members_with_roles`.
    #[must_use]
    pub fn seat(&self) -> Answer {
        let seat = Answer::new().with("user_id", &self.user_id).with("user_email", &self.user_email);
        seat.with("role", &self.role)
    }

    /// The member in `team_memberships`: `limits` is what holds for it, `spend` and `total` what it has spent in the
    /// team, in its budget period and ever.
    #[must_use]
    pub fn membership(&self, team: &Team, limits: &Limits, spend: Usd, total: Usd) -> Answer {
        let table = limits.table(self.budget_id.as_deref());
        let table = table.map(|it| it.with("allowed_models", &self.allowed_models));
        Answer::new()
            .with("user_id", &self.user_id)
            .with("team_id", &self.team_id)
            .with("budget_id", &self.budget_id)
            .with("spend", &spend)
            .with("total_spend", &total)
            .with("litellm_budget_table", &table)
            .with("budget_source", self.budget_source(team))
    }

    /// Where the member's limits come from: `custom`, `team_default` or `none`.
    #[must_use]
    pub fn budget_source(&self, team: &Team) -> &'static str {
        if self.budget_id.is_some() || self.limits != Limits::default() {
            "custom"
        } else if team.member_limits != Limits::default() {
            "team_default"
        } else {
            "none"
        }
    }
}
