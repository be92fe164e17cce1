//! GET `/key/aliases`.

use std::collections::BTreeSet;

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::key::{Page, View};
use serde::Serialize;

use crate::views::{read, teams_of};

#[derive(Serialize)]
struct Aliases {
    aliases: Vec<String>,
    total_count: usize,
    current_page: usize,
    total_pages: usize,
    size: usize,
}

/// The usual number of aliases on a page.
const SIZE: (&str, &str) = ("size", "50");

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let known = |(name, value): &(String, String)| {
        matches!(name.as_str(), "page" | "size" | "search" | "team_id") && !value.is_empty()
    };
    let asked = req.query.iter().filter(|it| known(it)).map(|(name, value)| (name.as_str(), value.as_str()));
    let page = Page::parse([SIZE].into_iter().chain(asked))?;
    let needle = page.filter.search.as_deref().unwrap_or_default().to_lowercase();
    let team = page.filter.team_id.as_deref();
    let mut aliases = BTreeSet::new();
    for view in views(app, caller).await? {
        let keys = read(app, &view, &page).await?;
        let named = keys.into_iter().filter(|key| team.is_none_or(|team| key.team_id.as_deref() == Some(team)));
        let named = named.filter_map(|key| key.key_alias);
        aliases.extend(named.filter(|alias| alias.to_lowercase().contains(&needle)));
    }
    let total_count = aliases.len();
    let shown = Aliases {
        aliases: page.number.cut(aliases.into_iter().collect()),
        total_count,
        current_page: page.number.number,
        total_pages: page.number.count(total_count),
        size: page.number.size,
    };
    Ok(Reply::json(StatusCode::OK, &shown))
}

/// An admin sees every key's, others those of their own keys and of their teams'.
async fn views(app: &App, caller: &Caller) -> Result<Vec<View>, ApiError> {
    if caller.manager().sees_all() {
        return Ok(vec![View::All]);
    }
    let Some(user) = caller.user_id() else { return Ok(Vec::new()) };
    let teams = teams_of(app, user).await?;
    let own = View::OfUser(user.to_owned());
    Ok([own].into_iter().chain(teams.into_iter().map(|(team, _)| View::OfTeam(team.team_id))).collect())
}
