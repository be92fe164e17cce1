//! `general_settings.litellm_jwtauth`: how tokens of an identity provider are read.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ConfigError;
use super::read::{Lookup, Setting, mapping, resolve, wrong_type};
use super::settings::settings;
use crate::access::Role;

settings! {
    /// How the claims of a token become a caller. A claim is named by its path, `a.b` for `b` within `a`.
    pub struct JwtSettings {
        /// The scope that makes an admin.
        admin_jwt_scope: String = "litellm_proxy_admin".to_owned(),
        /// Routes that such an admin may call.
        admin_allowed_routes: Vec<String> = list(&[
            "management_routes", "spend_tracking_routes", "global_spend_tracking_routes", "info_routes",
        ]),
        /// The claim that holds the user's id.
        user_id_jwt_field: Option<String> = None,
        /// The claim that holds the user's e-mail address.
        user_email_jwt_field: Option<String> = None,
        /// The one domain that e-mail addresses may have.
        user_allowed_email_domain: Option<String> = None,
        /// Make users that are not known yet.
        user_id_upsert: bool = false,
        /// The claim that holds the roles which `user_allowed_roles` asks for.
        user_roles_jwt_field: Option<String> = None,
        /// Roles that make an internal user where a token names neither team nor user.
        user_allowed_roles: Vec<String> = Vec::new(),
        /// The claim that holds the team's id.
        team_id_jwt_field: Option<String> = None,
        /// The claim that holds the ids of the teams to choose from.
        team_ids_jwt_field: Option<String> = None,
        /// The claim that holds the team's name.
        team_alias_jwt_field: Option<String> = None,
        /// The team of tokens without the claim of `team_id_jwt_field`.
        team_id_default: Option<String> = None,
        /// Make teams that are not known yet.
        team_id_upsert: bool = false,
        /// Routes that a caller may call as a team.
        team_allowed_routes: Vec<String> = list(&[
            "openai_routes", "info_routes", "mcp_routes", "/v1/messages", "/v1/messages/count_tokens",
        ]),
        /// Where a token's team is not known, take the user's only team.
        team_claim_fallback: bool = false,
        /// Where a token names no team, take one that the user belongs to.
        fallback_to_db_teams: bool = false,
        /// Refuse calls of models outside teams.
        enforce_team_based_model_access: bool = false,
        /// The claim that holds the organization's id.
        org_id_jwt_field: Option<String> = None,
        /// The claim that holds the organization's name.
        org_alias_jwt_field: Option<String> = None,
        /// The claim that holds the end user's id.
        end_user_id_jwt_field: Option<String> = None,
        /// The claim that holds the agent's id.
        agent_id_jwt_field: Option<String> = None,
        /// The claim that holds the roles which `role_mappings` and `jwt_litellm_role_map` read.
        roles_jwt_field: Option<String> = None,
        /// What an identity provider's roles are here.
        role_mappings: Vec<RoleMapping> = Vec::new(),
        /// The claim that holds the id of a team or a user, whichever the mapped role is.
        object_id_jwt_field: Option<String> = None,
        /// Refuse tokens that belong to no admin, team or user.
        enforce_rbac: bool = false,
        /// The models of each scope.
        scope_mappings: Vec<ScopeMapping> = Vec::new(),
        /// Refuse models that no scope of the token holds.
        enforce_scope_based_access: bool = false,
        /// The role that a user is given by an identity provider's role.
        jwt_litellm_role_map: Vec<UserRoleMapping> = Vec::new(),
        /// Give users the roles and teams of their tokens.
        sync_user_role_and_teams: bool = false,
        /// Ask the identity provider who the bearer of a token is that is no JWT.
        oidc_userinfo_enabled: bool = false,
        /// Where to ask.
        oidc_userinfo_endpoint: Option<String> = None,
        /// How long an answer holds, in seconds.
        oidc_userinfo_cache_ttl: f64 = 300.0,
        /// Identity providers with claims of their own.
        issuers: Vec<Issuer> = Vec::new(),
        /// How long public keys are used before they are read again, in seconds.
        public_key_ttl: f64 = 600.0,
        /// How long they are used beyond that while the identity provider does not answer, in seconds.
        public_key_stale_ttl: f64 = 3600.0,
        /// How far the clocks of an identity provider and of this gateway may lie apart, in seconds.
        leeway: u32 = 5,
        /// The claim by which a token is mapped to a virtual key.
        virtual_key_claim_field: Option<String> = None,
        /// What happens to tokens that are mapped to no virtual key.
        unregistered_jwt_client_behavior: Unregistered = Unregistered::FallbackTeamMapping,
        /// Tokens that are not verified here, but by the OAuth 2.0 endpoint.
        routing_overrides: Vec<RoutingOverride> = Vec::new(),
        /// Code of the operator's own.
        custom_validate: Unsupported = Unsupported,
    }
}

