//! Whom the claims of a verified token speak of.

use serde_json::{Map, Value};

use super::claims::{list_at, scopes, text_at};
use crate::access::{Role, glob};
use crate::config::{Issuer, JwtSettings};

/// The bearer of a token, as its claims describe them. Which of these exist is for the store to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// What the token belongs to: an admin, a team or a user; `None` when to none of them.
    pub kind: Option<Role>,
    /// Whether the user or team is the object of a mapped role: it needs no record here.
    pub by_object: bool,
    /// The token's scopes.
    pub scopes: Vec<String>,
    /// The user, by the claim or else by the e-mail address.
    pub user_id: Option<String>,
    /// The user's e-mail address.
    pub user_email: Option<String>,
    /// The role that the identity provider gives the user, by `jwt_litellm_role_map`.
    pub user_role: Option<Role>,
    /// The teams.
    pub team: TeamClaim,
    /// The organization.
    pub org_id: Option<String>,
    /// The organization by its name.
    pub org_alias: Option<String>,
    /// The end user.
    pub end_user_id: Option<String>,
    /// The agent.
    pub agent_id: Option<String>,
    /// The claim by which the token is mapped to a virtual key, where one is configured: its name, and its value if the
    /// token has it.
    pub virtual_key: Option<(String, Option<String>)>,
}

/// What a token says about teams.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamClaim {
    /// The one team.
    pub id: Option<String>,
    /// The teams to choose from, in the token's order; without `id`.
    pub ids: Vec<String>,
    /// The team by its name.
    pub alias: Option<String>,
    /// Whether `id` is `team_id_default` and not the token's own.
    pub is_default: bool,
}

impl Principal {
    /// Reads the claims of a token that `issuer` signed, if it has an entry of its own.
    #[must_use]
    pub fn read(settings: &JwtSettings, issuer: Option<&Issuer>, claims: &Map<String, Value>) -> Self {
        let own = |of_issuer: fn(&Issuer) -> &Option<String>, of_all: &Option<String>| {
            // An issuer's own claim that a token lacks is not replaced by another meaning of the same token.
            let path = issuer.and_then(|it| of_issuer(it).as_ref()).or(of_all.as_ref())?;
            text_at(claims, path)
        };
        let claim = |path: &Option<String>| text_at(claims, path.as_ref()?);
        let roles = settings.roles_jwt_field.as_ref().map(|it| list_at(claims, it)).unwrap_or_default();
        let scopes = scopes(claims);
        let user_email = own(|it| &it.user_email_jwt_field, &settings.user_email_jwt_field);
        let user_id = own(|it| &it.user_id_jwt_field, &settings.user_id_jwt_field).or_else(|| user_email.clone());
        let mut principal = Self {
            kind: None,
            by_object: false,
            user_id,
            user_email,
            user_role: user_role(settings, &roles),
            team: team(settings, issuer, claims),
            org_id: own(|it| &it.org_id_jwt_field, &settings.org_id_jwt_field),
            org_alias: claim(&settings.org_alias_jwt_field),
            end_user_id: own(|it| &it.end_user_id_jwt_field, &settings.end_user_id_jwt_field),
            agent_id: claim(&settings.agent_id_jwt_field),
            virtual_key: None,
            scopes,
        };
        principal.kind = principal.kind(settings, claims, &roles);
        match (principal.kind, claim(&settings.object_id_jwt_field)) {
            (Some(Role::Team), Some(object)) => {
                principal.team = TeamClaim { id: Some(object), ..TeamClaim::default() };
                principal.by_object = true;
            }
            (Some(Role::InternalUser), Some(object)) => {
                principal.user_id = Some(object);
                principal.by_object = true;
            }
            _ => {}
        }
        let field = issuer.and_then(|it| it.virtual_key_claim_field.as_ref());
        let field = field.or(settings.virtual_key_claim_field.as_ref());
        principal.virtual_key = field.map(|it| (it.clone(), text_at(claims, it)));
        principal
    }

    /// Whether the token is an admin's.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.kind == Some(Role::ProxyAdmin)
    }

    /// Whether the e-mail address is of the domain that `user_allowed_email_domain` asks for.
    #[must_use]
    pub fn has_allowed_email(&self, settings: &JwtSettings) -> bool {
        let Some(domain) = &settings.user_allowed_email_domain else { return true };
        let own = self.user_email.as_deref().and_then(|it| it.rsplit_once('@'));
        own.is_some_and(|(name, own)| !name.is_empty() && own.eq_ignore_ascii_case(domain))
    }

    fn kind(&self, settings: &JwtSettings, claims: &Map<String, Value>, roles: &[String]) -> Option<Role> {
        if self.scopes.contains(&settings.admin_jwt_scope) {
            return Some(Role::ProxyAdmin);
        }
        if self.team.id.is_some() {
            return Some(Role::Team);
        }
        let user_roles = settings.user_roles_jwt_field.as_ref().map(|it| list_at(claims, it)).unwrap_or_default();
        if self.user_id.is_some() || user_roles.iter().any(|it| settings.user_allowed_roles.contains(it)) {
            return Some(Role::InternalUser);
        }
        settings.role_mappings.iter().find(|it| roles.contains(&it.role)).map(|it| it.internal_role)
    }
}

fn team(settings: &JwtSettings, issuer: Option<&Issuer>, claims: &Map<String, Value>) -> TeamClaim {
    let field = issuer.and_then(|it| it.team_id_jwt_field.as_ref()).or(settings.team_id_jwt_field.as_ref());
    let id = field.and_then(|it| text_at(claims, it));
    let alias = settings.team_alias_jwt_field.as_ref().and_then(|it| text_at(claims, it));
    let field = issuer.and_then(|it| it.team_ids_jwt_field.as_ref()).or(settings.team_ids_jwt_field.as_ref());
    let mut ids = field.map(|it| list_at(claims, it)).unwrap_or_default();
    let mut seen = Vec::new();
    ids.retain(|it| {
        !seen.contains(it) && {
            seen.push(it.clone());
            true
        }
    });
    // What the token says itself goes before the default.
    let default = settings.team_id_default.clone().filter(|_| id.is_none() && alias.is_none());
    let is_default = default.is_some();
    TeamClaim { id: id.or(default), ids, alias, is_default }
}

fn user_role(settings: &JwtSettings, roles: &[String]) -> Option<Role> {
    let fits = |pattern: &str| roles.iter().any(|role| glob::fits(pattern, role));
    settings.jwt_litellm_role_map.iter().find(|it| fits(&it.jwt_role)).map(|it| it.litellm_role)
}

impl TeamClaim {
    /// The teams that the token itself names.
    #[must_use]
    pub fn named(&self) -> Vec<&str> {
        let id = self.id.as_ref().filter(|_| !self.is_default);
        let rest = self.ids.iter().filter(|it| Some(*it) != id);
        id.into_iter().chain(rest).map(String::as_str).collect()
    }

    /// Whether the token says nothing about teams.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.alias.is_none() && self.named().is_empty()
    }
}
