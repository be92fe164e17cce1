//! What the routes' queries have in common: dates, keys, lists, pages.

use gateway::{ApiError, App, Request};
use jiff::Span;
use jiff::civil::{Date, DateTime};
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

/// Moments in milliseconds since the Unix epoch, both included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Days {
    /// The first and last millisecond.
    pub(crate) fn moments(self) -> Moments {
        let after = self.to.tomorrow().ok().and_then(|day| millisecond(day.into()));
        Moments {
            from: millisecond(self.from.into()).unwrap_or_default(),
            to: after.map_or(u64::MAX, |it| it.saturating_sub(1)),
        }
    }

    /// Today and the thirty days before it.
    pub(crate) fn last_month(app: &App) -> Self {
        let to = today(app);
        Self { from: to.saturating_sub(Span::new().days(30)), to }
    }

    pub(crate) fn checked(self) -> Result<Self, ApiError> {
        if self.from > self.to {
            return Err(ApiError::invalid("`start_date` is after `end_date`.").param("start_date"));
        }
        let span = self.from.until(self.to).map(|it| it.get_days()).unwrap_or(i32::MAX);
        if span > LONGEST_DAYS {
            return Err(ApiError::invalid(format!("At most {LONGEST_DAYS} days at once.")).param("start_date"));
        }
        Ok(self)
    }
}

fn millisecond(moment: DateTime) -> Option<u64> {
    let moment = moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
    u64::try_from(moment).ok()
}

pub(crate) fn today(app: &App) -> Date {
    gateway::timestamp(app).to_zoned(TimeZone::UTC).date()
}

/// A parameter that is there and not empty.
pub(crate) fn text<'a>(req: &'a Request, name: &str) -> Option<&'a str> {
    req.query_param(name).filter(|it| !it.is_empty())
}

/// A list of names, separated by commas or given several times.
pub(crate) fn list(req: &Request, name: &str) -> Vec<String> {
    let values = req.query.iter().filter(|(key, _)| key == name);
    let names = values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|it| !it.is_empty());
    names.map(str::to_owned).collect()
}

/// A whole number from 1 to `most`.
pub(crate) fn count(req: &Request, name: &'static str, default: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = text(req, name) else { return Ok(default) };
    match text.parse() {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(ApiError::invalid(format!("`{name}` must be a whole number from 1 to {most}.")).param(name)),
    }
}

/// The days that a request must name.
pub(crate) fn days(req: &Request) -> Result<Days, ApiError> {
    let read = |name: &'static str| {
        let missing = || ApiError::invalid("Please provide start_date and end_date").param(name);
        text(req, name).ok_or_else(missing).and_then(|text| date(name, text))
    };
    Days { from: read("start_date")?, to: read("end_date")? }.checked()
}

/// The days that a request names; one that is missing is today.
pub(crate) fn days_or_today(app: &App, req: &Request) -> Result<Days, ApiError> {
    let read = |name: &'static str| text(req, name).map_or_else(|| Ok(today(app)), |text| date(name, text));
    Days { from: read("start_date")?, to: read("end_date")? }.checked()
}

/// From one moment to another, each a date or a date with a time; a date as the end means its whole day.
pub(crate) fn moments(req: &Request) -> Result<Moments, ApiError> {
    let days = days(req)?;
    let exact = |name: &'static str| match text(req, name).filter(|text| text.len() > 10) {
        None => Ok(None),
        Some(text) => {
            let time = text.trim_end_matches('Z').parse::<DateTime>();
            time.map(millisecond).map_err(|_| wrong_date(name))
        }
    };
    let whole = days.moments();
    Ok(Moments {
        from: exact("start_date")?.unwrap_or(whole.from),
        to: exact("end_date")?.map_or(whole.to, |second| second.saturating_add(999)),
    })
}

/// The date that a text begins with.
pub(crate) fn date(name: &'static str, text: &str) -> Result<Date, ApiError> {
    text.get(..10).unwrap_or(text).parse().map_err(|_| wrong_date(name))
}

fn wrong_date(name: &'static str) -> ApiError {
    ApiError::invalid(format!("`{name}` must be a date such as 2026-01-31.")).param(name)
}

/// The hash of the key that a request names, by its secret or its hash.
pub(crate) fn api_key(req: &Request) -> Option<String> {
    text(req, "api_key").map(token)
}

/// The hash of a key that is named by its secret or its hash.
pub(crate) fn token(named: &str) -> String {
    if named.starts_with("sk-") { Key::hash(named) } else { named.to_owned() }
}
