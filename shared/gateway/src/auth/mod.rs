//! Who is calling, and whether they may call this route at all.

mod acting;
mod asserted;
mod caller;
mod credential;
mod jwt;
mod oauth2;
mod refusal;
mod route;

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use policy::access::{Barred, KeyState, Role, RouteRules, is_public};
use policy::config::Config;
use policy::key::Key;
use policy::spend::Scope;
use policy::subject::Kind;

use crate::known::{Known, known_key};
use crate::memory::Memory;
use crate::{ApiError, App, Environment, Request};
use acting::Acting;
pub use caller::{ADMIN_USER, Caller, Identity};
use credential::credential;
use jwt::JwtAuth;
use oauth2::OAuth2;
use refusal::{forbidden, unknown_key};
use route::Disabled;

/// What callers are checked by, as it stands from the start.
#[derive(Debug)]
pub(crate) struct Callers {
    disabled: Disabled,
    jwt: Option<JwtAuth>,
    oauth2: OAuth2,
    /// Bearers of tokens, by a digest of the token and of what of the request decides who they are.
    tokens: Memory<Held>,
    /// Callers as users whom headers name, by the hash of the key and the user.
    acting: Memory<Acting>,
    /// The keys that tokens stand for, by the name of the mapping.
    mappings: Memory<Option<String>>,
}

/// Whom a token speaks for, as it was a moment ago.
#[derive(Debug)]
struct Held {
    known: Arc<Known>,
    role: Role,
}

impl Callers {
    /// Reads the variables that concern callers.
    pub(crate) fn new(config: &Config, env: &Environment) -> Self {
        let ttl = config.general_settings.user_api_key_cache_ttl;
        Self {
            disabled: Disabled::new(config, env),
            jwt: JwtAuth::new(config, env),
            oauth2: OAuth2::new(config, env),
            tokens: Memory::new(ttl),
            acting: Memory::new(ttl),
            mappings: Memory::new(ttl),
        }
    }

    /// Forgets whom tokens speak for and what they stand for.
    pub(crate) fn forget(&self) {
        self.tokens.forget_all();
        self.acting.forget_all();
        self.mappings.forget_all();
    }
}

/// Finds out who is calling and whether they may call this route.
///
/// # Errors
/// 401 without a usable key, 401 or 403 for a route that the caller may not call or from an address that nobody may call
/// from, 503 when the store or an identity provider cannot be asked.
pub async fn authenticate(app: &App, req: &Request) -> Result<Caller, ApiError> {
    if is_public(&req.path, &rules(app)) {
        return Ok(Caller::new(Identity::Anonymous, Role::InternalUser));
    }
    route::permit_address(app, req)?;
    app.callers.disabled.permit(&req.path)?;
    let mut caller = identify(app, req).await?;
    check_standing(&caller)?;
    route::permit(app, req, &mut caller).await?;
    Box::pin(acting::as_user(app, req, caller)).await
}

async fn identify(app: &App, req: &Request) -> Result<Caller, ApiError> {
    let anonymous = Caller::new(Identity::Anonymous, Role::InternalUser);
    if let Some(caller) = Box::pin(asserted::identify(app, req)).await? {
        return Ok(caller);
    }
    let Some(secret) = credential(app, req)? else {
        return match &app.master_key {
            None => Ok(anonymous),
            Some(_) => Err(ApiError::unauthorized("Authentication Error, No api key passed in.")),
        };
    };
    let hash = Key::hash(secret);
    if app.master_key.as_ref().is_some_and(|it| it.is(&hash)) {
        return Ok(Caller::new(Identity::Master, Role::ProxyAdmin));
    }
    let is_key = secret.starts_with("sk-");
    let Callers { jwt, oauth2, .. } = &app.callers;
    // What may be a key of this gateway's is told nobody else.
    if !is_key && oauth2.takes(secret, &req.path, jwt.as_ref()) {
        return Box::pin(oauth2.identify(app, secret)).await;
    }
    if let Some(jwt) = jwt.as_ref().filter(|it| !is_key && it.takes(secret)) {
        return Box::pin(jwt::identify(app, req, jwt, secret)).await;
    }
    let known = if is_key { known_key(app, &hash).await.map_err(ApiError::unavailable)? } else { None };
    match known {
        Some(known) => {
            check_state(app, &known, &Key::name(secret))?;
            let role = role(&known);
            Ok(Caller::new(Identity::Key(known), role))
        }
        // Without a master key everyone is welcome, whatever their client sends.
        None if app.master_key.is_none() => Ok(anonymous),
        None if is_key => Err(unknown_key(secret, &hash)),
        None => Err(refusal::no_key(secret)),
    }
}

/// Refuses a key that is blocked or has expired; `name` is how its holder knows it.
fn check_state(app: &App, known: &Known, name: &str) -> Result<(), ApiError> {
    match policy::access::state(&known.key, timestamp(app)) {
        KeyState::Usable => Ok(()),
        KeyState::Blocked => Err(ApiError::unauthorized(
            "Authentication Error, Key is blocked. An admin can update it via `/key/unblock`.",
        )),
        KeyState::Expired => {
            let message = format!("Authentication Error - Expired Key. Key={name}");
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "expired_key", message).param(name))
        }
    }
}

/// Refuses the keys and tokens of whoever is blocked or deactivated, on every route.
fn check_standing(caller: &Caller) -> Result<(), ApiError> {
    let Some(barred) = policy::access::barred(&caller.subject()) else { return Ok(()) };
    Err(ApiError::unauthorized(match barred {
        Barred::Team(id) => format!("Team={id} is blocked. Update via `/team/unblock` if you're an admin."),
        Barred::Project(id) => format!("Project={id} is blocked. Update via `/project/update` if you're an admin."),
        Barred::User(id) => format!("User={id} is deactivated by the identity provider."),
        Barred::Gone(Kind::Team, id) => {
            format!(
                "Team doesn't exist in db. Team={id}. Create team via `/team/new` call, or give the key another one."
            )
        }
        Barred::Gone(kind, id) => {
            format!("The key's {} doesn't exist in db: {id}. An admin can take the key out of it.", kind.as_str())
        }
    }))
}

/// The role of a key's user.
fn role(known: &Known) -> Role {
    // A key that the master key made for nobody belongs to no user, whoever bears that name.
    if known.key.user_id.as_deref().is_none_or(|it| it == ADMIN_USER) {
        return Role::Unknown;
    }
    match known.entities.user.as_ref().and_then(|user| user.user_role) {
        // Who administers an organization does so by being a member of it.
        Some(Role::OrgAdmin) | None => Role::InternalUser,
        Some(stored) => stored,
    }
}

fn rules(app: &App) -> RouteRules<'_> {
    RouteRules::from(&app.config.general_settings)
}

/// The scope that a key's spend counts in now: its budget period, or its whole life.
#[must_use]
pub fn key_scope(app: &App, key: &Key) -> Scope {
    crate::current_scope(app, "key", key.origin.as_str(), &key.limits)
}

/// Now, as the policies take it.
#[must_use]
pub fn timestamp(app: &App) -> Timestamp {
    let milliseconds = i64::try_from(app.clock().now_ms()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}
