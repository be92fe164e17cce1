//! GET `/team/spend/by_user`: what each member of some teams spent for them.

use gateway::{ApiError, Reply, Request};
use http::StatusCode;
use policy::money::Usd;
use serde::Serialize;
use store::Daily;

use crate::names;
use crate::query::{days, list};
use crate::sight::View;
use crate::sums::{by, dearest, total_tokens};

#[derive(Serialize)]
struct Answer<'a> {
    start_date: String,
    end_date: String,
    results: Vec<UserSpend<'a>>,
}

#[derive(Serialize)]
struct UserSpend<'a> {
    team_id: &'a str,
    team_alias: Option<&'a str>,
    user_id: &'a str,
    user_email: Option<&'a str>,
    spend: Usd,
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    api_requests: u64,
    successful_requests: u64,
    failed_requests: u64,
    unpriced_requests: u64,
}

pub(crate) async fn handle(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let days = days(req)?;
    let teams = list(req, "team_ids");
    if teams.is_empty() {
        return Err(ApiError::invalid("`team_ids` is required.").param("team_ids"));
    }
    let mut rollups = Vec::new();
    for team in &teams {
        view.check_team(team).map_err(|_| ApiError::not_found("Team not found").param("team_ids"))?;
        let of_team = view.rollups(Daily::Of("team", team), days).await?;
        rollups.extend(of_team.into_iter().map(|it| store::Rollup { team: team.clone(), ..it }));
    }
    let aliases = names::of_teams(view.app, teams.iter().map(String::as_str)).await?;
    let emails = names::emails(view.app, rollups.iter().map(|it| it.user.as_str())).await?;
    let sums = dearest(by(&rollups, |it| (it.team.as_str(), it.user.as_str())));
    let results = sums.into_iter().map(|((team_id, user_id), it)| UserSpend {
        team_id,
        team_alias: aliases.get(team_id).map(String::as_str),
        user_id,
        user_email: emails.get(user_id).map(String::as_str),
        spend: it.spend,
        prompt_tokens: it.prompt_tokens,
        completion_tokens: it.completion_tokens,
        total_tokens: total_tokens(&it),
        api_requests: it.requests,
        successful_requests: it.successful,
        failed_requests: it.failed,
        unpriced_requests: it.unpriced,
    });
    let answer =
        Answer { start_date: days.from.to_string(), end_date: days.to.to_string(), results: results.collect() };
    Ok(Reply::json(StatusCode::OK, &answer))
}
