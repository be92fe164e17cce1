//! Virtual keys that tokens stand for.

use std::sync::Arc;

use policy::config::{JwtSettings, Unregistered};
use policy::jwt::{KeyMapping, Principal};
use policy::key::{Key, Who};
use serde_json::{Map, Value};
use store::StoreError;

use crate::auth::refusal::forbidden;
use crate::known::{Known, known_key};
use crate::{ApiError, App, key_maker, new_id};

/// What a token's mapping says.
pub(super) enum Mapped<'a> {
    /// It stands for this key.
    Key(Arc<Known>),
    /// It is to get a key.
    Register { claim: &'a str, value: &'a str },
    /// Its own claims count.
    None,
}

/// The key that a token is mapped to: by its issuer's own mapping, else by one for every issuer.
pub(super) async fn find<'a>(
    app: &App,
    settings: &JwtSettings,
    principal: &'a Principal,
    issuer: Option<&str>,
) -> Result<Mapped<'a>, ApiError> {
    let Some((claim, value)) = &principal.virtual_key else { return Ok(Mapped::None) };
    let behaviour = settings.unregistered_jwt_client_behavior;
    let Some(value) = value else {
        return match behaviour {
            Unregistered::FallbackTeamMapping => Ok(Mapped::None),
            _ if principal.is_admin() => Ok(Mapped::None),
            _ => Err(forbidden(format!("JWT Key Mapping: The token has no claim {claim}. Access denied."))),
        };
    };
    if let Some(known) = lookup(app, issuer, claim, value).await? {
        return Ok(Mapped::Key(known));
    }
    match behaviour {
        Unregistered::FallbackTeamMapping => Ok(Mapped::None),
        Unregistered::AutoRegister => Ok(Mapped::Register { claim, value }),
        Unregistered::Reject => {
            Err(forbidden(format!("JWT Key Mapping: No registered mapping for {claim}='{value}'. Access denied.")))
        }
    }
}

async fn lookup(app: &App, issuer: Option<&str>, claim: &str, value: &str) -> Result<Option<Arc<Known>>, ApiError> {
    for issuer in issuer.into_iter().chain([""]) {
        let name = KeyMapping::name(issuer, claim, value);
        let token = match app.callers.mappings.get(&name) {
            Some(token) => token,
            None => {
                let found = app.store.find_by::<KeyMapping>("claim", &name).await.map_err(ApiError::unavailable)?;
                let token = found.map(|it| it.value).filter(|it| it.is_active).map(|it| it.token);
                app.callers.mappings.put(&name, token)
            }
        };
        if let Some(token) = token.as_ref() {
            // A mapping to a key that is gone is as good as none; another's must not take its place.
            let known = known_key(app, token).await.map_err(ApiError::unavailable)?;
            return known.map(Some).ok_or_else(|| forbidden("JWT Key Mapping: The mapped key is gone. Access denied."));
        }
    }
    Ok(None)
}

/// Makes a key for a token, in the name of whom the token speaks for, and maps the token to it.
pub(super) async fn register(
    app: &App,
    bearer: &Key,
    issuer: Option<&str>,
    claim: &str,
    value: &str,
) -> Result<Arc<Known>, ApiError> {
    let maker = key_maker(app, Who::GATEWAY)?;
    let owner =
        [("user_id", &bearer.user_id), ("team_id", &bearer.team_id), ("organization_id", &bearer.organization_id)];
    let mut request: Map<String, Value> =
        owner.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id.clone()?.into()))).collect();
    request.insert("key_type".to_owned(), "llm_api".into());
    let made = policy::key::generate(&request, &maker)?;
    let mapping = KeyMapping {
        id: new_id().to_string(),
        jwt_issuer: issuer.unwrap_or_default().to_owned(),
        jwt_claim_name: claim.to_owned(),
        jwt_claim_value: value.to_owned(),
        token: made.key.token.clone(),
        created_at: Some(maker.now),
        updated_at: Some(maker.now),
        ..KeyMapping::default()
    };
    let stored = app.store.create(&made.key).await.map_err(|error| ApiError::stored(error, "Key", "key"))?;
    app.callers.mappings.forget(&KeyMapping::name(&mapping.jwt_issuer, claim, value));
    match app.store.create(&mapping).await {
        Ok(_) => {}
        // Another first call of the same client was faster: its key is the one.
        Err(StoreError::NameTaken { .. }) => app.store.delete(&stored).await.map_err(ApiError::unavailable)?,
        Err(error) => return Err(ApiError::stored(error, "Mapping", "jwt_claim_value")),
    }
    let known = lookup(app, issuer, claim, value).await?;
    known.ok_or_else(|| forbidden("JWT Key Mapping: The mapping was removed. Access denied."))
}
