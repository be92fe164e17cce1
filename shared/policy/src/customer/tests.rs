use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::duration::Calendar;

fn change(customer: &Customer, body: Value) -> Result<Customer, Refusal> {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let editor = Editor { now, calendar: &Calendar::default(), by: None };
    update(customer, body.as_object().unwrap(), &editor, |model| model == "m")
}

#[test]
fn what_is_left_out_stays() {
    let made = json!({"alias": "A", "max_budget": 1, "budget_duration": "1d", "rpm_limit": 2, "default_model": "m"});
    let made = change(&Customer { user_id: "c".to_owned(), ..Customer::default() }, made).unwrap();
    let changed = change(&made, json!({"blocked": true, "rpm_limit": null, "default_model": ""})).unwrap();
    assert_eq!((changed.user_id.as_str(), changed.alias.as_deref(), changed.blocked), ("c", Some("A"), true));
    assert_eq!((changed.limits.max_budget, changed.limits.rpm_limit), (made.limits.max_budget, None));
    assert_eq!((made.default_model.as_deref(), changed.default_model), (Some("m"), None));
    assert_eq!(made.limits.budget_reset_at.unwrap().to_string(), "2026-11-23T00:00:00Z");
}

#[test]
fn what_nothing_enforces_is_refused() {
    for (body, field) in [
        (json!({"default_model": "n"}), "default_model"),
        (json!({"object_permission": {"a": []}}), "object_permission"),
        (json!({"allowed_model_region": "mars"}), "allowed_model_region"),
        (json!({"colour": "red"}), "colour"),
        (json!({"blocked": "perhaps"}), "blocked"),
    ] {
        assert_eq!(change(&Customer::default(), body.clone()).unwrap_err().field, field, "{body}");
    }
    assert!(change(&Customer::default(), json!({"object_permission": {}, "colour": null})).is_ok());
}

#[test]
fn own_limits_show_over_the_linked_budgets() {
    let linked = change(&Customer::default(), json!({"max_budget": 9, "rpm_limit": 3})).unwrap().limits;
    let budget = Budget { budget_id: "b".to_owned(), limits: linked, ..Budget::default() };
    let own = change(&Customer::default(), json!({"max_budget": 0.5})).unwrap();
    let answer = serde_json::to_string(&own.answer(Some(&budget), Usd::ZERO)).unwrap();
    assert!(answer.contains(r#""litellm_budget_table":{"budget_id":"b""#), "{answer}");
    assert!(answer.contains(r#""rpm_limit":3"#) && !answer.contains(r#""max_budget":9"#), "{answer}");
    let nothing = Customer::default().answer(None, Usd::ZERO);
    assert_eq!(nothing.get("litellm_budget_table"), Some("null"));
}
