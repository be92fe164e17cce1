//! Entities whose spend is counted.

use super::{AccessGroup, Customer, Limits, Member, Organization, OrganizationMember, Project, Tag, Team, User};
use crate::key::Key;
use crate::spend::pair;
use crate::subject::Kind;

/// An entity whose spend is counted, and what says in which period.
pub trait Spender {
    /// What it is.
    fn kind(&self) -> Kind;

    /// Its id.
    fn id(&self) -> &str;

    /// Its own budgets and limits.
    fn limits(&self) -> &Limits;

    /// Id of the budget that sets what they leave open.
    fn budget_id(&self) -> Option<&str>;
}

/// What spends by its own id.
macro_rules! spenders {
    ($($Type:ty: $kind:ident, $id:ident;)*) => {
        $(impl Spender for $Type {
            fn kind(&self) -> Kind {
                Kind::$kind
            }

            fn id(&self) -> &str {
                &self.$id
            }

            fn limits(&self) -> &Limits {
                &self.limits
            }

            fn budget_id(&self) -> Option<&str> {
                self.budget_id.as_deref()
            }
        })*
    };
}

spenders! {
    AccessGroup: AccessGroup, access_group;
    Customer: EndUser, user_id;
    Key: Key, origin;
    Organization: Organization, organization_id;
    Project: Project, project_id;
    Tag: Tag, name;
    Team: Team, team_id;
    User: User, user_id;
}

/// A member as it spends in its team or organization.
#[derive(Debug, Clone, PartialEq)]
pub struct Seat {
    kind: Kind,
    id: String,
    budget_id: Option<String>,
    limits: Limits,
}

impl Seat {
    /// A place in a team. What the team sets for its members holds where a member has nothing of its own.
    #[must_use]
    pub fn in_team(team: Option<&Team>, member: &Member) -> Self {
        let limits = team.map_or_else(|| member.limits.clone(), |team| member.limits.over(&team.member_limits));
        let id = pair(&member.team_id, &member.user_id);
        Self { kind: Kind::TeamMember, id, budget_id: member.budget_id.clone(), limits }
    }

    /// A place in an organization.
    #[must_use]
    pub fn in_organization(member: &OrganizationMember) -> Self {
        let id = pair(&member.organization_id, &member.user_id);
        let (budget_id, limits) = (member.budget_id.clone(), member.limits.clone());
        Self { kind: Kind::OrganizationMember, id, budget_id, limits }
    }
}

impl Spender for Seat {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn budget_id(&self) -> Option<&str> {
        self.budget_id.as_deref()
    }
}
