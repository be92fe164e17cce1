//! Whose spend a caller may see: the one place that says so.

use crate::access::Role;
use crate::entity::{Member, OrganizationMember, TeamRole};
use crate::key::Key;

/// Whose spend a caller may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Everybody's.
    pub everything: bool,
    /// The hash of the caller's key; empty without one.
    pub api_key: String,
    /// The user that the caller is; empty for a key that belongs to nobody.
    pub user: String,
    /// Teams of which the caller sees all.
    pub teams: Vec<String>,
    /// Teams of which the caller sees the own part.
    pub member_of: Vec<String>,
    /// Organizations of which the caller sees all.
    pub organizations: Vec<String>,
}

/// Who spent: of a row or a rollup. Empty where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spender<'a> {
    /// Hash of the key.
    pub api_key: &'a str,
    /// The user.
    pub user: &'a str,
    /// The team.
    pub team: &'a str,
    /// The organization.
    pub organization: &'a str,
}

impl Sight {
    /// What a caller of this role sees, who has this key and belongs to these teams and organizations.
    #[must_use]
    pub fn of(role: Role, key: Option<&Key>, teams: &[Member], organizations: &[OrganizationMember]) -> Self {
        let granted = key.and_then(|key| key.permissions.get("get_spend_routes")).is_some_and(|flag| flag == true);
        let owned = matches!(role, Role::InternalUser | Role::InternalUserViewer | Role::OrgAdmin);
        let user = key.and_then(|key| key.user_id.clone()).filter(|_| owned);
        let own_team = key.and_then(|key| key.team_id.clone());
        let admin = |member: &&Member| member.role == TeamRole::Admin;
        let of_admins = teams.iter().filter(admin).map(|member| member.team_id.clone());
        // A token that stands for a team sees the team.
        let of_token = own_team.clone().filter(|_| role == Role::Team);
        let org_admin = organizations.iter().filter(|member| member.user_role == Role::OrgAdmin);
        Self {
            everything: granted || matches!(role, Role::ProxyAdmin | Role::ProxyAdminViewer),
            api_key: key.map(|key| key.token.clone()).unwrap_or_default(),
            user: user.unwrap_or_default(),
            teams: of_admins.chain(of_token).collect(),
            member_of: teams.iter().map(|member| member.team_id.clone()).chain(own_team).collect(),
            organizations: org_admin.map(|member| member.organization_id.clone()).collect(),
        }
    }

    /// Whether what `spender` spent may be seen.
    #[must_use]
    pub fn sees(&self, spender: &Spender<'_>) -> bool {
        let is = |own: &str, other: &str| !own.is_empty() && own == other;
        let among = |own: &[String], other: &str| own.iter().any(|own| is(own, other));
        self.everything
            || is(&self.api_key, spender.api_key)
            || is(&self.user, spender.user)
            || among(&self.teams, spender.team)
            || among(&self.organizations, spender.organization)
    }

    /// Whether anything of a team may be seen; [`Sight::sees`] says what.
    #[must_use]
    pub fn knows_team(&self, id: &str) -> bool {
        self.everything || self.teams.iter().chain(&self.member_of).any(|team| team == id)
    }
}
