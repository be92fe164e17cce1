//! Which team the bearer of a token calls as.

use policy::access::Catalog;
use policy::config::JwtSettings;
use policy::entity::{Member, Team};
use policy::jwt::Principal;
use store::{Listing, StoreError};

use super::asked::Asked;
use super::refusal::missing;
use crate::auth::refusal::forbidden;
use crate::auth::timestamp;
use crate::groups::expand;
use crate::{ApiError, App};

/// The team of the request's header, if the token or, where it says nothing, the user's memberships allow it; else the
/// token's team; else the first of its teams that may use the model; else the user's only team.
pub(super) async fn choose(
    app: &App,
    settings: &JwtSettings,
    principal: &Principal,
    user: Option<&str>,
    asked: &Asked<'_>,
) -> Result<Option<Team>, ApiError> {
    let claim = &principal.team;
    let by_membership = settings.fallback_to_db_teams && claim.is_empty() && !principal.by_object;
    if by_membership {
        return of_user(app, settings, user, asked).await;
    }
    let mut allowed = claim.named();
    if let Some(default) = claim.id.as_deref().filter(|_| claim.is_default) {
        allowed.push(default);
    }
    if let Some(wanted) = asked.team {
        let team = by_id_or_alias(app, wanted, &allowed).await?;
        return team.map(Some).ok_or_else(|| forbidden(NOT_ALLOWED));
    }
    if let Some(id) = &claim.id {
        match find(app, id).await? {
            Some(team) => return Ok(Some(team)),
            None if principal.by_object => return Ok(None),
            None if settings.team_id_upsert => return create(app, id).await.map(Some),
            None if !settings.team_claim_fallback => return Err(missing(UNKNOWN_TEAM)),
            None => {}
        }
    } else if let Some(alias) = &claim.alias {
        match by_alias(app, alias).await? {
            Some(team) => return Ok(Some(team)),
            None if !settings.team_claim_fallback => return Err(missing(UNKNOWN_TEAM)),
            None => {}
        }
    } else if !claim.ids.is_empty() {
        let (team, any) = first_for(app, claim.ids.iter().map(String::as_str), asked).await?;
        match team {
            Some(team) => return Ok(Some(team)),
            None if asked.model.is_some() && (any || !settings.team_claim_fallback) => {
                return Err(forbidden(NO_TEAM_FOR));
            }
            None => {}
        }
    } else if settings.team_id_jwt_field.is_some() || settings.team_alias_jwt_field.is_some() {
        return Err(ApiError::unauthorized("Authentication Error, No team found in token."));
    } else if settings.enforce_team_based_model_access {
        return Err(forbidden(
            "No teams found in token. `enforce_team_based_model_access` is set to True. Token must belong to a team.",
        ));
    }
    only_team(app, user).await
}

const NOT_ALLOWED: &str = "x-litellm-team-id does not resolve to a team id or a unique team alias among your teams.";
const UNKNOWN_TEAM: &str = "Team doesn't exist in db. Create team via `/team/new` call.";
const NO_TEAM_FOR: &str = "No team has access to the requested model. Check `/models` to see all available models.";

/// For tokens that say nothing of teams.
async fn of_user(
    app: &App,
    settings: &JwtSettings,
    user: Option<&str>,
    asked: &Asked<'_>,
) -> Result<Option<Team>, ApiError> {
    let own = memberships(app, user).await?;
    let ids: Vec<&str> = own.iter().map(|it| it.team_id.as_str()).collect();
    if let Some(wanted) = asked.team {
        return by_id_or_alias(app, wanted, &ids).await?.map(Some).ok_or_else(|| forbidden(NOT_ALLOWED));
    }
    let (team, any) = first_for(app, ids.into_iter(), asked).await?;
    match team {
        None if settings.enforce_team_based_model_access && any => Err(forbidden(NO_TEAM_FOR)),
        None if settings.enforce_team_based_model_access => {
            Err(forbidden("User is not a member of any team. Add the user to a team via the LiteLLM UI or API."))
        }
        team => Ok(team),
    }
}

/// The first team that exists and may use the model, and whether any exists.
async fn first_for<'a>(
    app: &App,
    ids: impl Iterator<Item = &'a str>,
    asked: &Asked<'_>,
) -> Result<(Option<Team>, bool), ApiError> {
    let mut any = false;
    for id in ids.take(MOST_TEAMS) {
        let Some(team) = find(app, id).await? else { continue };
        any = true;
        if asked.model.as_deref().is_none_or(|model| may_use(app, &team, model)) {
            return Ok((Some(team), any));
        }
    }
    Ok((None, any))
}

