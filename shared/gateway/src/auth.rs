//! Who is calling, and whether they may call this route at all.

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use policy::access::{KeyState, Role, RouteCaller, RouteDecision, RouteRules, is_public};
use policy::key::Key;
use policy::money::Usd;
use policy::spend::{Scope, SpendEvent};

use crate::known::{Known, known_key};
use crate::{ApiError, App, Request, Shape};

/// Headers that may carry the key, first match wins.
const KEY_HEADERS: &[&str] =
    &["x-litellm-api-key", "authorization", "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"];

/// The user that the master key acts as.
const ADMIN_USER: &str = "default_user_id";

/// Who is calling.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the caller proved to be.
    pub identity: Identity,
    /// What the caller may do.
    pub role: Role,
}

/// What a caller proved to be.
#[derive(Debug, Clone)]
pub enum Identity {
    /// The holder of the master key.
    Master,
    /// The holder of a virtual key.
    Key(Arc<Known>),
    /// The holder of a token of an identity provider, with the key that it stands for: one without a secret.
    Token(Arc<Known>),
    /// Anyone, where the configuration permits to run without a master key or the route is public.
    Anonymous,
}

impl Caller {
    /// The virtual key, if that is what the caller holds, or the one that its token stands for.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        self.known().map(|known| &known.key)
    }

    /// The key with the entities behind it.
    #[must_use]
    pub fn known(&self) -> Option<&Arc<Known>> {
        match &self.identity {
            Identity::Key(known) | Identity::Token(known) => Some(known),
            Identity::Master | Identity::Anonymous => None,
        }
    }

    /// What the key had spent when the process last looked, in USD.
    #[must_use]
    pub fn known_spend(&self) -> Option<Usd> {
        self.known().map(|known| known.spend())
    }

    /// Whether the caller may do everything.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::ProxyAdmin
    }

    /// Writes into a spend event who pays for it.
    pub(crate) fn sign(&self, app: &App, event: &mut SpendEvent) {
        event.user = self.user_id().map(str::to_owned);
        let Some(key) = self.key() else { return };
        event.api_key.clone_from(&key.token);
        event.key_alias.clone_from(&key.key_alias);
        event.team_id.clone_from(&key.team_id);
        event.organization_id.clone_from(&key.organization_id);
        event.scopes = vec![Scope::new("key", key.origin.as_str())];
        let current = key_scope(app, key);
        if current.period.is_some() {
            event.scopes.push(current);
        }
    }

    /// The user that the caller acts as.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        match &self.identity {
            Identity::Master => Some(ADMIN_USER),
            Identity::Key(known) | Identity::Token(known) => known.key.user_id.as_deref(),
            Identity::Anonymous => None,
        }
    }
}

/// Finds out who is calling and whether they may call this route.
///
/// # Errors
/// 401 without a usable key, 401 or 403 for a route that the caller may not call, 503 when the store cannot be asked.
pub async fn authenticate(app: &App, req: &Request) -> Result<Caller, ApiError> {
    let caller = identify(app, req).await?;
    permit(app, req, &caller)?;
    Ok(caller)
}

async fn identify(app: &App, req: &Request) -> Result<Caller, ApiError> {
    let anonymous = Caller { identity: Identity::Anonymous, role: Role::InternalUser };
    if is_public(&req.path, &rules(app)) {
        return Ok(anonymous);
    }
    let Some(secret) = secret(app, req) else {
        return match &app.master_key {
            None => Ok(anonymous),
            Some(_) => Err(ApiError::unauthorized("Authentication Error, No api key passed in.")),
        };
    };
    let hash = Key::hash(secret);
    if app.master_key.as_ref().is_some_and(|it| it.is(&hash)) {
        return Ok(Caller { identity: Identity::Master, role: Role::ProxyAdmin });
    }
    if !secret.starts_with("sk-") {
        let message = format!(
            "Authentication Error, LiteLLM Virtual Key expected. Received={}, expected to start with 'sk-'.",
            masked(secret)
        );
        return Err(ApiError::unauthorized(message));
    }
    let known =
        known_key(app, &hash).await.map_err(ApiError::unavailable)?.ok_or_else(|| unknown_key(secret, &hash))?;
    match policy::access::state(&known.key, timestamp(app)) {
        KeyState::Usable => {
            // A key that the master key made for nobody belongs to no user.
            let user = known.key.user_id.as_deref().filter(|it| *it != ADMIN_USER);
            let stored = known.entities.user.as_ref().and_then(|user| user.user_role);
            let role = stored.unwrap_or(if user.is_some() { Role::InternalUser } else { Role::Unknown });
            Ok(Caller { identity: Identity::Key(known), role })
        }
        KeyState::Blocked => Err(ApiError::unauthorized(
            "Authentication Error, Key is blocked. An admin can update it via `/key/unblock`.",
        )),
        KeyState::Expired => {
            let name = Key::name(secret);
            let message = format!("Authentication Error - Expired Key. Key={name}");
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "expired_key", message).param(name))
        }
    }
}

