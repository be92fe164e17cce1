//! How keys are made.

use serde_json::json;

use super::*;

#[test]
fn secrets() {
    let made = make(json!({})).unwrap();
    assert_eq!(made.secret, "sk--_v7-_v7-_v7-_v7-_v7-w");
    assert_eq!(made.secret.len(), 25);
    assert_eq!(made.key.token, Key::hash(&made.secret));
    assert_eq!(made.key.origin, made.key.token);
    assert_eq!(made.key.key_name, "sk-...v7-w");
    // The hash of `sk-1234`, as LiteLLM stores it.
    assert_eq!(Key::hash("sk-1234"), "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b");
    assert_eq!(Key::name("ü"), "sk-...ü");
    let custom = make(json!({"key": "sk-0123456789abc"})).unwrap();
    assert_eq!(custom.secret, "sk-0123456789abc");
    let world = plain();
    let forbidden =
        generate(&map(json!({"key": "sk-0123456789abc"})), &Maker { custom_secrets: false, ..world.maker() });
    assert_eq!(forbidden.err().unwrap().kind, RefusalKind::Forbidden);
}

#[test]
fn refusals() {
    use RefusalKind::{Invalid, WrongType};
    let check = |body: Value, kind, field: &str| {
        let refusal = make(body.clone()).err().unwrap_or_else(|| panic!("accepted: {body}"));
        assert_eq!((refusal.kind, refusal.field.as_str()), (kind, field), "{body} {refusal}");
    };
    check(json!({"key": "sk-short"}), Invalid, "key");
    check(json!({"key": "0123456789abcdef"}), Invalid, "key");
    check(json!({"key": "sk-0123456789 abc"}), Invalid, "key");
    check(json!({"key": 5}), WrongType, "key");
    check(json!({"max_budget": -1}), Invalid, "max_budget");
    check(json!({"max_budget": -1e-9}), Invalid, "max_budget");
    check(json!({"max_budget": "inf"}), Invalid, "max_budget");
    check(json!({"max_budget": "nan"}), Invalid, "max_budget");
    check(json!({"max_budget": 1e300}), Invalid, "max_budget");
    check(json!({"max_budget": "much"}), WrongType, "max_budget");
    check(json!({"max_budget": [1]}), WrongType, "max_budget");
    check(json!({"soft_budget": -1}), Invalid, "soft_budget");
    check(json!({"tpm_limit": -1}), Invalid, "tpm_limit");
    check(json!({"rpm_limit": 1.5}), WrongType, "rpm_limit");
    check(json!({"rpm_limit": "x"}), WrongType, "rpm_limit");
    check(json!({"models": "gpt-4o"}), WrongType, "models");
    check(json!({"models": [1]}), WrongType, "models");
    check(json!({"aliases": {"a": 1}}), WrongType, "aliases");
    check(json!({"metadata": "x"}), WrongType, "metadata");
    check(json!({"blocked": "perhaps"}), WrongType, "blocked");
    check(json!({"key_type": "other"}), WrongType, "key_type");
    check(json!({"duration": "30y"}), Invalid, "duration");
    check(json!({"duration": 30}), WrongType, "duration");
    check(json!({"duration": "4000000000mo"}), Invalid, "duration");
    check(json!({"budget_duration": "soon"}), Invalid, "budget_duration");
    check(json!({"temp_budget_increase": 5}), Invalid, "temp_budget_expiry");
    check(json!({"temp_budget_expiry": "2026-06-01"}), Invalid, "temp_budget_increase");
    check(json!({"temp_budget_increase": 5, "temp_budget_expiry": "soon"}), Invalid, "temp_budget_expiry");
    check(
        json!({"metadata": {"temp_budget_increase": -5, "temp_budget_expiry": "2026-06-01"}}),
        Invalid,
        "temp_budget_increase",
    );
    check(json!({"default_estimated_output_tokens": -1}), Invalid, "default_estimated_output_tokens");
    check(json!({"spend": 3}), Invalid, "spend");
    check(json!({"max_bugdet": 3}), Invalid, "max_bugdet");
}

