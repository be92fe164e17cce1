//! GET `/spend/logs`.

use std::collections::BTreeMap;

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use policy::money::Usd;
use serde::Serialize;
use store::{Daily, Rollup, RowFilter, RowOwner};

use crate::query::{Days, api_key, days};
use crate::row::Row;

/// Rows of one answer; a Lambda answer holds 6 MB.
const ROWS: usize = 1000;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let asked_key = api_key(req);
    // Whoever is no admin sees the rows of the own key alone.
    let own = match caller.key() {
        Some(key) if !caller.is_admin() => Some(key.token.clone()),
        _ => None,
    };
    if let (Some(own), Some(asked)) = (&own, &asked_key)
        && own != asked
    {
        let message = "Only a proxy admin may read the spend of other keys.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("api_key"));
    }
    let key = own.clone().or(asked_key);
    let days = days(app, req)?;
    let by_date = req.query_param("start_date").is_some() && req.query_param("end_date").is_some();
    let summarize = !req.query_param("summarize").is_some_and(|it| it.eq_ignore_ascii_case("false"));
    if by_date && summarize && req.query_param("request_id").is_none() {
        return summary(app, key.as_deref(), days).await;
    }
    let (from, to) = days.milliseconds();
    let filter = match (req.query_param("request_id"), key) {
        (Some(id), _) => RowFilter::Request(id.to_owned()),
        (None, Some(token)) if by_date => RowFilter::Of { owner: RowOwner::Key(token), from, to },
        (None, Some(token)) => RowFilter::Of { owner: RowOwner::Key(token), from: 0, to: u64::MAX },
        (None, None) => RowFilter::All { from, to },
    };
    let mut page =
        app.store.find_spend_rows(&filter, ROWS, req.query_param("cursor")).await.map_err(ApiError::unavailable)?;
    if page.rows.is_empty()
        && let Some(id) = req.query_param("request_id")
    {
        // A call without an answer is listed under its own id.
        page.rows.extend(app.store.find_spend_row(id).await.map_err(ApiError::unavailable)?);
    }
    let wanted_user = req.query_param("user_id");
    let rows: Vec<Row> = page
        .rows
        .into_iter()
        .filter(|row| own.as_ref().is_none_or(|own| *own == row.api_key))
        .filter(|row| wanted_user.is_none_or(|user| row.user.as_deref() == Some(user)))
        .map(Row::from)
        .collect();
    let mut reply = Reply::json(StatusCode::OK, &rows);
    if let Some(Ok(next)) = page.next.map(|it| HeaderValue::from_str(&it)) {
        reply.headers.insert(HeaderName::from_static("x-next-cursor"), next);
    }
    Ok(reply)
}

/// Spend by day, with the keys and models that made it.
#[derive(Debug, Default, Serialize)]
struct Day {
    #[serde(rename = "startTime")]
    date: String,
    spend: Usd,
    users: BTreeMap<String, Usd>,
    models: BTreeMap<String, Usd>,
    #[serde(flatten)]
    keys: BTreeMap<String, Usd>,
}

async fn summary(app: &App, key: Option<&str>, days: Days) -> Result<Reply, ApiError> {
    let rollups = app.store.report(Daily::Global, days.from, days.to).await.map_err(ApiError::unavailable)?;
    let mut by_day: BTreeMap<String, Day> = BTreeMap::new();
    for rollup in rollups.into_iter().filter(|it| key.is_none_or(|key| key == it.api_key)) {
        let Rollup { date, api_key, model, measures, .. } = rollup;
        let day = by_day.entry(date.clone()).or_insert_with(|| Day { date, ..Day::default() });
        day.spend += measures.spend;
        *day.models.entry(model).or_default() += measures.spend;
        *day.keys.entry(api_key).or_default() += measures.spend;
    }
    Ok(Reply::json(StatusCode::OK, &by_day.into_values().collect::<Vec<_>>()))
}
