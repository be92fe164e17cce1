//! What callers see of users.

use serde_json::{Value, json};

use super::{New, ROLES};
use crate::access::Role;
use crate::answer::Answer;
use crate::entity::{LIMITS, ObjectPermission, OrganizationMember, User};
use crate::key::Generated;
use crate::money::Usd;

impl User {
    /// Everything that a caller sees of the user. `spend` is what it has spent, `teams` the teams that it is in.
    #[must_use]
    pub fn answer(&self, spend: Usd, teams: &[String]) -> Answer {
        let mut answer = Answer::new();
        self.show(&mut answer, spend, teams);
        answer
    }

    /// The answer of `/v2/user/info`: what `answer` has, without limits.
    #[must_use]
    pub fn short(&self, spend: Usd, teams: &[String]) -> Answer {
        let mut whole = self.answer(spend, teams);
        let mut answer = Answer::new();
        for field in [
            "user_id",
            "user_email",
            "user_alias",
            "user_role",
            "spend",
            "max_budget",
            "models",
            "budget_duration",
            "budget_reset_at",
            "metadata",
            "created_at",
            "updated_at",
            "sso_user_id",
            "teams",
        ] {
            answer.set(field, &whole.take(field));
        }
        answer
    }

    fn show(&self, answer: &mut Answer, spend: Usd, teams: &[String]) {
        answer.set("user_id", &self.user_id);
        answer.set("user_email", &self.user_email);
        answer.set("user_alias", &self.user_alias);
        answer.set("user_role", &self.user_role);
        answer.set("teams", teams);
        answer.set("models", &self.models);
        answer.set("spend", &spend);
        for field in LIMITS {
            self.limits.show(answer, field);
        }
        answer.set("budget_reset_at", &self.limits.budget_reset_at);
        answer.set("model_spend", &json!({}));
        answer.set("metadata", &self.metadata);
        answer.set("sso_user_id", &self.sso_user_id);
        answer.set("organization_id", &self.organization_id);
        answer.set("organization_memberships", &Value::Null);
        ObjectPermission::show(self.object_permission.as_ref(), answer);
        answer.set("created_at", &self.created_at);
        answer.set("updated_at", &self.updated_at);
    }
}

impl New {
    /// The answer of `/user/new`: the first key with its secret, and over it the user.
    #[must_use]
    pub fn answer(&self, key: Option<&Generated>) -> Answer {
        let mut answer = match key {
            Some(key) => key.answer(Usd::ZERO),
            None => Answer::new().with("key", "").with("token_id", &Value::Null).with("expires", &Value::Null),
        };
        let teams: Vec<String> = self.teams.iter().map(|place| place.team_id.clone()).collect();
        self.user.show(&mut answer, self.spend, &teams);
        answer.with("organizations", &self.organizations)
    }
}

/// What `/user/info` says of a user's places in organizations.
#[must_use]
pub fn memberships(members: &[OrganizationMember]) -> Vec<Answer> {
    let show = |member: &OrganizationMember| {
        Answer::new()
            .with("user_id", &member.user_id)
            .with("organization_id", &member.organization_id)
            .with("user_role", &member.user_role)
            .with("budget_id", &member.budget_id)
            .with("created_at", &member.created_at)
            .with("updated_at", &member.updated_at)
    };
    members.iter().map(show).collect()
}

/// The roles that a user may be given, as `/user/available_roles` tells them.
#[must_use]
pub fn available_roles() -> Value {
    let entry = |role: Role| {
        let (label, description) = match role {
            Role::ProxyAdmin => ("Admin (All Permissions)", "manages everything"),
            Role::ProxyAdminViewer => ("Admin (View Only)", "sees everything, changes nothing"),
            Role::InternalUser => {
                ("Internal User (Create/Delete/View)", "uses models, manages own keys, sees own spend")
            }
            _ => ("Internal Viewer (View Only)", "uses models, sees own keys and own spend"),
        };
        (role.as_str().to_owned(), json!({"description": description, "ui_label": label}))
    };
    ROLES.into_iter().map(entry).collect::<serde_json::Map<_, _>>().into()
}
