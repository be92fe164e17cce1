//! GET `/global/spend` and its parts of the last thirty days: by day, key, model, provider, team.

use std::collections::{BTreeMap, BTreeSet};

use gateway::{ApiError, Reply, Request};
use http::StatusCode;
use policy::money::Usd;
use policy::spend::{GLOBAL, Scope};
use serde::Serialize;

use crate::names;
use crate::query::{Days, api_key, count, days};
use crate::sight::{View, store};
use crate::sums::{by, dearest, group, sum, total_tokens};

/// The most entries of a list of the dearest.
const MOST: usize = 1000;

/// Teams that are shown with their sums.
const TEAMS: usize = 10;

/// LiteLLM's name of what belongs to no team.
const NO_TEAM: &str = "Unassigned";

#[derive(Serialize)]
struct GlobalSpend {
    spend: Usd,
    max_budget: Usd,
    unpriced_requests: u64,
}

pub(crate) async fn spend(view: &View<'_>) -> Result<Reply, ApiError> {
    let total = view.app.store.find_total(&Scope::new(GLOBAL, "")).await.map_err(store)?;
    let max_budget = view.app.config.litellm_settings.max_budget.unwrap_or_default();
    let answer = GlobalSpend { spend: total.spend, max_budget, unpriced_requests: total.unpriced };
    Ok(Reply::json(StatusCode::OK, &answer))
}

#[derive(Serialize)]
struct DaySpend<'a> {
    date: &'a str,
    spend: Usd,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
    unpriced_requests: u64,
}

/// GET `/global/spend/logs`.
pub(crate) async fn logs(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let days = Days::last_month(view.app);
    let key = api_key(req);
    let rollups = match &key {
        Some(hash) => view.of_key(hash, days).await?,
        None => view.all_or_own(days).await?,
    };
    let sums = by(&rollups, |it| it.date.as_str());
    let answer: Vec<DaySpend<'_>> = sums
        .iter()
        .map(|(date, it)| DaySpend { date, spend: it.spend, api_key: key.as_deref(), unpriced_requests: it.unpriced })
        .collect();
    Ok(Reply::json(StatusCode::OK, &answer))
}

#[derive(Serialize)]
struct KeySpend<'a> {
    api_key: &'a str,
    key_alias: Option<&'a str>,
    key_name: Option<&'a str>,
    total_spend: Usd,
    unpriced_requests: u64,
}

/// GET `/global/spend/keys`.
pub(crate) async fn keys(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let limit = count(req, "limit", MOST, MOST)?;
    let rollups = view.all_or_own(Days::last_month(view.app)).await?;
    let aliases = names::aliases(&rollups);
    let sums = dearest(by(rollups.iter().filter(|it| !it.api_key.is_empty()), |it| it.api_key.as_str()));
    let sums: Vec<_> = sums.into_iter().take(limit).collect();
    let names = names::of_keys(view.app, sums.iter().map(|(key, _)| *key)).await?;
    let answer: Vec<KeySpend<'_>> = sums
        .into_iter()
        .map(|(api_key, it)| KeySpend {
            api_key,
            key_alias: aliases.get(api_key).copied(),
            key_name: names.get(api_key).map(String::as_str),
            total_spend: it.spend,
            unpriced_requests: it.unpriced,
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &answer))
}

#[derive(Serialize)]
struct ModelSpend<'a> {
    model: &'a str,
    total_spend: Usd,
    total_tokens: u64,
    unpriced_requests: u64,
}

/// GET `/global/spend/models`.
pub(crate) async fn models(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let limit = count(req, "limit", 10, MOST)?;
    let rollups = view.all_or_own(Days::last_month(view.app)).await?;
    let sums = dearest(by(rollups.iter().filter(|it| !it.model.is_empty()), |it| it.model.as_str()));
    let answer: Vec<ModelSpend<'_>> = sums
        .into_iter()
        .take(limit)
        .map(|(model, it)| ModelSpend {
            model,
            total_spend: it.spend,
            total_tokens: total_tokens(&it),
            unpriced_requests: it.unpriced,
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &answer))
}

#[derive(Serialize)]
struct ProviderSpend<'a> {
    provider: &'a str,
    spend: Usd,
    unpriced_requests: u64,
}

/// GET `/global/spend/provider`.
pub(crate) async fn provider(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let rollups = view.all_or_own(days(req)?).await?;
    let sums = dearest(by(rollups.iter().filter(|it| !it.provider.is_empty()), |it| it.provider.as_str()));
    let answer: Vec<ProviderSpend<'_>> = sums
        .into_iter()
        .map(|(provider, it)| ProviderSpend { provider, spend: it.spend, unpriced_requests: it.unpriced })
        .collect();
    Ok(Reply::json(StatusCode::OK, &answer))
}

#[derive(Serialize)]
struct TeamSpend {
    daily_spend: Vec<TeamDay>,
    teams: BTreeSet<String>,
    total_spend_per_team: Vec<TeamTotal>,
}

#[derive(Serialize)]
struct TeamDay {
    date: String,
    #[serde(flatten)]
    teams: BTreeMap<String, Usd>,
}

#[derive(Serialize)]
struct TeamTotal {
    team_id: String,
    total_spend: Usd,
}

/// GET `/global/spend/teams`.
pub(crate) async fn teams(view: &View<'_>) -> Result<Reply, ApiError> {
    let rollups = view.all_or_own(Days::last_month(view.app)).await?;
    let aliases = names::of_teams(view.app, rollups.iter().map(|it| it.team.as_str())).await?;
    let name = |it: &store::Rollup| match (it.team.as_str(), aliases.get(&it.team)) {
        ("", _) => NO_TEAM.to_owned(),
        (_, Some(alias)) => alias.clone(),
        (id, None) => id.to_owned(),
    };
    let daily_spend = group(&rollups, |it| it.date.as_str()).into_iter().map(|(date, rollups)| TeamDay {
        date: date.to_owned(),
        teams: group(rollups, name).into_iter().map(|(team, of)| (team, sum(of).spend)).collect(),
    });
    let totals = by(&rollups, name);
    let answer = TeamSpend {
        daily_spend: daily_spend.collect(),
        teams: totals.keys().cloned().collect(),
        total_spend_per_team: dearest(totals)
            .into_iter()
            .take(TEAMS)
            .map(|(team_id, it)| TeamTotal { team_id, total_spend: it.spend })
            .collect(),
    };
    Ok(Reply::json(StatusCode::OK, &answer))
}
