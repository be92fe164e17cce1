//! Which names of each kind of entity are unique, on whose lists it stands, and when a job has to look at it.

use jiff::Timestamp;
use policy::entity::{
    AccessGroup, Budget, Customer, Limits, Member, Organization, OrganizationMember, Project, Setting, Tag, Team, User,
};
use policy::jwt::KeyMapping;
use policy::key::{Key, OldSecret};
use policy::money::Usd;
use policy::skill::{Skill, SkillVersion};

use crate::attributes::key_part;
use crate::records::Record;

/// The job that moves ended budget periods on.
pub const RESET: &str = "RESET";

/// The job that gives keys new secrets.
pub const ROTATE: &str = "ROTATE";

/// The list of a budget: what is linked to it.
pub const BUDGET: &str = "BUDGET";

/// The id of a membership: two ids that cannot run into each other.
#[must_use]
pub fn membership(group: &str, user: &str) -> String {
    format!("{}#{}", key_part(group), key_part(user))
}

/// When the first of its budget periods ends.
fn reset(limits: &Limits) -> Vec<(&'static str, Timestamp)> {
    limits.first_reset().map(|moment| (RESET, moment)).into_iter().collect()
}

/// Owners that are known.
fn owners<const N: usize>(owners: [(&'static str, Option<&String>); N]) -> Vec<(&'static str, String)> {
    owners.into_iter().filter_map(|(kind, id)| Some((kind, id?.clone()))).collect()
}

impl Record for Key {
    const KIND: &'static str = "KEY";

    fn id(&self) -> String {
        self.token.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    /// Spend is counted elsewhere; a copy here could only be wrong.
    fn kept(&self) -> Self {
        Self { spend: Usd::ZERO, ..self.clone() }
    }

    fn unique(&self) -> Vec<(&'static str, String)> {
        self.key_alias.iter().map(|alias| ("alias", alias.clone())).collect()
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([
            ("USER", self.user_id.as_ref()),
            ("TEAM", self.team_id.as_ref()),
            ("ORGANIZATION", self.organization_id.as_ref()),
            ("PROJECT", self.project_id.as_ref()),
            ("CREATOR", self.created_by.as_ref()),
            (BUDGET, self.budget_id.as_ref()),
        ])
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        let rotation = self.key_rotation_at.filter(|_| self.auto_rotate).map(|moment| (ROTATE, moment));
        reset(&self.limits).into_iter().chain(rotation).collect()
    }
}

impl Record for OldSecret {
    const KIND: &'static str = "DEPRECATED_KEY";

    fn id(&self) -> String {
        self.token.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        None
    }

    fn ends(&self) -> Option<Timestamp> {
        self.revoke_at
    }
}

impl Record for User {
    const KIND: &'static str = "USER";

    fn id(&self) -> String {
        self.user_id.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn unique(&self) -> Vec<(&'static str, String)> {
        let email = self.user_email.as_ref().map(|email| ("email", email.to_lowercase()));
        let sso = self.sso_user_id.as_ref().map(|id| ("sso", id.clone()));
        email.into_iter().chain(sso).collect()
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([("ORGANIZATION", self.organization_id.as_ref()), (BUDGET, self.budget_id.as_ref())])
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        reset(&self.limits)
    }
}

impl Record for Customer {
    const KIND: &'static str = "CUSTOMER";

    fn id(&self) -> String {
        self.user_id.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([(BUDGET, self.budget_id.as_ref())])
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        reset(&self.limits)
    }
}

impl Record for Tag {
    const KIND: &'static str = "TAG";

    fn id(&self) -> String {
        self.name.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([(BUDGET, self.budget_id.as_ref())])
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        reset(&self.limits)
    }
}

impl Record for Budget {
    const KIND: &'static str = "BUDGET";

    fn id(&self) -> String {
        self.budget_id.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        reset(&self.limits)
    }
}

impl Record for KeyMapping {
    const KIND: &'static str = "KEY_MAPPING";

    fn id(&self) -> String {
        self.id.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn unique(&self) -> Vec<(&'static str, String)> {
        vec![("claim", Self::name(&self.jwt_issuer, &self.jwt_claim_name, &self.jwt_claim_value))]
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([("KEY", Some(&self.token))])
    }
}

impl Record for Team {
    const KIND: &'static str = "TEAM";

    fn id(&self) -> String {
        self.team_id.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([
            ("ORGANIZATION", self.organization_id.as_ref()),
            ("ALIAS", self.team_alias.as_ref()),
            (BUDGET, self.budget_id.as_ref()),
        ])
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        reset(&self.limits)
    }
}

impl Record for Member {
    const KIND: &'static str = "MEMBER";

    fn id(&self) -> String {
        membership(&self.team_id, &self.user_id)
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([("TEAM", Some(&self.team_id)), ("USER", Some(&self.user_id)), (BUDGET, self.budget_id.as_ref())])
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        reset(&self.limits)
    }
}

impl Record for Organization {
    const KIND: &'static str = "ORGANIZATION";

    fn id(&self) -> String {
        self.organization_id.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([("ALIAS", self.organization_alias.as_ref()), (BUDGET, self.budget_id.as_ref())])
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        reset(&self.limits)
    }
}

impl Record for OrganizationMember {
    const KIND: &'static str = "ORGANIZATION_MEMBER";

    fn id(&self) -> String {
        membership(&self.organization_id, &self.user_id)
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([
            ("ORGANIZATION", Some(&self.organization_id)),
            ("USER", Some(&self.user_id)),
            (BUDGET, self.budget_id.as_ref()),
        ])
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        reset(&self.limits)
    }
}

impl Record for Setting {
    const KIND: &'static str = "SETTING";

    fn id(&self) -> String {
        self.name.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }
}

impl Record for Project {
    const KIND: &'static str = "PROJECT";

    fn id(&self) -> String {
        self.project_id.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([("TEAM", self.team_id.as_ref()), (BUDGET, self.budget_id.as_ref())])
    }

    fn due(&self) -> Vec<(&'static str, Timestamp)> {
        reset(&self.limits)
    }
}

impl Record for AccessGroup {
    const KIND: &'static str = "ACCESS_GROUP";

    fn id(&self) -> String {
        self.access_group.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([(BUDGET, self.budget_id.as_ref())])
    }
}

/// Kinds of entities that may own a skill.
pub const OWNERS_OF_SKILLS: [&str; 4] = ["USER", "TEAM", "ORGANIZATION", "KEY"];

impl Record for Skill {
    const KIND: &'static str = "SKILL";

    fn id(&self) -> String {
        self.id.clone()
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        let kind = OWNERS_OF_SKILLS.iter().find(|it| **it == self.owner.kind);
        kind.map(|kind| (*kind, self.owner.id.clone())).into_iter().collect()
    }
}

impl Record for SkillVersion {
    const KIND: &'static str = "SKILL_VERSION";

    fn id(&self) -> String {
        membership(&self.skill_id, &self.version)
    }

    fn created(&self) -> Option<Timestamp> {
        self.created_at
    }

    fn owners(&self) -> Vec<(&'static str, String)> {
        owners([("SKILL", Some(&self.skill_id))])
    }
}