fn permit(app: &App, req: &Request, caller: &Caller) -> Result<(), ApiError> {
    let route_caller = match &caller.identity {
        Identity::Master => RouteCaller::Master,
        Identity::Key(known) | Identity::Token(known) => RouteCaller::Key(&known.key, caller.role),
        Identity::Anonymous => return permit_anonymous(app, req, caller),
    };
    let decision = policy::access::route(req.method.as_str(), &req.path, route_caller, &rules(app));
    refusal(decision, req, caller).map_or(Ok(()), Err)
}

/// Where no master key is set, anyone is what a key without an owner is.
fn permit_anonymous(app: &App, req: &Request, caller: &Caller) -> Result<(), ApiError> {
    if is_public(&req.path, &rules(app)) {
        return Ok(());
    }
    let nobody = Key::default();
    let decision =
        policy::access::route(req.method.as_str(), &req.path, RouteCaller::Key(&nobody, caller.role), &rules(app));
    refusal(decision, req, caller).map_or(Ok(()), Err)
}

fn refusal(decision: RouteDecision, req: &Request, caller: &Caller) -> Option<ApiError> {
    let path = &req.path;
    let detail = |message: String| {
        let error = ApiError::new(StatusCode::FORBIDDEN, "permission_error", message);
        ApiError { shape: Shape::Detail, ..error }
    };
    let error = match decision {
        RouteDecision::Allowed => return None,
        RouteDecision::NotInKeyRoutes => {
            detail(format!("Virtual key is not allowed to call this route. Tried to call route: {path}"))
        }
        RouteDecision::NotInGatewayRoutes => {
            detail(format!("This gateway's allowed_routes do not hold this route. Tried to call route: {path}"))
        }
        RouteDecision::NoInference => detail(format!("A viewer may not call models. Tried to call route: {path}")),
        RouteDecision::AdminOnly | RouteDecision::MasterOnly => {
            let who = caller.user_id().map_or_else(|| "unknown".to_owned(), masked);
            let role = caller.role.as_str();
            ApiError::unauthorized(format!(
                "Authentication Error, Only proxy admin can call this route. Route={path}. Your role={role}. Your user_id={who}"
            ))
        }
    };
    Some(error)
}

fn rules(app: &App) -> RouteRules<'_> {
    RouteRules::from(&app.config.general_settings)
}

/// The scope that a key's spend counts in now: its budget period, or its whole life.
#[must_use]
pub fn key_scope(app: &App, key: &Key) -> Scope {
    let scope = Scope::new("key", key.origin.as_str());
    match key.budget_period(&app.calendar, timestamp(app)) {
        Some(period) => scope.within(u64::try_from(period.start.as_second()).unwrap_or_default()),
        None => scope,
    }
}

/// Now, as the policies take it.
#[must_use]
pub fn timestamp(app: &App) -> Timestamp {
    let milliseconds = i64::try_from(app.clock().now_ms()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

fn secret<'a>(app: &App, req: &'a Request) -> Option<&'a str> {
    let own = app.config.general_settings.litellm_key_header_name.as_deref();
    let text = match own {
        Some(name) => req.header(name)?,
        None => KEY_HEADERS.iter().find_map(|name| req.header(name)).or_else(|| key_in_query(req))?,
    };
    let secret = match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        None if text.eq_ignore_ascii_case("bearer") => "",
        _ => text,
    };
    (!secret.is_empty()).then_some(secret)
}

/// `?key=`, where Google's clients may put it.
fn key_in_query(req: &Request) -> Option<&str> {
    let methods = [":generateContent", ":streamGenerateContent", ":countTokens"];
    let is_googles = req.path_param("id").is_some_and(|id| methods.iter().any(|it| id.ends_with(it)));
    req.query_param("key").map(str::trim).filter(|it| is_googles && !it.is_empty())
}

fn unknown_key(secret: &str, hash: &str) -> ApiError {
    let message = format!(
        "Authentication Error, Invalid proxy server token passed. Received API Key = {}, Key Hash (Token) ={hash}. \
         Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
        Key::name(secret)
    );
    ApiError::new(StatusCode::UNAUTHORIZED, "token_not_found_in_db", message).param("key")
}

/// At most the first and last four characters, and never half of the text.
fn masked(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() < 16 {
        return "****".to_owned();
    }
    let head: String = characters.iter().take(4).collect();
    let tail: String = characters.iter().skip(characters.len() - 4).collect();
    format!("{head}****{tail}")
}

#[cfg(test)]
mod tests;
