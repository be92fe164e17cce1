//! POST `/tag/info` and GET `/tag/list`.

use std::collections::BTreeMap;

use gateway::{ApiError, App, Caller, Reply, Request, accounts, json_object, required_list, timestamp};
use http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use policy::answer::Answer;
use policy::entity::Tag;
use policy::tag;
use store::{Daily, Listing, RecordId, Rollup};

use crate::{missing, stored};

/// The most days that one list looks at.
const MOST_DAYS: i32 = 366;

/// The first and the last day on which calls carried a tag.
struct Seen {
    first: String,
    last: String,
}

pub(crate) async fn info(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let names = required_list(&body, "names")?;
    let tags = find_all(app, &names).await?;
    let unknown: Vec<&str> = names.iter().copied().filter(|name| !tags.iter().any(|tag| tag.name == *name)).collect();
    if !unknown.is_empty() {
        return Err(missing(&unknown, "names"));
    }
    let shown = show(app, &tags).await?;
    let answer = tags.iter().zip(shown).fold(Answer::new(), |answer, (tag, shown)| answer.with(&tag.name, &shown));
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// Tags that were made, then those that calls carried in the days asked for, the last thirty if none are. Whoever may
/// not see everything sees what the own calls carried.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let (from, to) = days(app, req)?;
    let rollups = app.store.report(Daily::Every("tag"), from, to).await.map_err(stored)?;
    let sees_all = caller.manager().sees_all();
    let seen = seen(rollups.iter().filter(|rollup| sees_all || is_own(caller, rollup)));
    let tags = if sees_all {
        let tags = app.store.list_whole::<Tag>(&Listing::All).await.map_err(stored)?;
        tags.into_iter().map(|it| it.value).collect()
    } else {
        find_all(app, &seen.keys().copied().collect::<Vec<_>>()).await?
    };
    let mut shown = show(app, &tags).await?;
    let unmade = seen.iter().filter(|(name, _)| !tags.iter().any(|tag| tag.name == **name));
    shown.extend(unmade.map(|(name, seen)| tag::unmade(name, &seen.first, &seen.last)));
    Ok(Reply::json(StatusCode::OK, &shown))
}

async fn find_all(app: &App, names: &[&str]) -> Result<Vec<Tag>, ApiError> {
    let ids: Vec<RecordId> = names.iter().map(|name| RecordId::of::<Tag>(*name)).collect();
    let found = app.store.find_records(&ids).await.map_err(stored)?;
    let each = names.iter().filter_map(|name| found.get::<Tag>(name).map_err(stored).transpose());
    each.map(|tag| tag.map(|it| it.value)).collect()
}

async fn show(app: &App, tags: &[Tag]) -> Result<Vec<Answer>, ApiError> {
    let accounts = accounts(app, tags).await?;
    Ok(tags.iter().zip(accounts).map(|(tag, account)| tag.answer(account.budget.as_ref(), account.spend)).collect())
}

fn is_own(caller: &Caller, rollup: &Rollup) -> bool {
    let key = caller.key().is_some_and(|key| key.token == rollup.api_key);
    key || caller.user_id().is_some_and(|user| !user.is_empty() && user == rollup.user)
}

fn seen<'a>(rollups: impl Iterator<Item = &'a Rollup>) -> BTreeMap<&'a str, Seen> {
    let mut all: BTreeMap<&str, Seen> = BTreeMap::new();
    for Rollup { of, date, .. } in rollups {
        let seen = all.entry(of).or_insert_with(|| Seen { first: date.clone(), last: date.clone() });
        if *date < seen.first {
            seen.first.clone_from(date);
        }
        if *date > seen.last {
            seen.last.clone_from(date);
        }
    }
    all
}

/// The days that the query asks for.
fn days(app: &App, req: &Request) -> Result<(Date, Date), ApiError> {
    let read = |name: &str| match req.query_param(name).filter(|it| !it.is_empty()) {
        None => Ok(None),
        Some(text) => text
            .parse::<Date>()
            .map(Some)
            .map_err(|_| ApiError::invalid(format!("`{name}` must be a date such as 2026-01-31.")).param(name)),
    };
    let today = timestamp(app).to_zoned(TimeZone::UTC).date();
    let (from, to) = match (read("start_date")?, read("end_date")?) {
        (None, None) => (today.saturating_sub(29.days()), today),
        (Some(from), Some(to)) => (from, to),
        _ => return Err(ApiError::invalid("start_date and end_date must be given together.").param("start_date")),
    };
    if from > to || from.saturating_add(MOST_DAYS.days()) <= to {
        let message = format!("start_date must be on or before end_date, and at most {MOST_DAYS} days before it.");
        return Err(ApiError::invalid(message).param("start_date"));
    }
    Ok((from, to))
}
