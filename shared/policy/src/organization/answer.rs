use serde_json::json;

use crate::answer::Answer;
use crate::entity::{Limits, ObjectPermission, Organization, OrganizationMember, User};
use crate::money::Usd;

impl Organization {
    /// What a caller sees of the organization itself. `limits` is what holds for it, `spend` what it has spent in its
    /// budget period.
    #[must_use]
    pub fn answer(&self, limits: &Limits, spend: Usd) -> Answer {
        let mut answer = Answer::new()
            .with("organization_id", &self.organization_id)
            .with("organization_alias", &self.organization_alias)
            .with("budget_id", &self.budget_id)
            .with("spend", &spend)
            .with("metadata", &self.metadata)
            .with("models", &self.models)
            .with("model_spend", &json!({}))
            .with("litellm_budget_table", &limits.table(self.budget_id.as_deref()))
            .with("created_at", &self.created_at)
            .with("created_by", &self.created_by)
            .with("updated_at", &self.updated_at)
            .with("updated_by", &self.updated_by);
        ObjectPermission::show(self.object_permission.as_ref(), &mut answer);
        answer
    }
}

impl OrganizationMember {
    /// The member as the organization shows it; `user` is the one behind it, `spend` what it has spent there.
    #[must_use]
    pub fn answer(&self, user: Option<&User>, spend: Usd) -> Answer {
        let email = user.and_then(|it| it.user_email.as_ref());
        let brief = user.map(|it| {
            let brief = Answer::new().with("user_id", &it.user_id).with("user_email", &it.user_email);
            brief.with("user_alias", &it.user_alias).with("user_role", &it.user_role)
        });
        Answer::new()
            .with("user_id", &self.user_id)
            .with("organization_id", &self.organization_id)
            .with("user_role", &self.user_role)
            .with("spend", &spend)
            .with("budget_id", &self.budget_id)
            .with("litellm_budget_table", &self.limits.table(self.budget_id.as_deref()))
            .with("user_email", &email)
            .with("user", &brief)
            .with("created_at", &self.created_at)
            .with("updated_at", &self.updated_at)
    }
}
