//! GET `/global/spend/report`, and `/{key,user,team,organization}/spend/report`: spend in a span of days, grouped.

use std::collections::BTreeMap;

use gateway::{ApiError, Caller, Reply, Request};
use http::StatusCode;
use policy::money::Usd;
use serde::Serialize;
use store::{Daily, Measures, Rollup};

use crate::names;
use crate::query::{api_key, days, text, token};
use crate::sight::View;
use crate::sums::{Sums, by, dearest, group, sum, total_tokens};

#[derive(Serialize)]
struct KeyReport<'a> {
    api_key: &'a str,
    #[serde(flatten)]
    sums: Sums,
    model_details: Vec<ModelReport<'a>>,
}

#[derive(Serialize)]
struct ModelReport<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<&'a str>,
    #[serde(flatten)]
    sums: Sums,
}

/// What the teams or customers spent on a day.
#[derive(Serialize)]
struct DayReport<'a> {
    group_by_day: String,
    #[serde(flatten)]
    spenders: BTreeMap<&'static str, Vec<SpenderReport<'a>>>,
}

#[derive(Serialize)]
struct SpenderReport<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    team_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    total_spend: Usd,
    metadata: Vec<Detail<'a>>,
}

#[derive(Serialize)]
struct Detail<'a> {
    model: &'a str,
    api_key: &'a str,
    spend: Usd,
    total_tokens: u64,
    unpriced_requests: u64,
}

/// LiteLLM's name of what belongs to no team.
const NO_TEAM: &str = "Unassigned Team";

pub(crate) async fn global(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let days = days(req)?;
    let (team, customer) = (text(req, "team_id"), text(req, "customer_id"));
    let of_team = |it: &Rollup| team.is_none_or(|team| team == it.team);
    if let Some(hash) = api_key(req) {
        return Ok(by_key(&view.of_key(&hash, days).await?, false));
    }
    if let Some(user) = text(req, "internal_user_id") {
        view.check_user(user)?;
        return Ok(by_key(&view.rollups(Daily::Of("user", user), days).await?, false));
    }
    if let Some(team) = team {
        view.check_team(team)?;
    }
    match text(req, "group_by").unwrap_or("team") {
        "team" | "customer" if team.is_some() && customer.is_some() => {
            let whose = Daily::Of("end_user", customer.unwrap_or_default());
            let mut rollups = view.rollups(whose, days).await?;
            rollups.retain(of_team);
            by_day(view, &rollups, "teams_customers", customer).await
        }
        "team" => {
            let rollups = match team {
                Some(team) => view.rollups(Daily::Of("team", team), days).await?,
                None => view.all_or_own(days).await?,
            };
            by_day(view, &rollups, "teams", None).await
        }
        "customer" => {
            let whose = customer.map_or(Daily::Every("end_user"), |id| Daily::Of("end_user", id));
            let mut rollups = view.rollups(whose, days).await?;
            rollups.retain(of_team);
            by_day(view, &rollups, "customers", customer).await
        }
        "api_key" => Ok(by_key(&view.all_or_own(days).await?, false)),
        "model" => {
            let rollups = view.all_or_own(days).await?;
            Ok(Reply::json(StatusCode::OK, &by_model(rollups.iter(), false)))
        }
        _ => {
            let message = "`group_by` must be team, customer, api_key or model.";
            let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message);
            Err(error.param("group_by"))
        }
    }
}

pub(crate) async fn of_key(view: &View<'_>, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let days = days(req)?;
    let own = caller.key().map(|key| key.token.as_str());
    let hash = named(text(req, "api_key").or(own), "api_key")?;
    Ok(by_key(&view.of_key(&token(hash), days).await?, false))
}

pub(crate) async fn of_user(view: &View<'_>, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let days = days(req)?;
    let asked = text(req, "internal_user_id").or_else(|| text(req, "user_id"));
    let user = named(asked.or_else(|| caller.user_id()), "internal_user_id")?;
    view.check_user(user)?;
    Ok(by_key(&view.rollups(Daily::Of("user", user), days).await?, false))
}

