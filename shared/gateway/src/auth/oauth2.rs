//! Tokens that an OAuth 2.0 endpoint knows: by RFC 7662, or by what it tells a token's bearer.

use std::sync::Arc;

use jiff::Timestamp;
use policy::access::{Role, is_inference, is_info};
use policy::config::{Config, Secret};
use policy::jwt::{Token, routes_to_oauth2};
use policy::key::Key;
use serde_json::{Map, Value};
use upstream::{IdentityError, Inquiry};

use super::jwt::{JwtAuth, expired, unavailable};
use super::{Caller, Held, Identity, role, timestamp};
use crate::known::complete;
use crate::{ApiError, App, Environment};

/// The endpoint, and how its answers are read.
#[derive(Debug)]
pub(super) struct OAuth2 {
    /// Whether every token goes there, or only those that `routing_overrides` send there.
    every: bool,
    endpoint: Option<String>,
    client: Option<(String, Secret)>,
    user_id: String,
    user_role: String,
    team_id: String,
}

impl OAuth2 {
    pub(super) fn new(config: &Config, env: &Environment) -> Self {
        let variable = |name: &str| config.variable(name, &|name| env.get(name)).filter(|it| !it.expose().is_empty());
        let text = |name: &str| variable(name).map(|it| it.expose().to_owned());
        Self {
            every: config.general_settings.enable_oauth2_auth,
            endpoint: text("OAUTH_TOKEN_INFO_ENDPOINT"),
            client: text("OAUTH_CLIENT_ID").zip(variable("OAUTH_CLIENT_SECRET")),
            user_id: text("OAUTH_USER_ID_FIELD_NAME").unwrap_or_else(|| "sub".to_owned()),
            user_role: text("OAUTH_USER_ROLE_FIELD_NAME").unwrap_or_else(|| "role".to_owned()),
            team_id: text("OAUTH_USER_TEAM_ID_FIELD_NAME").unwrap_or_else(|| "team_id".to_owned()),
        }
    }

    /// Whether a credential on this route is for the endpoint: one that is no JWT, or a JWT where none are verified here
    /// or where the configuration sends it there. Routes that manage something take none of them.
    pub(super) fn takes(&self, secret: &str, path: &str, jwt: Option<&JwtAuth>) -> bool {
        if !is_inference(path) && !is_info(path) {
            return false;
        }
        match jwt {
            Some(jwt) if Token::looks_like(secret) => {
                Token::parse(secret).is_ok_and(|token| routes_to_oauth2(&token.claims, &jwt.settings.routing_overrides))
            }
            _ => self.every,
        }
    }

    /// Finds out who shows this token.
    pub(super) async fn identify(&self, app: &App, secret: &str) -> Result<Caller, ApiError> {
        let name = Key::hash(&format!("oauth2\n{secret}"));
        let held = match app.callers.tokens.get(&name) {
            Some(held) => held,
            None => app.callers.tokens.put(&name, self.ask(app, secret).await?),
        };
        if held.known.key.is_expired(timestamp(app)) {
            return Err(expired());
        }
        Ok(Caller::new(Identity::Token(Arc::clone(&held.known)), held.role))
    }

    async fn ask(&self, app: &App, secret: &str) -> Result<Held, ApiError> {
        let Some(endpoint) = &self.endpoint else {
            let message = "Authentication Error, OAUTH_TOKEN_INFO_ENDPOINT environment variable is not set";
            return Err(ApiError::unauthorized(message));
        };
        let token = Secret::new(secret.to_owned());
        let client = self.client.as_ref().filter(|_| endpoint.to_ascii_lowercase().contains("introspect"));
        let inquiry = match client {
            Some((id, secret)) => Inquiry::Introspection { token: &token, client: (id, secret) },
            None => Inquiry::Account(&token),
        };
        let answer = match app.upstream.ask_identity_provider(endpoint, inquiry).await {
            Ok(Value::Object(answer)) => answer,
            Ok(_) => return Err(unavailable(IdentityError::Unreadable)),
            // By RFC 7662 the status says that we, not the token, are refused; otherwise it is about the token.
            Err(IdentityError::Status(400..=407)) if client.is_none() => return Err(refused("validation failed")),
            Err(error) => return Err(unavailable(error)),
        };
        let is_active = match answer.get("active") {
            Some(active) => active == &Value::Bool(true),
            None => client.is_none(),
        };
        if is_active { self.bearer(app, &answer).await } else { Err(refused("is not active")) }
    }

    async fn bearer(&self, app: &App, answer: &Map<String, Value>) -> Result<Held, ApiError> {
        let text = |name: &str| match answer.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let asserted = match answer.get(&self.user_role) {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => {
                Some(Role::named(name).ok_or_else(|| refused("has a role that is not known"))?)
            }
            Some(_) => return Err(refused("has a role that is not known")),
        };
        let expires = match answer.get("exp") {
            None | Some(Value::Null) => None,
            Some(moment) => {
                let moment = moment.as_i64().and_then(|it| Timestamp::from_second(it).ok());
                Some(moment.ok_or_else(|| refused("has an unreadable end"))?)
            }
        };
        let key = Key { user_id: text(&self.user_id), team_id: text(&self.team_id), expires, ..Key::default() };
        let known = complete(app, key).await.map_err(ApiError::unavailable)?;
        let role = asserted.unwrap_or_else(|| role(&known));
        Ok(Held { known: Arc::new(known), role })
    }
}

fn refused(reason: &str) -> ApiError {
    ApiError::unauthorized(format!("Authentication Error, Oauth 2.0 Token {reason}"))
}
