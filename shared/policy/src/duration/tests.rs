//! Tables of texts and moments.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn texts() {
    let check = |text, expected: Option<&str>| {
        assert_eq!(parse(text).ok().map(|length| length.to_string()).as_deref(), expected, "{text}");
    };
    for text in ["30s", "30m", "30h", "30d", "1w", "1mo", "4294967295s"] {
        check(text, Some(text));
    }
    check(" 7d ", Some("7d"));
    check("hourly", Some("1h"));
    check("daily", Some("1d"));
    check("weekly", Some("1w"));
    check("monthly", Some("1mo"));
    for text in
        ["", "d", "0d", "-1d", "1.5h", "1y", "1 d", "30", "1D", "30dd", "4294967296s", "+5s", "١d", "1d2h", "yearly"]
    {
        check(text, None);
    }
}

#[test]
fn expiry() {
    let check = |now, text, expected: Option<&str>| {
        assert_eq!(expires(at(now), parse(text).unwrap()), expected.map(at), "{now} {text}");
    };
    check("2026-01-31T10:20:30.5Z", "30s", Some("2026-01-31T10:21:00.5Z"));
    check("2026-01-31T10:20:30Z", "30m", Some("2026-01-31T10:50:30Z"));
    check("2026-01-31T10:20:30Z", "30h", Some("2026-02-01T16:20:30Z"));
    check("2026-01-31T10:20:30Z", "30d", Some("2026-03-02T10:20:30Z"));
    check("2026-01-31T10:20:30Z", "1w", Some("2026-02-07T10:20:30Z"));
    check("2026-01-31T10:20:30Z", "1mo", Some("2026-02-28T10:20:30Z"));
    check("2028-01-31T10:20:30Z", "1mo", Some("2028-02-29T10:20:30Z"));
    check("2026-12-15T00:00:00Z", "2mo", Some("2027-02-15T00:00:00Z"));
    check("2026-01-01T00:00:00Z", "4294967295mo", None);
    check("2026-01-01T00:00:00Z", "4294967295d", None);
}

