//! Everyone whose rules hold for a call: the caller's key, and the entities behind it.

mod names;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::config::Agent;
use crate::entity::{
    AccessGroup, Customer, Limits, Member, Organization, OrganizationMember, Project, Tag, Team, User,
};
use crate::key::Key;
use crate::spend::pair;

pub use names::ModelNames;

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
    /// The access groups that the key was given, and their models.
    pub key_groups: Vec<String>,
    /// The access groups with a budget that lists of models behind the key name, each with all of its models.
    pub paying_groups: Vec<AccessGroup>,
}

/// Everyone whose rules hold for one call.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The caller's key, with what its linked budget sets filled in; for a token the key that it stands for, for the
    /// master key one without an origin.
    pub key: &'a Key,
    /// The entities behind it.
    pub entities: &'a Entities,
    /// The customer that the caller acts for; without a record one of that name and no limits.
    pub customer: Option<&'a Customer>,
    /// The call's tags; one without a record has no limits.
    pub tags: &'a [Tag],
    /// Of the paying access groups those that hold the model that is asked for.
    pub groups: &'a [AccessGroup],
    /// The agent that calls, if it is one that the configuration knows.
    pub agent: Option<Acting<'a>>,
}

/// A call that an agent makes.
#[derive(Debug, Clone, Copy)]
pub struct Acting<'a> {
    /// The agent.
    pub agent: &'a Agent,
    /// The session that the call belongs to, if it says so.
    pub session: Option<&'a str>,
}

/// Who has budgets and limits; LiteLLM's words, as in a spend event's scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The key.
    Key,
    /// Its user.
    User,
    /// Its team.
    Team,
    /// The user's place in the team.
    TeamMember,
    /// The organization.
    Organization,
    /// The user's place in the organization.
    OrganizationMember,
    /// The project.
    Project,
    /// The customer.
    EndUser,
    /// A tag of the call.
    Tag,
    /// A group of models that someone's list names and that holds the call's.
    AccessGroup,
}

/// Someone with budgets and limits.
#[derive(Debug, Clone)]
pub struct Holder<'a> {
    /// What it is.
    pub kind: Kind,
    /// Which one, as in [`crate::spend::Scope::id`].
    pub id: Cow<'a, str>,
    /// What it may spend and how fast.
    pub limits: &'a Limits,
}

impl Kind {
    /// The kind of the scope that counts everything of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::User => "user",
            Self::Team => "team",
            Self::TeamMember => "team_member",
            Self::Organization => "organization",
            Self::OrganizationMember => "organization_member",
            Self::Project => "project",
            Self::EndUser => "end_user",
            Self::Tag => "tag",
            Self::AccessGroup => "model_access_group",
        }
    }

    /// The kind of the scope that counts what it spends on one of its models.
    #[must_use]
    pub const fn per_model(self) -> &'static str {
        match self {
            Self::Key => "model_per_key",
            Self::User => "model_per_user",
            Self::Team => "model_per_team",
            Self::TeamMember => "model_per_team_member",
            Self::Organization => "model_per_organization",
            Self::OrganizationMember => "model_per_organization_member",
            Self::Project => "model_per_project",
            Self::EndUser => "model_per_end_user",
            Self::Tag => "model_per_tag",
            Self::AccessGroup => "model_per_model_access_group",
        }
    }

    /// The name in headers and messages about rate limits.
    #[must_use]
    pub const fn descriptor(self) -> &'static str {
        match self {
            Self::Key => "api_key",
            other => other.as_str(),
        }
    }
}

impl<'a> Subject<'a> {
    /// Whether the key is its user's own, rather than a team's.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.key.team_id.is_none()
    }

    /// Everyone with a record, the key first. An agent has rate limits alone, and is none of them.
    pub fn holders(&self) -> impl Iterator<Item = Holder<'a>> {
        let Self { key, entities, customer, tags, groups, .. } = *self;
        let Entities { user, team, member, organization, organization_member, project, .. } = entities;
        let one = |kind, id: &'a String, limits| Holder { kind, id: Cow::from(id.as_str()), limits };
        let own = (!key.origin.is_empty()).then(|| one(Kind::Key, &key.origin, &key.limits));
        let user = user.as_ref().map(|it| one(Kind::User, &it.user_id, &it.limits));
        let team = team.as_ref().map(|it| one(Kind::Team, &it.team_id, &it.limits));
        let member = member.as_ref().map(|it| Holder {
            kind: Kind::TeamMember,
            id: Cow::from(pair(&it.team_id, &it.user_id)),
            limits: &it.limits,
        });
        let organization = organization.as_ref().map(|it| one(Kind::Organization, &it.organization_id, &it.limits));
        let organization_member = organization_member.as_ref().map(|it| Holder {
            kind: Kind::OrganizationMember,
            id: Cow::from(pair(&it.organization_id, &it.user_id)),
            limits: &it.limits,
        });
        let project = project.as_ref().map(|it| one(Kind::Project, &it.project_id, &it.limits));
        let customer = customer.map(|it| one(Kind::EndUser, &it.user_id, &it.limits));
        let tags = tags.iter().map(move |it| one(Kind::Tag, &it.name, &it.limits));
        let groups = groups.iter().map(move |it| one(Kind::AccessGroup, &it.access_group, &it.limits));
        let alone = [own, user, team, member, organization, organization_member, project, customer];
        alone.into_iter().flatten().chain(tags).chain(groups)
    }
}
