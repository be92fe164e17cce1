//! What a caller is to a key, and what may be done to it.

use super::{Around, Key};
use crate::access::{Manager, Role};
use crate::entity::{Team, User};
use crate::request::{Refusal, forbidden, unpermitted};

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Who<'a> {
    /// The caller, with its role and what it administers.
    pub manager: Manager<'a>,
    /// The caller's user.
    pub user: Option<&'a User>,
    /// The key that the caller came with, with what its budget sets filled in.
    pub own: Option<&'a Key>,
}

/// What a caller is to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// May do everything.
    Admin,
    /// An admin of the key's team or organization.
    Manager,
    /// The user whom it belongs to.
    Owner,
    /// Another member of its team.
    Member,
    /// Nobody.
    Stranger,
}

/// What is done to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// `/key/info`
    See,
    /// `/key/update`
    Update,
    /// `/key/regenerate`
    Regenerate,
    /// `/key/delete`
    Delete,
    /// `/key/block` and `/key/unblock`
    Block,
    /// `/key/{key}/reset_spend`
    ResetSpend,
}

/// Of a team that says nothing of its members' rights, and of every other one.
const EVERY_MEMBER: &[&str] = &["/key/info", "/key/health"];

impl<'a> Who<'a> {
    /// The gateway itself, which makes keys in nobody's name.
    pub const GATEWAY: Who<'static> =
        Who { manager: Manager { role: Role::ProxyAdmin, user_id: None, organizations: &[] }, user: None, own: None };

    /// Whether the caller may do everything.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.manager.is_admin()
    }

    /// The caller's user id.
    #[must_use]
    pub fn user_id(&self) -> Option<&'a str> {
        self.manager.user_id
    }

    /// What the caller is to `key`, whose team and organization are `around`.
    #[must_use]
    pub fn standing(&self, key: &Key, around: &Around) -> Standing {
        let is_owner = self.user_id().is_some() && self.user_id() == key.user_id.as_deref();
        if self.is_admin() {
            Standing::Admin
        } else if self.manages(key, around) {
            Standing::Manager
        } else if is_owner {
            Standing::Owner
        } else if around.member.is_some() {
            Standing::Member
        } else {
            Standing::Stranger
        }
    }

    /// Whether the caller administers the key's team, or its organization when it has no team.
    #[must_use]
    pub fn manages(&self, key: &Key, around: &Around) -> bool {
        match (&key.team_id, &around.team) {
            (None, _) => self.manager.may_manage_organization(key.organization_id.as_deref()),
            (Some(_), Some(team)) => self.manager.may_manage_team(team, around.member.as_ref()),
            (Some(_), None) => false,
        }
    }

    /// Whether the caller may do this to `key`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may(&self, act: Act, key: &Key, around: &Around) -> Result<Standing, Refusal> {
        let standing = self.standing(key, around);
        let is_own = self.own.is_some_and(|own| own.token == key.token);
        let allowed = match (act, standing) {
            (_, Standing::Admin | Standing::Manager) => true,
            (Act::See, Standing::Stranger) => is_own || self.manager.sees_all(),
            (Act::See, _) | (Act::Delete | Act::Block, Standing::Owner) => true,
            (Act::Update, Standing::Owner) => permitted("/key/update", key, around).map(|()| true)?,
            (Act::Regenerate, Standing::Owner) => permitted("/key/regenerate", key, around).map(|()| true)?,
            (Act::Update, Standing::Member) => permitted("/key/update", key, around).map(|()| true)?,
            _ => false,
        };
        if allowed { Ok(standing) } else { Err(refused(act)) }
    }
}

fn refused(act: Act) -> Refusal {
    let who = match act {
        Act::ResetSpend => "only an admin of the gateway, of the key's team or of its organization may do this",
        _ => "only the key's own user, an admin of its team or organization, or a proxy admin may do this",
    };
    forbidden("key", who)
}

/// Whether a member who is no admin may use a route on the keys of the key's team. A key without a team is the user's
/// own business.
fn permitted(route: &'static str, key: &Key, around: &Around) -> Result<(), Refusal> {
    let Some(id) = &key.team_id else { return Ok(()) };
    match &around.team {
        Some(team) if around.member.is_some() => member_may(route, team),
        _ => {
            let reason = format!("you do not belong to the key's team {id}");
            Err(unpermitted(route, reason))
        }
    }
}

/// Whether the team's members who are no admins may use a route.
///
/// # Errors
/// A [`Refusal`] that names the route.
pub(super) fn member_may(route: &'static str, team: &Team) -> Result<(), Refusal> {
    let granted = || team.team_member_permissions.iter().map(String::as_str).chain(EVERY_MEMBER.iter().copied());
    if granted().any(|it| it == route) {
        return Ok(());
    }
    let routes: Vec<&str> = granted().collect();
    let reason = format!(
        "Team member does not have permissions for endpoint: {route}. You only have access to the following endpoints: \
         {routes:?} for team {}. An admin can change that in the team's member permissions.",
        team.team_id
    );
    Err(unpermitted(route, reason))
}
