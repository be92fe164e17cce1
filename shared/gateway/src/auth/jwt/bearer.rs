//! From a token's claims to a caller: the key that the token stands for, with the entities behind it.

use std::sync::Arc;

use policy::access::{Role, is_inference};
use policy::config::JwtSettings;
use policy::entity::{Member, Organization, Team, User};
use policy::jwt::{Principal, permit_model, permit_role, permit_route};
use policy::key::Key;
use serde_json::Value;
use store::{Listing, StoreError, membership};

use super::asked::Asked;
use super::mapping::{self, Mapped};
use super::{JwtAuth, refusal, teams};
use crate::auth::refusal::forbidden;
use crate::auth::{Caller, Held, Identity, check_state, role, timestamp};
use crate::error::Param;
use crate::known::complete;
use crate::{ApiError, App, Request};

/// Finds out who shows this token.
pub(in crate::auth) async fn identify(
    app: &App,
    req: &Request,
    jwt: &JwtAuth,
    secret: &str,
) -> Result<Caller, ApiError> {
    let verified = jwt.claims(app, secret).await?;
    let settings = &jwt.settings;
    let principal = Principal::read(settings, verified.issuer, &verified.claims);
    let issuer = verified.claims.get("iss").and_then(Value::as_str);
    let mapped = mapping::find(app, settings, &principal, issuer).await?;
    if let Mapped::Key(known) = mapped {
        check_state(app, &known, &known.key.key_name)?;
        let role = role(&known);
        return Ok(Caller { end_user: principal.end_user_id, ..Caller::new(Identity::Key(known), role) });
    }
    let asked = Asked { path: &req.path, model: model(req), team: req.header("x-litellm-team-id") };
    let (path, model) = (asked.path, asked.model.as_deref());
    let permissions = &app.config.general_settings.role_permissions;
    permit_role(settings, permissions, &principal, path, model).map_err(|it| refusal::denied(it, path))?;
    permit_model(settings, &principal, path, model).map_err(|it| refusal::denied(it, path))?;
    if !principal.is_admin() && !principal.has_allowed_email(settings) {
        return Err(ApiError { param: Param::Name("user_email".to_owned()), ..forbidden("Email domain not allowed.") });
    }
    // The model matters where it decides the team.
    let by_model = if principal.team.id.is_none() { model.unwrap_or_default() } else { "" };
    let is_call = is_inference(path);
    let name = format!("jwt\n{secret}\n{}\n{by_model}\n{is_call}", asked.team.unwrap_or_default());
    let name = Key::hash(&name);
    let held = match app.callers.tokens.get(&name) {
        Some(held) => held,
        None => {
            let held = if principal.is_admin() {
                admin(app, &principal, &asked).await?
            } else {
                let email_is_known = verified.claims.get("email_verified") != Some(&Value::Bool(false));
                bearer(app, settings, &principal, &asked, email_is_known).await?
            };
            app.callers.tokens.put(&name, held)
        }
    };
    let in_team = held.known.key.team_id.is_some();
    permit_route(settings, &principal, path, in_team).map_err(|it| refusal::denied(it, path))?;
    let (identity, role) = match mapped {
        Mapped::Register { claim, value } if !principal.is_admin() => {
            let known = Box::pin(mapping::register(app, &held.known.key, issuer, claim, value)).await?;
            check_state(app, &known, &known.key.key_name)?;
            let role = super::super::role(&known);
            (Identity::Key(known), role)
        }
        _ => (Identity::Token(Arc::clone(&held.known)), held.role),
    };
    Ok(Caller { end_user: principal.end_user_id, ..Caller::new(identity, role) })
}

/// An admin, who needs no record here. Calls models as a team if it wants to.
async fn admin(app: &App, principal: &Principal, asked: &Asked<'_>) -> Result<Held, ApiError> {
    let mut key = Key { user_id: principal.user_id.clone(), agent_id: principal.agent_id.clone(), ..Key::default() };
    if let Some(team) = asked.team.filter(|_| is_inference(asked.path)) {
        let team = app.store.find::<Team>(team).await.map_err(ApiError::unavailable)?;
        key.team_id = team.map(|it| it.value.team_id);
    }
    let known = complete(app, key).await.map_err(ApiError::unavailable)?;
    Ok(Held { known: Arc::new(known), role: Role::ProxyAdmin })
}

