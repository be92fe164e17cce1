//! GET `/global/activity*`: calls and tokens by day.

use std::collections::BTreeMap;

use gateway::{ApiError, Reply, Request};
use http::StatusCode;
use jiff::civil::Date;
use serde::Serialize;
use store::{Daily, Measures, RATE_LIMITED, Rollup};

use crate::names;
use crate::query::{days, text};
use crate::sight::View;
use crate::sums::{by, group, total_tokens};

/// Models and deployments that are shown.
const SHOWN: usize = 10;

/// LiteLLM's name of a key without an alias.
const NO_ALIAS: &str = "Unnamed Key";

#[derive(Default, Serialize)]
struct Activity {
    daily_data: Vec<DayActivity>,
    sum_api_requests: u64,
    sum_total_tokens: u64,
}

#[derive(Serialize)]
struct DayActivity {
    date: String,
    api_requests: u64,
    total_tokens: u64,
}

#[derive(Serialize)]
struct ModelActivity<'a> {
    model: &'a str,
    #[serde(flatten)]
    activity: Activity,
}

pub(crate) async fn activity(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let rollups = view.all_or_own(days(req)?).await?;
    Ok(Reply::json(StatusCode::OK, &Activity::of(&rollups)))
}

/// GET `/global/activity/model`.
pub(crate) async fn by_model(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let rollups = view.all_or_own(days(req)?).await?;
    let groups = group(&rollups, |it| it.model_group.as_str()).into_iter();
    let mut models: Vec<ModelActivity<'_>> =
        groups.map(|(model, rollups)| ModelActivity { model, activity: Activity::of(rollups) }).collect();
    models.sort_by_key(|it| std::cmp::Reverse(it.activity.sum_api_requests));
    models.truncate(SHOWN);
    Ok(Reply::json(StatusCode::OK, &models))
}

impl Activity {
    fn of<'a>(rollups: impl IntoIterator<Item = &'a Rollup>) -> Self {
        let mut activity = Self::default();
        for (date, measures) in by(rollups, |it| it.date.as_str()) {
            let (api_requests, total_tokens) = (measures.requests, total_tokens(&measures));
            activity.sum_api_requests += api_requests;
            activity.sum_total_tokens += total_tokens;
            activity.daily_data.push(DayActivity { date: month_and_day(date), api_requests, total_tokens });
        }
        activity
    }
}

#[derive(Default, Serialize)]
struct Exceptions {
    daily_data: Vec<DayExceptions>,
    sum_num_rate_limit_exceptions: u64,
}

#[derive(Serialize)]
struct DayExceptions {
    date: String,
    num_rate_limit_exceptions: u64,
}

#[derive(Serialize)]
struct DeploymentExceptions<'a> {
    api_base: &'a str,
    #[serde(flatten)]
    exceptions: Exceptions,
}

/// GET `/global/activity/exceptions`: how many calls of a model group ended with status 429.
pub(crate) async fn exceptions(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let refused = refused(view, req).await?;
    Ok(Reply::json(StatusCode::OK, &Exceptions::of(&refused)))
}

/// GET `/global/activity/exceptions/deployment`: the same by deployment.
pub(crate) async fn exceptions_by_deployment(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let refused = refused(view, req).await?;
    let groups = group(&refused, |it| it.api_base.as_str()).into_iter();
    let mut deployments: Vec<DeploymentExceptions<'_>> =
        groups.map(|(api_base, of)| DeploymentExceptions { api_base, exceptions: Exceptions::of(of) }).collect();
    deployments.sort_by_key(|it| std::cmp::Reverse(it.exceptions.sum_num_rate_limit_exceptions));
    deployments.truncate(SHOWN);
    Ok(Reply::json(StatusCode::OK, &deployments))
}

/// These counts are about deployments, not about whoever called: they are for those who may see everything.
async fn refused(view: &View<'_>, req: &Request) -> Result<Vec<Rollup>, ApiError> {
    let days = days(req)?;
    let Some(group) = text(req, "model_group") else {
        return Err(ApiError::invalid("`model_group` is required.").param("model_group"));
    };
    view.rollups(Daily::Of(RATE_LIMITED, group), days).await
}

impl Exceptions {
    fn of<'a>(rollups: impl IntoIterator<Item = &'a Rollup>) -> Self {
        let mut exceptions = Self::default();
        for (date, measures) in by(rollups, |it| it.date.as_str()) {
            exceptions.sum_num_rate_limit_exceptions += measures.requests;
            let day = DayExceptions { date: month_and_day(date), num_rate_limit_exceptions: measures.requests };
            exceptions.daily_data.push(day);
        }
        exceptions
    }
}

#[derive(Serialize)]
struct CacheHits {
    api_key: String,
    call_type: String,
    model: String,
    total_rows: u64,
    cache_hit_true_rows: u64,
    cached_completion_tokens: u64,
    generated_completion_tokens: u64,
}

/// GET `/global/activity/cache_hits`: by key alias, operation and model.
pub(crate) async fn cache_hits(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let rollups = view.all_or_own(days(req)?).await?;
    let aliases = names::aliases(&rollups);
    let alias = |it: &Rollup| aliases.get(it.api_key.as_str()).map_or(NO_ALIAS, |alias| *alias).to_owned();
    let sums: BTreeMap<(String, &str, &str), Measures> =
        by(&rollups, |it| (alias(it), it.call_type.as_str(), it.model.as_str()));
    let hits = |((api_key, call_type, model), it): ((String, &str, &str), Measures)| CacheHits {
        api_key,
        call_type: call_type.to_owned(),
        model: model.to_owned(),
        total_rows: it.requests,
        cache_hit_true_rows: it.cache_hits,
        cached_completion_tokens: it.cached_completion_tokens,
        generated_completion_tokens: it.completion_tokens - it.cached_completion_tokens.min(it.completion_tokens),
    };
    Ok(Reply::json(StatusCode::OK, &sums.into_iter().map(hits).collect::<Vec<_>>()))
}

/// `Jan 22` for `2026-01-22`.
fn month_and_day(date: &str) -> String {
    date.parse::<Date>().map_or_else(|_| date.to_owned(), |date| date.strftime("%b %d").to_string())
}