/// A token with more groups than this does not make the store search them all.
const MOST_TEAMS: usize = 100;

fn may_use(app: &App, team: &Team, model: &str) -> bool {
    team.model_aliases.contains_key(model)
        || policy::access::lists(&team.models, model, None, &Catalog::of(&app.config))
}

async fn by_id_or_alias(app: &App, wanted: &str, allowed: &[&str]) -> Result<Option<Team>, ApiError> {
    if allowed.contains(&wanted) {
        return find(app, wanted).await;
    }
    Ok(by_alias(app, wanted).await?.filter(|it| allowed.contains(&it.team_id.as_str())))
}

/// The team of a name, if it is the only one of that name.
async fn by_alias(app: &App, alias: &str) -> Result<Option<Team>, ApiError> {
    let listing = Listing::Of("ALIAS", alias.to_owned());
    let mut found = app.store.list::<Team>(&listing, 2, None).await.map_err(ApiError::unavailable)?.records;
    Ok(if found.len() == 1 { found.pop().map(|it| it.value) } else { None })
}

async fn only_team(app: &App, user: Option<&str>) -> Result<Option<Team>, ApiError> {
    match memberships(app, user).await?.as_slice() {
        [one] => find(app, &one.team_id).await,
        _ => Ok(None),
    }
}

async fn find(app: &App, id: &str) -> Result<Option<Team>, ApiError> {
    let team = app.store.find::<Team>(id).await.map_err(ApiError::unavailable)?;
    let Some(mut team) = team.map(|it| it.value) else { return Ok(None) };
    Box::pin(expand(app, vec![&mut team.models])).await.map_err(ApiError::unavailable)?;
    Ok(Some(team))
}

async fn memberships(app: &App, user: Option<&str>) -> Result<Vec<Member>, ApiError> {
    let Some(user) = user else { return Ok(Vec::new()) };
    let listing = Listing::Of("USER", user.to_owned());
    let found = app.store.list_whole::<Member>(&listing).await.map_err(ApiError::unavailable)?;
    Ok(found.into_iter().map(|it| it.value).collect())
}

async fn create(app: &App, id: &str) -> Result<Team, ApiError> {
    let now = Some(timestamp(app));
    let team = Team {
        team_id: id.to_owned(),
        team_alias: Some(id.to_owned()),
        created_at: now,
        updated_at: now,
        ..Team::default()
    };
    match app.store.create(&team).await {
        Ok(stored) => Ok(stored.value),
        // Somebody else's first call was faster.
        Err(StoreError::Exists) => find(app, id).await?.ok_or_else(|| missing(UNKNOWN_TEAM)),
        Err(error) => Err(ApiError::stored(error, "Team", "team_id")),
    }
}

/// Makes a user a member.
pub(super) async fn add(app: &App, team: &str, user: &str, email: Option<String>) -> Result<(), ApiError> {
    let now = Some(timestamp(app));
    let member = Member {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
        user_email: email,
        created_at: now,
        updated_at: now,
        ..Member::default()
    };
    match app.store.create(&member).await {
        Ok(_) | Err(StoreError::Exists) => Ok(()),
        Err(error) => Err(ApiError::stored(error, "Member", "user_id")),
    }
}

/// Makes the user's memberships those that the token names, where the configuration says so.
pub(super) async fn sync(app: &App, settings: &JwtSettings, principal: &Principal, user: &str) -> Result<(), ApiError> {
    let named = &principal.team.ids;
    if !settings.sync_user_role_and_teams || (settings.fallback_to_db_teams && named.is_empty()) {
        return Ok(());
    }
    let listing = Listing::Of("USER", user.to_owned());
    let own = app.store.list_whole::<Member>(&listing).await.map_err(ApiError::unavailable)?;
    for member in own.iter().filter(|it| !named.contains(&it.value.team_id)) {
        match app.store.delete(member).await {
            Ok(()) | Err(StoreError::Changed | StoreError::NotFound) => {}
            Err(error) => return Err(ApiError::unavailable(error)),
        }
    }
    for team in named.iter().take(MOST_TEAMS).filter(|team| !own.iter().any(|it| it.value.team_id == **team)) {
        if find(app, team).await?.is_some() {
            add(app, team, user, principal.user_email.clone()).await?;
        }
    }
    Ok(())
}
