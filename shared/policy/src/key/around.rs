//! The entities that a key names, as far as a change of it depends on them.

use serde_json::Value;

use super::Key;
use super::settings::SERVICE_ACCOUNT;
use crate::entity::{Budget, Member, Organization, OrganizationMember, Project, Team};

/// The entities around a key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Around {
    /// The key's team.
    pub team: Option<Team>,
    /// The caller's place in that team.
    pub member: Option<Member>,
    /// The place in that team of the user whom the key belongs to.
    pub owner: Option<Member>,
    /// The key's project.
    pub project: Option<Project>,
    /// The organization of the key, or else of its team; its limits are what its budget sets.
    pub organization: Option<Organization>,
    /// The caller's place in that organization.
    pub organization_member: Option<OrganizationMember>,
    /// The budget that the key is linked to.
    pub budget: Option<Budget>,
    /// The budget of customers that the key's calls bring along.
    pub customer_budget: Option<Budget>,
    /// Every other key of the team, where the key wants a guaranteed share of the team's limits.
    pub of_team: Vec<Key>,
    /// Every other key of the organization, likewise.
    pub of_organization: Vec<Key>,
}

impl Around {
    /// The organization of the key, or else of its team.
    #[must_use]
    pub fn organization_id<'a>(&'a self, key: &'a Key) -> Option<&'a str> {
        let of_team = || self.team.as_ref().and_then(|team| team.organization_id.as_deref());
        key.organization_id.as_deref().or_else(of_team)
    }
}

impl Key {
    /// The budget of customers that the key's calls bring along and that have none of their own.
    #[must_use]
    pub fn end_user_budget_id(&self) -> Option<&str> {
        self.metadata.get("end_user_budget_id")?.as_str().filter(|id| !id.is_empty())
    }

    /// The service account that the key belongs to.
    #[must_use]
    pub fn service_account(&self) -> Option<&Value> {
        self.metadata.get(SERVICE_ACCOUNT).filter(|id| !id.is_null())
    }

    /// Whether the key wants its limits guaranteed: the limits of all such keys must fit into their team's and
    /// organization's.
    #[must_use]
    pub fn is_guaranteed(&self) -> bool {
        let is = |name: &str| self.metadata.get(name).is_some_and(|kind| kind == "guaranteed_throughput");
        is("rpm_limit_type") || is("tpm_limit_type")
    }
}