settings! {
    /// One identity provider. Claims that it does not name are those of the whole gateway.
    pub struct Issuer {
        /// The `iss` of its tokens, letter for letter.
        issuer: String = String::new(),
        /// The `aud` that its tokens must have one of.
        audience: Option<Words> = None,
        /// Take tokens for every audience.
        disable_audience_validation: bool = false,
        /// Where its public keys are; without it, where its discovery document says.
        jwks_url: Option<String> = None,
        /// The claim that holds the user's id.
        user_id_jwt_field: Option<String> = None,
        /// The claim that holds the user's e-mail address.
        user_email_jwt_field: Option<String> = None,
        /// The claim that holds the team's id.
        team_id_jwt_field: Option<String> = None,
        /// The claim that holds the ids of the teams to choose from.
        team_ids_jwt_field: Option<String> = None,
        /// The claim that holds the organization's id.
        org_id_jwt_field: Option<String> = None,
        /// The claim that holds the end user's id.
        end_user_id_jwt_field: Option<String> = None,
        /// The claim by which a token is mapped to a virtual key.
        virtual_key_claim_field: Option<String> = None,
    }
}

settings! {
    /// A role of the identity provider, and what it is here.
    pub struct RoleMapping {
        /// The identity provider's role.
        role: String = String::new(),
        /// `proxy_admin`, `team` or `internal_user`.
        internal_role: Role = Role::Unknown,
    }
}

settings! {
    /// A role of the identity provider, and the role of the user who has it.
    pub struct UserRoleMapping {
        /// The identity provider's role; `*` and `?` stand for any text and any character.
        jwt_role: String = String::new(),
        /// The user's role.
        litellm_role: Role = Role::Unknown,
    }
}

settings! {
    /// What a scope allows.
    pub struct ScopeMapping {
        /// The scope.
        scope: String = String::new(),
        /// The models that its tokens may use.
        models: Vec<String> = Vec::new(),
        /// The routes that its tokens may call; every one where there are none.
        routes: Vec<String> = Vec::new(),
    }
}

settings! {
    /// An entry of `general_settings.role_permissions`: what callers of a role may do with `enforce_rbac`.
    pub struct RolePermission {
        /// `proxy_admin`, `team` or `internal_user`.
        role: Role = Role::Unknown,
        /// The models that the role may use.
        models: Option<Vec<String>> = None,
        /// The routes that the role may call.
        routes: Option<Vec<String>> = None,
    }
}

settings! {
    /// Which tokens the OAuth 2.0 endpoint verifies: those that fit every selector. `*` and `?` stand for any text and
    /// any character.
    pub struct RoutingOverride {
        /// The token's issuer.
        iss: Words = Words(Vec::new()),
        /// The token's client.
        client_id: Option<Words> = None,
        /// A scope of the token.
        scope: Option<Words> = None,
        /// An audience of the token.
        aud: Option<Words> = None,
        /// `oauth2`, the only way there is.
        path: String = String::new(),
    }
}

/// One text, or a list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

/// What happens to a token that is mapped to no virtual key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unregistered {
    /// Its own claims count.
    FallbackTeamMapping,
    /// It is refused.
    Reject,
    /// It gets a virtual key.
    AutoRegister,
}

/// A setting that runs an operator's own code, which this gateway cannot: the configuration is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsupported;

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}

impl Setting for Words {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        match value {
            Value::Array(_) => Vec::read(value, path).map(Self),
            one => String::read(one, path).map(|it| Self(vec![it])),
        }
    }
}

