//! Moments as texts that sort by time. Reads no clock.

use jiff::Timestamp;
use jiff::civil::Date;

/// `2026-11-22T19:05:00.123Z`, always of this length.
pub(crate) fn iso(millis: u64) -> String {
    let moment = i64::try_from(millis).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    format!("{:.3}", moment.unwrap_or(Timestamp::MAX))
}

/// `2026-11-22`, in UTC.
pub(crate) fn date(millis: u64) -> String {
    iso(millis).chars().take(10).collect()
}

/// The UTC day of a moment; the last one there is, for moments after it.
pub(crate) fn day(millis: u64) -> Date {
    date(millis).parse().unwrap_or(Date::MAX)
}

/// `2026-11-22T19`, in UTC.
pub(crate) fn hour(millis: u64) -> String {
    iso(millis).chars().take(13).collect()
}

/// Milliseconds since the Unix epoch; zero before it.
pub(crate) fn millis(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_millisecond()).unwrap_or_default()
}

/// Comes after every text that begins with `prefix` and goes on with a digit, a letter or `#`.
pub(crate) fn after(prefix: &str) -> String {
    format!("{prefix}~")
}

/// Every day from one to another.
pub(crate) fn days(from: Date, to: Date) -> impl DoubleEndedIterator<Item = Date> {
    let mut days: Vec<Date> = Vec::new();
    let mut day = from;
    while day <= to {
        days.push(day);
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    days.into_iter()
}