pub(crate) async fn of_team(view: &View<'_>, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let days = days(req)?;
    let own = caller.key().and_then(|key| key.team_id.as_deref());
    let team = named(text(req, "team_id").or(own), "team_id")?;
    view.check_team(team)?;
    Ok(by_key(&view.rollups(Daily::Of("team", team), days).await?, false))
}

pub(crate) async fn of_organization(view: &View<'_>, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let days = days(req)?;
    let own = caller.key().and_then(|key| key.organization_id.as_deref());
    let organization = named(text(req, "organization_id").or(own), "organization_id")?;
    view.check_organization(organization)?;
    Ok(by_key(&view.rollups(Daily::Of("organization", organization), days).await?, true))
}

fn named<'a>(name: Option<&'a str>, param: &'static str) -> Result<&'a str, ApiError> {
    name.ok_or_else(|| ApiError::invalid(format!("`{param}` is required.")).param(param))
}

fn by_key(rollups: &[Rollup], with_teams: bool) -> Reply {
    let mut details = group(rollups, |it| it.api_key.as_str());
    let keys = dearest(by(rollups, |it| it.api_key.as_str())).into_iter();
    let reports: Vec<KeyReport<'_>> = keys
        .map(|(api_key, measures)| KeyReport {
            api_key,
            sums: Sums::from(&measures),
            model_details: by_model(details.remove(api_key).unwrap_or_default().into_iter(), with_teams),
        })
        .collect();
    Reply::json(StatusCode::OK, &reports)
}

fn by_model<'a>(rollups: impl Iterator<Item = &'a Rollup>, with_teams: bool) -> Vec<ModelReport<'a>> {
    let sums = by(rollups, |it| (it.model.as_str(), with_teams.then_some(it.team.as_str())));
    let report = |((model, team_id), measures)| ModelReport { model, team_id, sums: Sums::from(&measures) };
    sums.into_iter().map(report).collect()
}

async fn by_day<'a>(
    view: &View<'_>,
    rollups: &'a [Rollup],
    list: &'static str,
    customer: Option<&'a str>,
) -> Result<Reply, ApiError> {
    let aliases = names::of_teams(view.app, rollups.iter().map(|it| it.team.as_str())).await?;
    let team = |it: &Rollup| match (it.team.as_str(), aliases.get(&it.team)) {
        ("", _) => NO_TEAM.to_owned(),
        (_, Some(alias)) => alias.clone(),
        (id, None) => id.to_owned(),
    };
    let teams: BTreeMap<&str, String> = rollups.iter().map(|it| (it.team.as_str(), team(it))).collect();
    let by_team = list != "customers";
    let spender = |it: &Rollup| {
        let customer = (list != "teams").then(|| customer.unwrap_or(&it.of).to_owned());
        (by_team.then(|| it.team.clone()), customer)
    };
    let report = |(date, rollups): (&'a str, Vec<&'a Rollup>)| {
        let spenders = group(rollups, spender).into_values().map(|rollups| {
            let first = rollups.first();
            SpenderReport {
                team_name: first.filter(|_| by_team).and_then(|it| Some(teams.get(it.team.as_str())?.as_str())),
                customer: first.filter(|_| list != "teams").map(|it| customer.unwrap_or(it.of.as_str())),
                total_spend: sum(rollups.iter().copied()).spend,
                metadata: details(rollups),
            }
        });
        let spenders = BTreeMap::from([(list, spenders.collect())]);
        DayReport { group_by_day: format!("{date}T00:00:00+00:00"), spenders }
    };
    let reports: Vec<DayReport<'_>> = group(rollups, |it| it.date.as_str()).into_iter().map(report).collect();
    Ok(Reply::json(StatusCode::OK, &reports))
}

fn details<'a>(rollups: Vec<&'a Rollup>) -> Vec<Detail<'a>> {
    let sums = by(rollups, |it| (it.model.as_str(), it.api_key.as_str()));
    let detail = |((model, api_key), measures): ((&'a str, &'a str), Measures)| Detail {
        model,
        api_key,
        spend: measures.spend,
        total_tokens: total_tokens(&measures),
        unpriced_requests: measures.unpriced,
    };
    sums.into_iter().map(detail).collect()
}
