//! GET `/{user,team,tag,organization,customer,agent}/daily/activity[/aggregated]`: what each did, day by day.

use gateway::{ApiError, Reply, Request};
use http::StatusCode;
use serde::Serialize;
use store::{Daily, Rollup};

use crate::breakdown::{Day, Metrics};
use crate::names;
use crate::names::Names;
use crate::query::{Days, api_key, count, days, list, text};
use crate::sight::View;
use crate::sums::{group, sum};

/// Days of a page.
const PAGE: usize = 10;
const LARGEST_PAGE: usize = 1000;

/// Whose activity a route tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Team,
    Organization,
    Customer,
    Tag,
    Agent,
}

impl Kind {
    /// The kind that the first segment of a path names.
    pub(crate) fn named(segment: &str) -> Option<Self> {
        match segment {
            "user" => Some(Self::User),
            "team" => Some(Self::Team),
            "organization" => Some(Self::Organization),
            "customer" | "end_user" => Some(Self::Customer),
            "tag" => Some(Self::Tag),
            "agent" => Some(Self::Agent),
            _ => None,
        }
    }

    /// The parameters that name some of the kind, and those that name others.
    fn parameters(self) -> (&'static str, &'static str) {
        match self {
            Self::User => ("user_id", "exclude_user_ids"),
            Self::Team => ("team_ids", "exclude_team_ids"),
            Self::Organization => ("organization_ids", "exclude_organization_ids"),
            Self::Customer => ("end_user_ids", "exclude_end_user_ids"),
            Self::Tag => ("tags", "exclude_tags"),
            Self::Agent => ("agent_ids", "exclude_agent_ids"),
        }
    }

    fn scope(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Team => "team",
            Self::Organization => "organization",
            Self::Customer => "end_user",
            Self::Tag => "tag",
            Self::Agent => "agent",
        }
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    results: Vec<Day<'a>>,
    metadata: Metadata,
}

/// Sums over the page.
#[derive(Serialize)]
struct Metadata {
    #[serde(flatten)]
    totals: Totals,
    page: usize,
    total_pages: usize,
    has_more: bool,
}

#[derive(Serialize)]
struct Totals {
    total_spend: policy::money::Usd,
    total_prompt_tokens: u64,
    total_completion_tokens: u64,
    total_tokens: u64,
    total_api_requests: u64,
    total_successful_requests: u64,
    total_failed_requests: u64,
    total_unpriced_requests: u64,
    total_cache_read_input_tokens: u64,
    total_cache_creation_input_tokens: u64,
    total_response_time_ms: u64,
    total_timed_requests: u64,
}

pub(crate) async fn handle(view: &View<'_>, req: &Request, kind: Kind, whole: bool) -> Result<Reply, ApiError> {
    let days = days(req)?;
    let (page, size) = (count(req, "page", 1, 1_000_000)?, count(req, "page_size", PAGE, LARGEST_PAGE)?);
    let mut rollups = read(view, req, kind, days).await?;
    let (key, model) = (api_key(req), text(req, "model"));
    rollups.retain(|it| key.as_ref().is_none_or(|key| *key == it.api_key) && model.is_none_or(|name| name == it.model));
    let names = match kind {
        Kind::Team => names::of_teams(view.app, rollups.iter().map(|it| it.of.as_str())).await?,
        Kind::Organization => names::of_organizations(view.app, rollups.iter().map(|it| it.of.as_str())).await?,
        _ => Names::new(),
    };
    let by_day = group(&rollups, |it| it.date.as_str());
    let (page, size) = if whole { (1, by_day.len().max(1)) } else { (page, size) };
    let total_pages = by_day.len().div_ceil(size).max(1);
    let shown: Vec<_> = by_day.into_iter().rev().skip((page - 1).saturating_mul(size)).take(size).collect();
    let aliases = names::aliases(&rollups);
    let metrics = Metrics::from(&sum(shown.iter().flat_map(|(_, rollups)| rollups.iter().copied())));
    let answer = Answer {
        results: shown.iter().map(|(date, rollups)| Day::of(date, rollups, &names, &aliases)).collect(),
        metadata: Metadata { totals: Totals::from(metrics), page, total_pages, has_more: page < total_pages },
    };
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// The rollups that are asked for and may be seen, each with whose it is.
async fn read(view: &View<'_>, req: &Request, kind: Kind, days: Days) -> Result<Vec<Rollup>, ApiError> {
    let (wanted, unwanted) = kind.parameters();
    let (ids, unwanted) = (list(req, wanted), list(req, unwanted));
    for id in &ids {
        match kind {
            Kind::User => view.check_user(id)?,
            // LiteLLM does not tell whether a team is there.
            Kind::Team => view.check_team(id).map_err(|_| ApiError::not_found("Team not found").param(wanted))?,
            Kind::Organization => view.check_organization(id)?,
            Kind::Customer | Kind::Tag | Kind::Agent => {}
        }
    }
    let mut rollups = match kind {
        _ if !ids.is_empty() => of_each(view, kind, &ids, days).await?,
        Kind::User => view.all_or_own(days).await?,
        Kind::Team if view.sight.everything => view.rollups(Daily::Global, days).await?,
        Kind::Organization if view.sight.everything => view.rollups(Daily::Global, days).await?,
        Kind::Team => {
            let teams = [view.sight.teams.clone(), view.sight.member_of.clone()].concat();
            of_each(view, kind, &teams, days).await?
        }
        Kind::Organization => of_each(view, kind, &view.sight.organizations, days).await?,
        Kind::Customer | Kind::Tag | Kind::Agent => view.rollups(Daily::Every(kind.scope()), days).await?,
    };
    for rollup in &mut rollups {
        match kind {
            Kind::User => rollup.of.clone_from(&rollup.user),
            Kind::Team => rollup.of.clone_from(&rollup.team),
            Kind::Organization => rollup.of.clone_from(&rollup.organization),
            Kind::Customer | Kind::Tag | Kind::Agent => {}
        }
    }
    // Calls that name no team are no team's; a user there always is, if only an unnamed one.
    rollups.retain(|it| (kind == Kind::User || !it.of.is_empty()) && !unwanted.contains(&it.of));
    Ok(rollups)
}

async fn of_each(view: &View<'_>, kind: Kind, ids: &[String], days: Days) -> Result<Vec<Rollup>, ApiError> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids.dedup();
    let mut rollups = Vec::new();
    for id in ids {
        let mut found = view.rollups(Daily::Of(kind.scope(), &id), days).await?;
        found.iter_mut().for_each(|it| it.of.clone_from(&id));
        rollups.extend(found);
    }
    Ok(rollups)
}

impl From<Metrics> for Totals {
    fn from(it: Metrics) -> Self {
        Self {
            total_spend: it.spend,
            total_prompt_tokens: it.prompt_tokens,
            total_completion_tokens: it.completion_tokens,
            total_tokens: it.total_tokens,
            total_api_requests: it.api_requests,
            total_successful_requests: it.successful_requests,
            total_failed_requests: it.failed_requests,
            total_unpriced_requests: it.unpriced_requests,
            total_cache_read_input_tokens: it.cache_read_input_tokens,
            total_cache_creation_input_tokens: it.cache_creation_input_tokens,
            total_response_time_ms: it.total_response_time_ms,
            total_timed_requests: it.timed_requests,
        }
    }
}