async fn bearer(
    app: &App,
    settings: &JwtSettings,
    principal: &Principal,
    asked: &Asked<'_>,
    email_is_known: bool,
) -> Result<Held, ApiError> {
    let user = user(app, settings, principal, email_is_known).await?;
    let user_id = user.as_ref().map(|it| it.user_id.clone()).or_else(|| principal.user_id.clone());
    if let Some(user) = &user {
        teams::sync(app, settings, principal, &user.user_id).await?;
    }
    let team = teams::choose(app, settings, principal, user_id.as_deref(), asked).await?;
    if let (Some(team), Some(user)) = (&team, &user) {
        join(app, team, user).await?;
    }
    let of_team = team.as_ref().and_then(|it| it.organization_id.as_ref());
    let organization_id = if of_team.is_some() { None } else { organization(app, principal).await? };
    let key = Key {
        user_id,
        team_id: team.map(|it| it.team_id).or_else(|| principal.team.id.clone().filter(|_| principal.by_object)),
        organization_id,
        agent_id: principal.agent_id.clone(),
        ..Key::default()
    };
    let known = complete(app, key).await.map_err(ApiError::unavailable)?;
    let role = match (&known.key.user_id, &known.key.team_id) {
        (None, Some(_)) => Role::Team,
        _ => role(&known),
    };
    Ok(Held { known: Arc::new(known), role })
}

/// The user's record: by id, by the id at the identity provider, by the address; made where the configuration says so.
async fn user(
    app: &App,
    settings: &JwtSettings,
    principal: &Principal,
    email_is_known: bool,
) -> Result<Option<User>, ApiError> {
    let Some(id) = &principal.user_id else { return Ok(None) };
    let store = &app.store;
    let mut found = store.find::<User>(id).await.map_err(ApiError::unavailable)?;
    if found.is_none() {
        found = store.find_by::<User>("sso", id).await.map_err(ApiError::unavailable)?;
    }
    let email = principal.user_email.as_ref().map(|it| it.to_lowercase());
    if let (None, Some(email), true) = (&found, &email, email_is_known) {
        found = store.find_by::<User>("email", email).await.map_err(ApiError::unavailable)?;
    }
    if let Some(found) = found {
        let role = principal.user_role.filter(|_| settings.sync_user_role_and_teams);
        if role.is_none() || role == found.value.user_role {
            return Ok(Some(found.value));
        }
        let changed = User { user_role: role, updated_at: Some(timestamp(app)), ..found.value.clone() };
        return match store.update(&found, &changed).await {
            Ok(stored) => Ok(Some(stored.value)),
            // Someone else writes the same, or the next call does.
            Err(StoreError::Changed) => Ok(Some(changed)),
            Err(error) => Err(ApiError::unavailable(error)),
        };
    }
    if !settings.user_id_upsert {
        if principal.by_object {
            return Ok(None);
        }
        let message = "Authentication Error, User doesn't exist in db. Create user via `/user/new` call.";
        return Err(ApiError::unauthorized(message));
    }
    let now = Some(timestamp(app));
    let defaults = policy::entity::User {
        user_id: id.clone(),
        user_email: principal.user_email.clone().filter(|_| email_is_known),
        user_role: Some(principal.user_role.unwrap_or(Role::InternalUser)),
        created_at: now,
        updated_at: now,
        ..User::default()
    };
    match store.create(&defaults).await {
        Ok(stored) => Ok(Some(stored.value)),
        Err(StoreError::Exists) => Ok(store.find::<User>(id).await.map_err(ApiError::unavailable)?.map(|it| it.value)),
        Err(error) => Err(ApiError::stored(error, "User", "user_id")),
    }
}

/// Makes a user a member of the team that its token names.
async fn join(app: &App, team: &Team, user: &User) -> Result<(), ApiError> {
    let id = membership(&team.team_id, &user.user_id);
    if app.store.find::<Member>(&id).await.map_err(ApiError::unavailable)?.is_some() {
        return Ok(());
    }
    teams::add(app, &team.team_id, &user.user_id, user.user_email.clone()).await
}

async fn organization(app: &App, principal: &Principal) -> Result<Option<String>, ApiError> {
    let known = match (&principal.org_id, &principal.org_alias) {
        (Some(id), _) => app.store.find::<Organization>(id).await.map_err(ApiError::unavailable)?.map(|it| it.value),
        (None, Some(alias)) => {
            let listing = Listing::Of("ALIAS", alias.clone());
            let found = app.store.list::<Organization>(&listing, 2, None).await.map_err(ApiError::unavailable)?;
            match found.records.as_slice() {
                [one] => Some(one.value.clone()),
                _ => None,
            }
        }
        (None, None) => return Ok(None),
    };
    match known {
        Some(organization) => Ok(Some(organization.organization_id)),
        None => {
            Err(refusal::missing("Organization doesn't exist in db. Create organization via `/organization/new` call."))
        }
    }
}

/// The model that a request asks for: in its path, or in its body.
fn model(req: &Request) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body {
        model: Option<String>,
    }
    if !is_inference(&req.path) {
        return None;
    }
    let in_path = req.path_param("model").map(str::to_owned);
    let googles = || req.path_param("id").and_then(|it| it.rsplit_once(':')).map(|(model, _)| model.to_owned());
    let in_body = || serde_json::from_slice::<Body>(&req.body).ok()?.model;
    in_path.or_else(googles).or_else(in_body).filter(|it| !it.is_empty())
}
