//! Everyone whose rules hold for a call: the caller's key, and the entities behind it.

use crate::entity::{Customer, Member, Organization, OrganizationMember, Project, Tag, Team, User};
use crate::key::Key;

/// The entities behind a caller, each with what its linked budget sets filled into its limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entities {
    /// The user.
    pub user: Option<User>,
    /// The team.
    pub team: Option<Team>,
    /// The user's place in the team.
    pub member: Option<Member>,
    /// The organization: the key's own, or the team's.
    pub organization: Option<Organization>,
    /// The user's place in the organization.
    pub organization_member: Option<OrganizationMember>,
    /// The project.
    pub project: Option<Project>,
}

/// Everyone whose rules hold for one call.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The caller's key, with what its linked budget sets filled in; for a token the key that it stands for.
    pub key: &'a Key,
    /// The entities behind it.
    pub entities: &'a Entities,
    /// The customer that the caller acts for.
    pub customer: Option<&'a Customer>,
    /// The call's tags that have a record.
    pub tags: &'a [Tag],
}