impl Setting for Role {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let name = String::read(value, path)?;
        Self::named(&name)
            .ok_or_else(|| invalid(path, format!("{name:?} is not a role such as internal_user or proxy_admin")))
    }
}

impl Setting for Unregistered {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        match String::read(value, path)?.as_str() {
            "fallback_team_mapping" => Ok(Self::FallbackTeamMapping),
            "reject" => Ok(Self::Reject),
            "auto_register" => Ok(Self::AutoRegister),
            _ => Err(wrong_type(path, "fallback_team_mapping, reject or auto_register", value)),
        }
    }
}

impl Setting for Unsupported {
    fn read(_: &Value, path: &str) -> Result<Self, ConfigError> {
        Err(invalid(path, "running code of your own is not supported; remove this setting".to_owned()))
    }
}

/// An entry of a list: a key that it does not have is an error, since whoever wrote it meant to restrict something.
macro_rules! closed {
    ($($Name:ident: $check:expr),*) => { $(
        impl Setting for $Name {
            fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
                let mut unknown = Vec::new();
                // References to the environment are resolved already.
                let entry = Self::read(value, path, &|_| None, &mut unknown)?;
                match unknown.pop() {
                    Some(at) => Err(invalid(&at, "there is no such setting".to_owned())),
                    None => { ($check)(&entry, path)?; Ok(entry) }
                }
            }
        }
    )* };
}

closed! {
    Issuer: check_issuer,
    RoleMapping: |it: &RoleMapping, path| {
        required(&it.role, path, "role")?;
        internal_role(it.internal_role, path, "internal_role")
    },
    UserRoleMapping: |it: &UserRoleMapping, path| {
        required(&it.jwt_role, path, "jwt_role")?;
        if it.litellm_role == Role::Unknown { required("", path, "litellm_role") } else { Ok(()) }
    },
    ScopeMapping: |it: &ScopeMapping, path| required(&it.scope, path, "scope"),
    RolePermission: |it: &RolePermission, path| internal_role(it.role, path, "role"),
    RoutingOverride: |it: &RoutingOverride, path| {
        required(it.iss.0.first().map_or("", String::as_str), path, "iss")?;
        if it.path == "oauth2" { Ok(()) } else { Err(invalid(&format!("{path}.path"), "only oauth2 is known".to_owned())) }
    }
}

/// Without an audience, a token that another application was given would do here too.
fn check_issuer(it: &Issuer, path: &str) -> Result<(), ConfigError> {
    required(&it.issuer, path, "issuer")?;
    let named = it.audience.as_ref().is_some_and(|it| !it.0.is_empty());
    match (named, it.disable_audience_validation) {
        (true, false) | (false, true) => Ok(()),
        (false, false) => {
            Err(invalid(path, "set audience, or disable_audience_validation to take every audience".to_owned()))
        }
        (true, true) => Err(invalid(path, "audience and disable_audience_validation exclude each other".to_owned())),
    }
}

fn internal_role(role: Role, path: &str, field: &str) -> Result<(), ConfigError> {
    match role {
        Role::ProxyAdmin | Role::Team | Role::InternalUser => Ok(()),
        _ => Err(invalid(&format!("{path}.{field}"), "must be proxy_admin, team or internal_user".to_owned())),
    }
}

fn required(value: &str, path: &str, field: &str) -> Result<(), ConfigError> {
    if value.is_empty() { Err(ConfigError::Missing { path: format!("{path}.{field}") }) } else { Ok(()) }
}

pub(super) fn invalid(path: &str, reason: String) -> ConfigError {
    ConfigError::Invalid { path: path.to_owned(), reason }
}

/// Fields that a trusted proxy may assert: who somebody is, never what they may do.
const ASSERTED: &[&str] = &["user_id", "user_email", "team_id", "team_alias", "org_id", "models"];

/// Checks `general_settings.oauth2_config_mappings`: header by field.
pub(super) fn check_asserted(mappings: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    match mappings.keys().find(|field| !ASSERTED.contains(&field.as_str())) {
        Some(field) => Err(invalid(
            &format!("general_settings.oauth2_config_mappings.{field}"),
            format!("a header may only say {}; use JWT authentication for more", ASSERTED.join(", ")),
        )),
        None => Ok(()),
    }
}
