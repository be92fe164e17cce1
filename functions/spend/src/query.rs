//! What the routes' queries have in common: dates and keys.

use gateway::{ApiError, App, Request};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use policy::key::Key;

/// The longest span of a report or a list, in days.
const LONGEST_DAYS: i32 = 366;

/// Days from `start_date` to `end_date`, both included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Days {
    pub(crate) from: Date,
    pub(crate) to: Date,
}

impl Days {
    /// The first and last millisecond.
    pub(crate) fn milliseconds(self) -> (u64, u64) {
        let start = |date: Date| {
            let moment = date.to_zoned(TimeZone::UTC).map(|it| it.timestamp().as_millisecond());
            moment.ok().and_then(|it| u64::try_from(it).ok())
        };
        let after = self.to.tomorrow().ok().and_then(start);
        (start(self.from).unwrap_or_default(), after.map_or(u64::MAX, |it| it.saturating_sub(1)))
    }
}

/// The days that a request names; one that is missing is today.
pub(crate) fn days(app: &App, req: &Request) -> Result<Days, ApiError> {
    let today = gateway::timestamp(app).to_zoned(TimeZone::UTC).date();
    let read = |name: &'static str| match req.query_param(name).filter(|it| !it.is_empty()) {
        None => Ok(None),
        Some(text) => {
            let day = text.get(..10).unwrap_or(text);
            let wrong = |_| ApiError::invalid(format!("`{name}` must be a date such as 2026-01-31.")).param(name);
            day.parse::<Date>().map(Some).map_err(wrong)
        }
    };
    let from = read("start_date")?.unwrap_or(today);
    let to = read("end_date")?.unwrap_or(today);
    if from > to {
        return Err(ApiError::invalid("`start_date` is after `end_date`.").param("start_date"));
    }
    let span = from.until(to).map(|it| it.get_days()).unwrap_or(i32::MAX);
    if span > LONGEST_DAYS {
        return Err(ApiError::invalid(format!("At most {LONGEST_DAYS} days at once.")).param("start_date"));
    }
    Ok(Days { from, to })
}

/// The hash of the key that a request names, by its secret or its hash.
pub(crate) fn api_key(req: &Request) -> Option<String> {
    let named = req.query_param("api_key").filter(|it| !it.is_empty())?;
    Some(if named.starts_with("sk-") { Key::hash(named) } else { named.to_owned() })
}
