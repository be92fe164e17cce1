//! Who may manage a team or an organization: asked by handlers, which know what a request is about.

use super::Role;
use crate::entity::{Member, OrganizationMember, Team, TeamRole};

/// A caller, as far as it manages others.
#[derive(Debug, Clone, Copy)]
pub struct Manager<'a> {
    /// Its role.
    pub role: Role,
    /// The user that it acts as.
    pub user_id: Option<&'a str>,
    /// Ids of the organizations that it administers.
    pub organizations: &'a [String],
}

impl Manager<'_> {
    /// Whether it may manage everything.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::ProxyAdmin
    }

    /// Whether it may see everything.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        matches!(self.role, Role::ProxyAdmin | Role::ProxyAdminViewer)
    }

    /// Whether it may manage what belongs to an organization; nobody but an admin what belongs to none.
    #[must_use]
    pub fn may_manage_organization(&self, organization: Option<&str>) -> bool {
        let own = organization.is_some_and(|it| self.organizations.iter().any(|own| own == it));
        self.is_admin() || (own && !self.is_viewer())
    }

    /// Whether it may see what belongs to an organization, of which `own` is its membership.
    #[must_use]
    pub fn may_see_organization(&self, organization: &str, own: Option<&OrganizationMember>) -> bool {
        let is_member = own.is_some_and(|it| self.is(&it.user_id) && it.organization_id == organization);
        self.sees_all() || is_member || self.organizations.iter().any(|it| it == organization)
    }

    /// Whether it may manage a team, in which `own` is its membership: an admin, an admin of the team's organization, or
    /// of the team itself. Which fields each of them may change is for the handler to say.
    #[must_use]
    pub fn may_manage_team(&self, team: &Team, own: Option<&Member>) -> bool {
        self.may_manage_organization(team.organization_id.as_deref())
            || (self.is_member(team, own) && own.is_some_and(|it| it.role == TeamRole::Admin) && !self.is_viewer())
    }

    /// Whether it may see a team, in which `own` is its membership.
    #[must_use]
    pub fn may_see_team(&self, team: &Team, own: Option<&Member>) -> bool {
        let organization = team.organization_id.as_ref();
        self.sees_all()
            || self.is_member(team, own)
            || organization.is_some_and(|it| self.organizations.iter().any(|own| own == it))
    }

    fn is_member(&self, team: &Team, own: Option<&Member>) -> bool {
        own.is_some_and(|it| self.is(&it.user_id) && it.team_id == team.team_id)
    }

    fn is(&self, user: &str) -> bool {
        !user.is_empty() && self.user_id == Some(user)
    }

    fn is_viewer(&self) -> bool {
        matches!(self.role, Role::ProxyAdminViewer | Role::InternalUserViewer)
    }
}
