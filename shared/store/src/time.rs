//! Moments as texts that sort by time. Reads no clock.

use jiff::Timestamp;

/// `2026-11-22T19:05:00.123Z`, always of this length.
pub(crate) fn iso(millis: u64) -> String {
    let moment = i64::try_from(millis).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    format!("{:.3}", moment.unwrap_or(Timestamp::MAX))
}

/// `2026-11-22`, in UTC.
pub(crate) fn date(millis: u64) -> String {
    iso(millis).chars().take(10).collect()
}

/// `2026-11-22T19`, in UTC.
pub(crate) fn hour(millis: u64) -> String {
    iso(millis).chars().take(13).collect()
}

/// Milliseconds since the Unix epoch; zero before it.
pub(crate) fn millis(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_millisecond()).unwrap_or_default()
}