/// A field that nothing enforces is refused when it is set, and welcome when it is blank.
#[test]
fn unenforced_fields() {
    let samples = json!({
        "budget_id": "b", "auto_rotate": true, "guardrails": ["pii"],
        "router_settings": {"num_retries": 1}, "config": {"a": 1}, "send_invite_email": true,
    });
    for (field, value) in map(samples) {
        let refusal = make(json!({&field: value})).err().unwrap_or_else(|| panic!("accepted: {field}"));
        assert_eq!((refusal.kind, &refusal.field), (RefusalKind::Invalid, &field));
    }
    for (field, effect) in FIELDS.iter().filter(|(_, effect)| *effect == Effect::Refused) {
        for blank in [json!(null), json!([]), json!({}), json!(""), json!(false)] {
            assert!(make(json!({*field: blank})).is_ok(), "{field} {effect:?} {blank}");
        }
    }
    assert!(make(json!({"tpm_limit_type": "best_effort_throughput", "spend": 0})).is_ok());
    let refusal = make(json!({"metadata": {"team": "x", "guardrails": ["pii"]}})).err().unwrap();
    assert_eq!(refusal.field, "metadata.guardrails");
    assert!(FIELDS.is_sorted_by_key(|(field, _)| *field), "the table is searched by halves");
}

#[test]
fn fields() {
    let made = make(json!({
        "key_alias": "mine", "models": ["gpt-4o"], "aliases": {"a": "b"}, "max_budget": 10.25, "soft_budget": "5",
        "budget_duration": "30d", "duration": "1mo", "tpm_limit": 100, "rpm_limit": 5.0, "user_id": "u", "team_id": "t",
        "metadata": {"a": 1}, "tags": ["x"], "permissions": {"get_spend_routes": true}, "key_type": "llm_api",
        "default_estimated_output_tokens": 50,
    }));
    let key = made.unwrap().key;
    assert_eq!(key.limits.max_budget, Some("10.25".parse().unwrap()));
    assert_eq!(key.limits.soft_budget, Some("5".parse().unwrap()));
    assert_eq!(key.limits.budget_duration.as_deref(), Some("30d"));
    assert_eq!(key.limits.budget_reset_at, Some(at("2026-06-01T00:00:00Z")));
    assert_eq!(key.expires, Some(at("2026-06-13T10:47:33Z")));
    assert_eq!((key.limits.tpm_limit, key.limits.rpm_limit), (Some(100), Some(5)));
    assert_eq!(key.allowed_routes, ["llm_api_routes"]);
    assert_eq!(json!(key.metadata), json!({"a": 1, "tags": ["x"], "default_estimated_output_tokens": 50}));
    assert_eq!((key.created_at, key.created_by.as_deref()), (Some(at(NOW)), Some("admin")));
    assert_eq!(key.user_id.as_deref(), Some("u"));
}

#[test]
fn key_types() {
    let check =
        |body: Value, expected: &[&str]| assert_eq!(make(body.clone()).unwrap().key.allowed_routes, expected, "{body}");
    check(json!({"key_type": "management"}), &["management_routes"]);
    check(json!({"key_type": "read_only", "allowed_routes": []}), &["info_routes"]);
    check(json!({"allowed_routes": [], "key_type": "read_only"}), &["info_routes"]);
    check(json!({"key_type": "default"}), &[]);
    check(json!({"key_type": "default", "allowed_routes": ["/a"]}), &["/a"]);
    check(json!({"allowed_routes": ["/a"]}), &["/a"]);
    check(json!({"allowed_routes": null}), &[]);
}

#[test]
fn defaults_and_bounds() {
    let world = World::new(
        json!({"max_budget": 1.5, "models": ["gpt-4o"], "duration": "7d", "guardrails": ["x"]}),
        json!({"max_budget": 100, "tpm_limit": 1000, "duration": "30d"}),
    );
    let make = |body: Value| generate(&map(body), &world.maker());
    let key = make(json!({"models": []})).unwrap().key;
    assert_eq!((key.limits.max_budget, key.limits.tpm_limit), (Some("1.5".parse().unwrap()), Some(1000)));
    assert_eq!((key.models, key.expires), (vec!["gpt-4o".to_owned()], Some(at("2026-05-20T10:47:33Z"))));
    assert_eq!(make(json!({"max_budget": 100})).unwrap().key.limits.max_budget, Some("100".parse().unwrap()));
    for (body, field) in [
        (json!({"max_budget": 100.01}), "max_budget"),
        (json!({"tpm_limit": 1001}), "tpm_limit"),
        (json!({"duration": "31d"}), "duration"),
        (json!({"duration": "2mo"}), "duration"),
    ] {
        let refusal = make(body).err().unwrap();
        assert_eq!((refusal.kind, refusal.field.as_str()), (RefusalKind::Invalid, field));
    }
    let refusal = UpperBounds::parse(&map(json!({"models": 5}))).unwrap_err();
    assert_eq!(refusal.field, "models");
}
