//! Lengths of time as LiteLLM writes them (`30s 30m 30h 30d 1w 1mo`, `daily`), expiry, and budget periods.
//! Knows no clock: now comes as an argument.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Span, Timestamp, ToSpan};

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
    /// `w`, seven days
    Week,
    /// `mo`, a calendar month
    Month,
}

/// A length of time, such as `30d`; never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// How many units.
    pub count: u32,
    /// The unit.
    pub unit: Unit,
}

/// The text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a duration such as 30s, 30m, 30h, 30d, 1w or 1mo")]
pub struct DurationError {
    /// The refused text.
    pub text: String,
}

/// Reads a length of time: a number with `s`, `m`, `h`, `d`, `w` or `mo`, or one of the words `hourly`, `daily`,
/// `weekly` and `monthly`.
///
/// # Errors
/// [`DurationError`] for any other text, zero, and numbers above 32 bits.
pub fn parse(text: &str) -> Result<Length, DurationError> {
    let refuse = || DurationError { text: text.chars().take(40).collect() };
    let one = |unit| Ok(Length { count: 1, unit });
    match text.trim() {
        "hourly" => return one(Unit::Hour),
        "daily" => return one(Unit::Day),
        "weekly" => return one(Unit::Week),
        "monthly" => return one(Unit::Month),
        _ => {}
    }
    let digits = text.trim().trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match text.trim().strip_prefix(digits).unwrap_or_default() {
        "s" => Unit::Second,
        "m" => Unit::Minute,
        "h" => Unit::Hour,
        "d" => Unit::Day,
        "w" => Unit::Week,
        "mo" => Unit::Month,
        _ => return Err(refuse()),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse());
    }
    match digits.parse() {
        Ok(count) if count > 0 => Ok(Length { count, unit }),
        _ => Err(refuse()),
    }
}

impl FromStr for Length {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Second => "s",
            Unit::Minute => "m",
            Unit::Hour => "h",
            Unit::Day => "d",
            Unit::Week => "w",
            Unit::Month => "mo",
        };
        write!(out, "{}{unit}", self.count)
    }
}

impl Length {
    /// The length in seconds; a month counts as 30 days.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        let unit = match self.unit {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day => 86_400,
            Unit::Week => 604_800,
            Unit::Month => 2_592_000,
        };
        self.count as u64 * unit
    }
}

/// The moment `length` after `now`, exactly: days have 24 hours, months are the calendar's (in UTC, the last day when
/// the month is shorter). `None` when that is beyond the year 9999.
#[must_use]
pub fn expires(now: Timestamp, length: Length) -> Option<Timestamp> {
    if length.unit == Unit::Month {
        let months = Span::new().try_months(length.count).ok()?;
        return Some(now.to_zoned(TimeZone::UTC).checked_add(months).ok()?.timestamp());
    }
    let seconds = i64::try_from(length.seconds()).ok()?;
    now.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// A time zone by its IANA name, from the database compiled in.
#[must_use]
pub fn time_zone(name: &str) -> Option<TimeZone> {
    if name.eq_ignore_ascii_case("utc") {
        return Some(TimeZone::UTC);
    }
    TimeZoneDatabase::bundled().get(name).ok()
}

/// A time of day to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockTime(Time);

impl ClockTime {
    /// 00:00.
    pub const MIDNIGHT: Self = Self(Time::midnight());

    /// Reads `HH:MM` or `HH:MM:SS`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.trim().parse::<Time>().ok().map(Self)
    }
}

/// Where budget periods begin: `litellm_settings.timezone` and `budget_reset_time`.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// The zone whose days, weeks and months count.
    pub zone: TimeZone,
    /// When a day begins.
    pub reset_time: ClockTime,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, reset_time: ClockTime::MIDNIGHT }
    }
}

/// A budget period: from `start` up to but not including `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub start: Timestamp,
    /// The first moment of the next period: `budget_reset_at`.
    pub end: Timestamp,
}

