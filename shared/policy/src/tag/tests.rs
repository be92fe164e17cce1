use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::duration::Calendar;

fn make(body: &Value) -> Result<Tag, Refusal> {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let editor = Editor { now, calendar: &Calendar::default(), by: Some("root") };
    let tag = new(body.as_object().unwrap(), &editor)?;
    update(&tag, json!({"rpm_limit": null}).as_object().unwrap(), &editor)
}

#[test]
fn a_tag_has_a_name_a_text_and_limits() {
    let tag = make(&json!({"name": "t", "description": "d", "max_budget": 1, "rpm_limit": 4, "models": []})).unwrap();
    assert_eq!(
        (tag.name.as_str(), tag.description.as_deref(), tag.created_by.as_deref()),
        ("t", Some("d"), Some("root"))
    );
    assert_eq!((tag.limits.max_budget, tag.limits.rpm_limit), (Some("1".parse().unwrap()), None));
    for (body, field) in
        [(json!({}), "name"), (json!({"name": ""}), "name"), (json!({"name": "t", "models": "m"}), "models")]
    {
        assert_eq!(make(&body).unwrap_err().field, field, "{body}");
    }
}