#[test]
fn periods() {
    let check = |text, zone, anchor: Option<&str>, now, start, end| {
        let calendar = Calendar { zone: time_zone(zone).unwrap(), ..Calendar::default() };
        let found = period(parse(text).unwrap(), &calendar, anchor.map(at), at(now));
        assert_eq!(found, Period { start: at(start), end: at(end) }, "{text} {zone} {now}");
    };
    // 2026-05-13 is a Wednesday.
    let now = "2026-05-13T10:47:33Z";
    check("1d", "UTC", None, now, "2026-05-13T00:00:00Z", "2026-05-14T00:00:00Z");
    check("24h", "UTC", None, now, "2026-05-13T00:00:00Z", "2026-05-14T00:00:00Z");
    check("7d", "UTC", None, now, "2026-05-11T00:00:00Z", "2026-05-18T00:00:00Z");
    check("1w", "UTC", None, now, "2026-05-11T00:00:00Z", "2026-05-18T00:00:00Z");
    check("1w", "UTC", None, "2026-05-11T00:00:00Z", "2026-05-11T00:00:00Z", "2026-05-18T00:00:00Z");
    check("1w", "UTC", None, "2026-05-10T23:59:59Z", "2026-05-04T00:00:00Z", "2026-05-11T00:00:00Z");
    check("30d", "UTC", None, now, "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
    check("1mo", "UTC", None, now, "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
    check("1mo", "UTC", None, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z");
    check("3mo", "UTC", None, now, "2026-05-01T00:00:00Z", "2026-08-01T00:00:00Z");
    check("3mo", "UTC", Some("2026-01-01T00:00:00Z"), now, "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z");
    check("10d", "UTC", None, now, "2026-05-13T00:00:00Z", "2026-05-23T00:00:00Z");
    check("10d", "UTC", Some("2026-05-23T00:00:00Z"), now, "2026-05-13T00:00:00Z", "2026-05-23T00:00:00Z");
    check("10d", "UTC", Some("2026-05-10T00:00:00Z"), now, "2026-05-10T00:00:00Z", "2026-05-20T00:00:00Z");
    check("10d", "UTC", Some("2026-01-01T00:00:00Z"), now, "2026-05-11T00:00:00Z", "2026-05-21T00:00:00Z");
    check("48h", "UTC", Some("2026-05-15T00:00:00Z"), now, "2026-05-13T00:00:00Z", "2026-05-15T00:00:00Z");
    check("1h", "UTC", None, now, "2026-05-13T10:00:00Z", "2026-05-13T11:00:00Z");
    check("4h", "UTC", None, now, "2026-05-13T08:00:00Z", "2026-05-13T12:00:00Z");
    check("5h", "UTC", None, "2026-05-13T21:00:00Z", "2026-05-13T20:00:00Z", "2026-05-14T00:00:00Z");
    check("30m", "UTC", None, now, "2026-05-13T10:30:00Z", "2026-05-13T11:00:00Z");
    check("15m", "Asia/Kolkata", None, now, "2026-05-13T10:45:00Z", "2026-05-13T11:00:00Z");
    check("30s", "UTC", None, now, "2026-05-13T10:47:30Z", "2026-05-13T10:48:00Z");
    check("1d", "Asia/Kolkata", None, now, "2026-05-12T18:30:00Z", "2026-05-13T18:30:00Z");
    check("1d", "America/New_York", None, "2026-05-13T03:00:00Z", "2026-05-12T04:00:00Z", "2026-05-13T04:00:00Z");
    // Clocks change: days of 23 and 25 hours.
    check("1d", "Europe/Paris", None, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
    check("1d", "Europe/Paris", None, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    check("1mo", "Europe/Paris", None, "2026-03-15T12:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z");
}

#[test]
fn reset_times() {
    let check = |time, text, now, start, end| {
        let calendar = Calendar { reset_time: ClockTime::parse(time).unwrap(), ..Calendar::default() };
        let found = period(parse(text).unwrap(), &calendar, None, at(now));
        assert_eq!(found, Period { start: at(start), end: at(end) }, "{time} {text} {now}");
    };
    check("09:30", "1d", "2026-05-13T09:30:00Z", "2026-05-13T09:30:00Z", "2026-05-14T09:30:00Z");
    check("09:30", "1d", "2026-05-13T09:29:59Z", "2026-05-12T09:30:00Z", "2026-05-13T09:30:00Z");
    check("09:30", "1w", "2026-05-11T09:29:59Z", "2026-05-04T09:30:00Z", "2026-05-11T09:30:00Z");
    check("09:30", "1mo", "2026-06-01T09:00:00Z", "2026-05-01T09:30:00Z", "2026-06-01T09:30:00Z");
    check("09:30", "1h", "2026-06-01T09:10:00Z", "2026-06-01T09:00:00Z", "2026-06-01T10:00:00Z");
    assert_eq!(ClockTime::parse("25:00"), None);
    assert_eq!(ClockTime::parse("noon"), None);
}

/// Whatever the length and the zone: `now` is inside, the next period begins where this one ends, and every moment of
/// a period says the same.
#[test]
fn periods_follow_one_another() {
    let zones = [
        "UTC",
        "Europe/Paris",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Pacific/Apia",
    ];
    let lengths = ["7s", "30m", "45m", "1h", "5h", "36h", "1d", "3d", "7d", "2w", "30d", "1mo", "5mo"];
    let starts = [
        "2026-03-28T20:00:00Z",
        "2026-10-24T20:00:00Z",
        "2026-03-08T04:00:00Z",
        "2011-12-29T08:00:00Z",
        "2018-11-03T20:00:00Z",
    ];
    for (zone, text) in zones.iter().flat_map(|zone| lengths.map(|text| (*zone, text))) {
        for reset_time in [ClockTime::MIDNIGHT, ClockTime::parse("02:30").unwrap()] {
            let calendar = Calendar { zone: time_zone(zone).unwrap(), reset_time };
            for start in starts {
                let length = parse(text).unwrap();
                let anchor = Some(at("2026-01-10T12:00:00Z"));
                let find = |now| period(length, &calendar, anchor, now);
                let mut now = at(start);
                for _ in 0..40 {
                    let found = find(now);
                    assert!(found.start <= now && now < found.end, "{zone} {text} {now} {found:?}");
                    assert_eq!(find(found.start), found, "{zone} {text} {now}");
                    let last = found.end - SignedDuration::from_nanos(1);
                    assert_eq!(find(last), found, "{zone} {text} {now}");
                    assert_eq!(find(found.end).start, found.end, "{zone} {text} {now}");
                    let left = found.end.duration_since(now);
                    now = if left > SignedDuration::from_secs(2) { now + left / 2 } else { found.end };
                }
            }
        }
    }
}

#[test]
fn zones() {
    assert!(time_zone("Mars/Olympus").is_none());
    assert!(time_zone("utc").is_some());
}