/// The budget period that holds `now`.
///
/// A day begins at the calendar's reset time, `1w` and `7d` on Monday, `1mo` and `30d` on the first of the month.
/// Hours, minutes and seconds count from midnight, where a last, shorter period ends. Other lengths step from
/// `anchor`, any known boundary such as a key's `budget_reset_at`; without one, today's beginning is the boundary.
///
/// Periods follow one another without gap or overlap, also where clocks change.
#[must_use]
pub fn period(length: Length, calendar: &Calendar, anchor: Option<Timestamp>, now: Timestamp) -> Period {
    let days = i64::from(length.count);
    let exact = match length.unit {
        Unit::Second | Unit::Minute | Unit::Hour if !length.seconds().is_multiple_of(86_400) => {
            return clock_period(length.seconds(), &calendar.zone, now);
        }
        Unit::Second | Unit::Minute | Unit::Hour => Step::Days(i64::try_from(length.seconds() / 86_400).unwrap_or(1)),
        Unit::Day if length.count == 30 => Step::Months(1),
        Unit::Day => Step::Days(days),
        Unit::Week => Step::Days(days.saturating_mul(7)),
        Unit::Month => Step::Months(days),
    };
    let today = calendar.day_of(now);
    let anchor = anchor.map_or(today, |anchor| calendar.day_of(anchor));
    let (first, next) = match exact {
        Step::Days(1) => (Some(today), today.tomorrow().ok()),
        Step::Days(7) => {
            let monday = today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days()).ok();
            (monday, monday.and_then(|monday| monday.checked_add(7.days()).ok()))
        }
        Step::Days(days) => {
            let passed = i64::from(today.since(anchor).map_or(0, |span| span.get_days()));
            let first = add(anchor, Span::new().try_days(passed.div_euclid(days).saturating_mul(days)));
            (first, first.and_then(|first| add(first, Span::new().try_days(days))))
        }
        Step::Months(months) => {
            let anchor = anchor.first_of_month();
            let today = today.first_of_month();
            let passed = i64::from(today.year() - anchor.year()) * 12 + i64::from(today.month() - anchor.month());
            let first = add(anchor, Span::new().try_months(passed.div_euclid(months).saturating_mul(months)));
            (first, first.and_then(|first| add(first, Span::new().try_months(months))))
        }
    };
    Period {
        start: first.and_then(|day| calendar.begin(day)).unwrap_or(Timestamp::MIN),
        end: next.and_then(|day| calendar.begin(day)).unwrap_or(Timestamp::MAX),
    }
}

/// A period of whole days or months.
enum Step {
    Days(i64),
    Months(i64),
}

fn add(day: Date, span: Result<Span, jiff::Error>) -> Option<Date> {
    day.checked_add(span.ok()?).ok()
}

impl Calendar {
    /// The day that `moment` belongs to: before the reset time it is still yesterday.
    fn day_of(&self, moment: Timestamp) -> Date {
        let mut day = moment.to_zoned(self.zone.clone()).date();
        // Twice for a zone that has skipped a whole day.
        for _ in 0..2 {
            if self.begin(day).is_some_and(|begin| moment < begin) {
                day = day.yesterday().unwrap_or(day);
            }
        }
        day
    }

    /// The moment at which `day` begins; where clocks skip it, the first moment after.
    fn begin(&self, day: Date) -> Option<Timestamp> {
        self.zone.to_zoned(day.to_datetime(self.reset_time.0)).ok().map(|begin| begin.timestamp())
    }
}

/// The period of `length` seconds that holds `now`, counted in real seconds from local midnight.
fn clock_period(length: u64, zone: &TimeZone, now: Timestamp) -> Period {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let midnight = Calendar { zone: zone.clone(), reset_time: ClockTime::MIDNIGHT };
    let today = midnight.day_of(now);
    let day_start = midnight.begin(today).unwrap_or(now).as_second();
    let day_end = today.tomorrow().ok().and_then(|day| midnight.begin(day)).unwrap_or(Timestamp::MAX).as_second();
    // Periods longer than a day have no midnight to start from: they count from the epoch.
    let (base, limit) = if length < 86_400 { (day_start, day_end) } else { (0, i64::MAX) };
    let start = base + (now.as_second() - base).div_euclid(length) * length;
    let end = start.saturating_add(length).min(limit);
    Period {
        start: Timestamp::from_second(start).unwrap_or(Timestamp::MIN),
        end: Timestamp::from_second(end).unwrap_or(Timestamp::MAX),
    }
}
