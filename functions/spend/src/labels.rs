//! What was spent under each tag, and for each end user.

use gateway::{ApiError, Reply, Request};
use http::StatusCode;
use policy::money::Usd;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Daily, Measures};

use crate::query::{Days, date, days, list, text, today, token};
use crate::sight::{View, store};
use crate::sums::{by, dearest};

/// The most tags that are listed.
const MOST_TAGS: usize = 10_000;
/// The most end users that are listed.
const END_USERS: usize = 100;

#[derive(Serialize)]
struct TagSpend {
    individual_request_tag: String,
    log_count: u64,
    total_spend: Usd,
    unpriced_requests: u64,
}

/// GET `/spend/tags`: over all time, or in a span of days.
pub(crate) async fn spend_tags(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let sums: Vec<(String, Measures)> = if text(req, "start_date").is_some() || text(req, "end_date").is_some() {
        of_days(view, "tag", days(req)?).await?
    } else if view.sight.everything {
        let found = view.app.store.list_totals("tag", MOST_TAGS).await.map_err(store)?;
        dearest(found.into_iter().map(|it| (it.id, it.measures)).collect())
    } else {
        of_days(view, "tag", Days::last_month(view.app)).await?
    };
    let tag = |(tag, it): (String, Measures)| TagSpend {
        individual_request_tag: tag,
        log_count: it.requests,
        total_spend: it.spend,
        unpriced_requests: it.unpriced,
    };
    Ok(Reply::json(StatusCode::OK, &sums.into_iter().map(tag).collect::<Vec<_>>()))
}

#[derive(Serialize)]
struct SpendPerTag {
    spend_per_tag: Vec<NamedSpend>,
}

#[derive(Serialize)]
struct NamedSpend {
    name: String,
    spend: Usd,
    log_count: u64,
    unpriced_requests: u64,
}

/// GET `/global/spend/tags`.
pub(crate) async fn global_tags(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let days = days(req)?;
    let wanted = list(req, "tags");
    let mut sums = of_days(view, "tag", days).await?;
    if !wanted.is_empty() && !wanted.iter().any(|tag| tag == "all-tags") {
        sums.retain(|(tag, _)| wanted.contains(tag));
    }
    let named = |(name, it): (String, Measures)| NamedSpend {
        name,
        spend: it.spend,
        log_count: it.requests,
        unpriced_requests: it.unpriced,
    };
    Ok(Reply::json(StatusCode::OK, &SpendPerTag { spend_per_tag: sums.into_iter().map(named).collect() }))
}

/// GET `/global/spend/all_tag_names`.
pub(crate) async fn tag_names(view: &View<'_>) -> Result<Reply, ApiError> {
    let names: Vec<String> = if view.sight.everything {
        let found = view.app.store.list_totals("tag", MOST_TAGS).await.map_err(store)?;
        found.into_iter().map(|it| it.id).collect()
    } else {
        let sums = of_days(view, "tag", Days::last_month(view.app)).await?;
        sums.into_iter().map(|(tag, _)| tag).collect()
    };
    Ok(Reply::json(StatusCode::OK, &json!({"tag_names": names})))
}

#[derive(Serialize)]
struct EndUserSpend {
    end_user: String,
    total_count: u64,
    total_spend: Usd,
    unpriced_requests: u64,
}

/// GET and POST `/global/spend/end_users`: `startTime`, `endTime` and `api_key`, in the query or the body.
pub(crate) async fn end_users(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let body = gateway::json_object(view.app, req)?;
    let given = |name: &str| text(req, name).or_else(|| body.get(name).and_then(Value::as_str));
    let month = Days::last_month(view.app);
    let from = given("startTime").map_or(Ok(month.from), |text| date("startTime", text))?;
    let to = given("endTime").map_or(Ok(today(view.app)), |text| date("endTime", text))?;
    let key = given("api_key").map(token);
    let days = Days { from, to }.checked()?;
    let mut rollups = view.rollups(Daily::Every("end_user"), days).await?;
    rollups.retain(|it| key.as_ref().is_none_or(|key| *key == it.api_key));
    let sums = dearest(by(&rollups, |it| it.of.as_str())).into_iter().take(END_USERS);
    let answer: Vec<EndUserSpend> = sums
        .map(|(end_user, it)| EndUserSpend {
            end_user: end_user.to_owned(),
            total_count: it.requests,
            total_spend: it.spend,
            unpriced_requests: it.unpriced,
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &answer))
}

async fn of_days(view: &View<'_>, kind: &str, days: Days) -> Result<Vec<(String, Measures)>, ApiError> {
    let rollups = view.rollups(Daily::Every(kind), days).await?;
    Ok(dearest(by(&rollups, |it| it.of.clone())))
}
