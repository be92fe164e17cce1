//! Callers whom a trusted proxy has authenticated, and names in headers.

use std::sync::Arc;

use policy::entity::{Team, User};
use policy::key::Key;
use store::Listing;

use super::{Caller, Held, Identity, role};
use crate::known::complete;
use crate::{ApiError, App, Request};

/// Who calls, if the connection comes from a trusted proxy that says so. From elsewhere the headers mean nothing.
pub(super) async fn identify(app: &App, req: &Request) -> Result<Option<Caller>, ApiError> {
    let settings = &app.config.general_settings;
    let from_proxy = req.client_ip.is_some_and(|it| settings.trusted_proxy_ranges.contains(it));
    if !settings.enable_oauth2_proxy_auth || !from_proxy {
        return Ok(None);
    }
    let header = |field: &str| req.header(settings.oauth2_config_mappings.get(field)?).map(str::to_owned);
    let who = ["user_id", "user_email", "team_id", "team_alias"].map(header);
    if who.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [user_id, user_email, team_id, team_alias] = who;
    let (organization_id, models) = (header("org_id"), header("models"));
    let named = [&user_id, &user_email, &team_id, &team_alias, &organization_id, &models];
    let name = named.map(|it| it.clone().unwrap_or_default());
    let name = Key::hash(&format!("asserted\n{}", serde_json::to_string(&name).unwrap_or_default()));
    if let Some(held) = app.callers.tokens.get(&name) {
        return Ok(Some(caller(&held)));
    }
    let user_id = match (user_id, user_email) {
        (None, Some(email)) => {
            let user =
                app.store.find_by::<User>("email", &email.to_lowercase()).await.map_err(ApiError::unavailable)?;
            Some(user.map_or(email, |it| it.value.user_id))
        }
        (id, _) => id,
    };
    let team_id = match (team_id, team_alias) {
        (None, Some(alias)) => {
            let listing = Listing::Of("ALIAS", alias);
            let mut found = app.store.list::<Team>(&listing, 2, None).await.map_err(ApiError::unavailable)?.records;
            let only = found.pop().filter(|_| found.is_empty());
            let message = "Authentication Error, The team alias of the proxy's header is not that of one team.";
            Some(only.ok_or_else(|| ApiError::unauthorized(message))?.value.team_id)
        }
        (id, _) => id,
    };
    let models = models.unwrap_or_default();
    let models = models.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
    let key = Key { user_id, team_id, organization_id, models, ..Key::default() };
    let known = complete(app, key).await.map_err(ApiError::unavailable)?;
    let role = role(&known);
    let held = app.callers.tokens.put(&name, Held { known: Arc::new(known), role });
    Ok(Some(caller(&held)))
}

fn caller(held: &Held) -> Caller {
    Caller::new(Identity::Token(Arc::clone(&held.known)), held.role)
}
