//! GET `/spend/logs`: rows of calls, or their sums by day.

use std::collections::BTreeMap;

use gateway::{ApiError, Reply, Request};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use policy::money::Usd;
use serde::Serialize;
use store::{Daily, Rollup};

use crate::found::Wanted;
use crate::query::{Days, api_key, days_or_today, text};
use crate::row::Row;
use crate::sight::View;

/// Rows of one answer; a Lambda answer holds 6 MB.
const ROWS: usize = 1000;

pub(crate) async fn handle(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let days = days_or_today(view.app, req)?;
    let by_date = text(req, "start_date").is_some() && text(req, "end_date").is_some();
    let summarize = !text(req, "summarize").is_some_and(|it| it.eq_ignore_ascii_case("false"));
    if by_date && summarize && text(req, "request_id").is_none() {
        return summary(view, req, days).await;
    }
    // Whoever asks for somebody's rows without dates means all of them.
    let somebody = ["api_key", "user_id", "team_id", "end_user", "session_id"];
    let everybody = view.sight.everything && somebody.iter().all(|it| text(req, it).is_none());
    let moments = (by_date || everybody).then(|| days.moments());
    let wanted = Wanted::of(view, req, moments).await?;
    let page = wanted.page(view, ROWS, text(req, "cursor")).await?;
    let rows: Vec<Row> = page.rows.into_iter().map(Row::from).collect();
    let mut reply = Reply::json(StatusCode::OK, &rows);
    if let Some(Ok(next)) = page.next.map(|it| HeaderValue::from_str(&it)) {
        reply.headers.insert(HeaderName::from_static("x-next-cursor"), next);
    }
    Ok(reply)
}

/// GET `/spend/logs/session/ui`: the rows of a session, the oldest first.
pub(crate) async fn session(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    if text(req, "session_id").is_none() {
        return Err(ApiError::invalid("`session_id` is required.").param("session_id"));
    }
    let page = Wanted::of(view, req, None).await?.page(view, ROWS, None).await?;
    let rows: Vec<Row> = page.rows.into_iter().rev().map(Row::from).collect();
    Ok(Reply::json(StatusCode::OK, &rows))
}

/// Spend by day, with the users, keys and models that made it.
#[derive(Debug, Default, Serialize)]
struct Day {
    #[serde(rename = "startTime")]
    date: String,
    spend: Usd,
    /// Calls of which nobody says what they cost.
    unpriced_requests: u64,
    users: BTreeMap<String, Usd>,
    models: BTreeMap<String, Usd>,
    #[serde(flatten)]
    keys: BTreeMap<String, Usd>,
}

async fn summary(view: &View<'_>, req: &Request, days: Days) -> Result<Reply, ApiError> {
    let rollups = match (api_key(req), text(req, "user_id"), text(req, "team_id"), text(req, "end_user")) {
        (Some(hash), ..) => view.of_key(&hash, days).await?,
        (None, Some(user), ..) => {
            view.check_user(user)?;
            view.rollups(Daily::Of("user", user), days).await?
        }
        (None, None, Some(team), _) => {
            view.check_team(team)?;
            view.rollups(Daily::Of("team", team), days).await?
        }
        (None, None, None, Some(customer)) => view.rollups(Daily::Of("end_user", customer), days).await?,
        (None, None, None, None) => view.all_or_own(days).await?,
    };
    let mut by_day: BTreeMap<String, Day> = BTreeMap::new();
    for rollup in rollups {
        let Rollup { date, api_key, user, model, measures, .. } = rollup;
        let day = by_day.entry(date.clone()).or_insert_with(|| Day { date, ..Day::default() });
        day.spend += measures.spend;
        day.unpriced_requests += measures.unpriced;
        *day.users.entry(user).or_default() += measures.spend;
        *day.models.entry(model).or_default() += measures.spend;
        *day.keys.entry(api_key).or_default() += measures.spend;
    }
    Ok(Reply::json(StatusCode::OK, &by_day.into_values().collect::<Vec<_>>()))
}
