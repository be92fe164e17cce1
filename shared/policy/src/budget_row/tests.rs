use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::duration::Calendar;

fn edit<T>(of: impl FnOnce(&Editor<'_>) -> T) -> T {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    of(&Editor { now, calendar: &Calendar::default(), by: Some("root") })
}

#[test]
fn a_budget_is_made_and_changed() {
    let body = json!({"max_budget": "0.123456789012345678", "budget_duration": "1d", "rpm_limit": 1});
    let made = edit(|editor| new(body.as_object().unwrap(), "made", editor)).unwrap();
    assert_eq!((made.budget_id.as_str(), made.created_by.as_deref()), ("made", Some("root")));
    assert_eq!(made.answer().get("max_budget"), Some("0.123456789012345678"));
    let body = json!({"rpm_limit": null, "budget_reset_at": "2030-01-01"});
    let changed = edit(|editor| update(&made, body.as_object().unwrap(), editor)).unwrap();
    assert_eq!((changed.limits.rpm_limit, changed.limits.max_budget), (None, made.limits.max_budget));
    assert_eq!(changed.limits.budget_reset_at.unwrap().to_string(), "2030-01-01T00:00:00Z");
    let named = json!({"budget_id": "own"});
    assert_eq!(edit(|editor| new(named.as_object().unwrap(), "made", editor)).unwrap().budget_id, "own");
}

#[test]
fn settings_tell_each_value() {
    let body = json!({"tpm_limit": 7});
    let budget = edit(|editor| new(body.as_object().unwrap(), "b", editor)).unwrap();
    let settings = budget.settings();
    let of = |name: &str| settings.iter().find(|it| it.get("field_name") == Some(&format!("{name:?}"))).unwrap();
    assert_eq!(of("tpm_limit").get("field_value"), Some("7"));
    assert_eq!(of("max_budget").get("field_value"), Some("null"));
}
