//! Tokens of identity providers.

mod asked;
mod bearer;
mod key_sets;
mod mapping;
mod refusal;
mod signature;
mod teams;

use policy::config::{Config, Issuer, JwtSettings, Secret};
use policy::jwt::{Expected, Token, check};
use serde_json::{Map, Value};
use upstream::Inquiry;

pub(super) use bearer::identify;
use key_sets::{KeySets, Wanted};
pub(super) use refusal::{expired, unavailable};

use super::timestamp;
use crate::memory::Memory;
use crate::{ApiError, App, Environment};

/// How tokens are verified.
#[derive(Debug)]
pub(super) struct JwtAuth {
    pub(super) settings: JwtSettings,
    urls: Vec<String>,
    audience: Vec<String>,
    issuer: Option<String>,
    keys: KeySets,
    accounts: Memory<Map<String, Value>>,
}

/// The claims of a token that are true, and the entry of whoever signed it.
pub(super) struct Verified<'a> {
    pub(super) claims: Map<String, Value>,
    pub(super) issuer: Option<&'a Issuer>,
}

impl JwtAuth {
    /// `None` where tokens are not taken.
    pub(super) fn new(config: &Config, env: &Environment) -> Option<Self> {
        let settings = config.jwt.clone()?;
        let variable = |name: &str| {
            let value = config.variable(name, &|name| env.get(name));
            value.map(|it| it.expose().trim().to_owned()).filter(|it| !it.is_empty())
        };
        let urls = variable("JWT_PUBLIC_KEY_URL").unwrap_or_default();
        let urls: Vec<String> = urls.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
        let (audience, issuer) = (variable("JWT_AUDIENCE"), variable("JWT_ISSUER"));
        if !urls.is_empty() && audience.is_none() && issuer.is_none() {
            tracing::warn!(
                "neither JWT_AUDIENCE nor JWT_ISSUER is set: tokens that the identity provider made for other \
                 applications are accepted"
            );
        }
        Some(Self {
            urls,
            audience: audience.into_iter().collect(),
            issuer,
            keys: KeySets::new(settings.public_key_ttl, settings.public_key_stale_ttl),
            accounts: Memory::new(settings.oidc_userinfo_cache_ttl),
            settings,
        })
    }

    /// Whether a credential is for this way: a token by its form, or any where the identity provider is asked for the
    /// account.
    pub(super) fn takes(&self, secret: &str) -> bool {
        Token::looks_like(secret) || self.settings.oidc_userinfo_enabled
    }

    /// The true claims of what the caller shows.
    async fn claims(&self, app: &App, secret: &str) -> Result<Verified<'_>, ApiError> {
        if Token::looks_like(secret) { self.verify(app, secret).await } else { self.account(app, secret).await }
    }

    async fn verify(&self, app: &App, text: &str) -> Result<Verified<'_>, ApiError> {
        let token = Token::parse(text).map_err(refusal::malformed)?;
        let name = token.claims.get("iss").and_then(Value::as_str);
        let issuer = self.settings.issuers.iter().find(|it| Some(it.issuer.as_str()) == name);
        let urls = match issuer {
            Some(issuer) => vec![issuer.jwks_url.clone().unwrap_or_else(|| discovery(&issuer.issuer))],
            None => self.urls.clone(),
        };
        if urls.is_empty() {
            return Err(ApiError::unauthorized("Authentication Error, Missing JWT Public Key URL from environment."));
        }
        self.check_signature(app, &urls, &token).await?;
        let leeway = self.settings.leeway;
        let expected = match issuer {
            Some(it) => Expected {
                issuer: Some(&it.issuer),
                audiences: it.audience.as_ref().map(|it| it.0.as_slice()).unwrap_or_default(),
                leeway,
            },
            None => Expected { issuer: self.issuer.as_deref(), audiences: &self.audience, leeway },
        };
        check(&token.claims, &expected, timestamp(app)).map_err(refusal::invalid)?;
        Ok(Verified { claims: token.claims, issuer })
    }

    /// A key's id decides which key is tried. Every provider's keys are looked at before any are read anew for it, and
    /// one provider's outage does not hide another's key.
    async fn check_signature(&self, app: &App, urls: &[String], token: &Token<'_>) -> Result<(), ApiError> {
        let kid = token.kid.as_deref();
        let mut outage = None;
        for wanted in [Wanted::Any, Wanted::Key(kid)] {
            for url in urls {
                match self.keys.get(&app.upstream, url, wanted).await {
                    Ok(keys) if keys.has(kid) => {
                        let mut candidates = keys.candidates(kid, token.algorithm);
                        let is_signed = candidates.any(|key| signature::is_signed(token, key));
                        return if is_signed { Ok(()) } else { Err(refusal::signature()) };
                    }
                    Ok(_) => {}
                    Err(error) => outage = Some(error),
                }
            }
        }
        Err(outage.map_or_else(refusal::no_key, refusal::unavailable))
    }

    /// Asks the identity provider for the account of a token that is no JWT.
    async fn account(&self, app: &App, secret: &str) -> Result<Verified<'_>, ApiError> {
        let Some(url) = &self.settings.oidc_userinfo_endpoint else {
            let message = "Authentication Error, litellm_jwtauth.oidc_userinfo_endpoint is not set.";
            return Err(ApiError::unauthorized(message));
        };
        let name = policy::key::Key::hash(secret);
        if let Some(known) = self.accounts.get(&name) {
            return Ok(Verified { claims: (*known).clone(), issuer: None });
        }
        let token = Secret::new(secret.to_owned());
        match app.upstream.ask_identity_provider(url, Inquiry::Account(&token)).await {
            Ok(Value::Object(claims)) => {
                Ok(Verified { claims: (*self.accounts.put(&name, claims)).clone(), issuer: None })
            }
            Ok(_) => Err(refusal::unavailable(upstream::IdentityError::Unreadable)),
            Err(upstream::IdentityError::Status(400..500)) => Err(refusal::account()),
            Err(error) => Err(refusal::unavailable(error)),
        }
    }
}

fn discovery(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

#[cfg(test)]
mod tests;
