//! GET `/key/list`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::key::{Key, Page};
use serde::Serialize;

use crate::errors::{refusal, store};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let query = req.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut page = Page::parse(query).map_err(refusal)?;
    if !caller.is_admin() {
        page.filter.user_id = Some(caller.user_id().unwrap_or_default().to_owned());
    }
    let (keys, total) = page.select(read(app, &page).await?, gateway::timestamp(app));
    let shown = if page.full {
        let scopes: Vec<_> = keys.iter().map(|key| gateway::key_scope(app, key)).collect();
        let totals = app.store.find_totals(&scopes).await.map_err(store)?;
        keys.iter().zip(totals).map(|(key, total)| Entry::Full(key.full(total.spend))).collect()
    } else {
        keys.into_iter().map(|key| Entry::Token(key.token)).collect()
    };
    let listing =
        Listing { keys: shown, total_count: total, current_page: page.page, total_pages: total.div_ceil(page.size) };
    Ok(Reply::json(StatusCode::OK, &listing))
}

#[derive(Serialize)]
struct Listing {
    keys: Vec<Entry>,
    total_count: usize,
    current_page: usize,
    total_pages: usize,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Token(String),
    Full(Answer),
}

/// The keys of the narrowest index that holds all that the page may show.
async fn read(app: &App, page: &Page) -> Result<Vec<Key>, ApiError> {
    let filter = &page.filter;
    let one = match (&filter.key_hash, &filter.key_alias) {
        (Some(token), _) => Some(app.store.find::<Key>(token).await),
        (None, Some(alias)) => Some(app.store.find_by::<Key>("alias", alias).await),
        (None, None) => None,
    };
    if let Some(found) = one {
        return Ok(found.map_err(store)?.into_iter().map(|it| it.value).collect());
    }
    let listing = if let Some(user) = &filter.user_id {
        store::Listing::Of("USER", user.clone())
    } else if let Some(team) = &filter.team_id {
        store::Listing::Of("TEAM", team.clone())
    } else if let Some(organization) = &filter.organization_id {
        store::Listing::Of("ORGANIZATION", organization.clone())
    } else {
        store::Listing::All
    };
    Ok(app.store.list_whole::<Key>(&listing).await.map_err(store)?.into_iter().map(|it| it.value).collect())
}
