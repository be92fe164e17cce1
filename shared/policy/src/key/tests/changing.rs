//! What callers may make and change of keys.

use serde_json::json;

use super::*;

fn by_user<'a>(world: &'a World, own: &'a Key) -> Maker<'a> {
    Maker { who: who(Role::InternalUser, "u", Some(own)), owner: Some("u"), ..world.maker() }
}

#[test]
fn own_keys() {
    use RefusalKind::{Forbidden, Invalid};
    let world = plain();
    let check = |own: Value, body: Value, expected: Option<(RefusalKind, &str)>| {
        let limits = update(&Key::default(), &map(own.clone()), &world.maker()).map(|it| it.limits).unwrap_or_default();
        let own = Key { limits, ..serde_json::from_value(own).unwrap() };
        let made = make_by(body.clone(), &by_user(&world, &own), &Around::default());
        let refused = made.as_ref().err().map(|refusal| (refusal.kind, refusal.field.as_str()));
        assert_eq!(refused, expected, "{body}");
        assert!(made.is_err() || made.is_ok_and(|made| made.key.user_id.as_deref() == Some("u")));
    };
    check(json!({}), json!({}), None);
    check(json!({}), json!({"user_id": "u", "max_budget": 5, "models": ["a"], "duration": "1d"}), None);
    check(json!({}), json!({"user_id": "v"}), Some((Forbidden, "user_id")));
    check(json!({}), json!({"team_id": "t"}), Some((Invalid, "team_id")));
    check(json!({}), json!({"access_group_ids": ["g"]}), Some((Forbidden, "access_group_ids")));
    check(json!({}), json!({"permissions": {"get_spend_routes": true}}), Some((Forbidden, "permissions")));
    check(json!({}), json!({"permissions": {"get_spend_routes": false}}), None);
    check(
        json!({}),
        json!({"default_estimated_output_tokens": 5}),
        Some((Forbidden, "default_estimated_output_tokens")),
    );
    check(
        json!({}),
        json!({"temp_budget_increase": 5, "temp_budget_expiry": "2027-01-01"}),
        Some((Forbidden, "temp_budget_expiry")),
    );
    check(json!({"max_budget": 5}), json!({"max_budget": 1}), None);
    check(json!({"max_budget": 5}), json!({"max_budget": 6}), Some((Invalid, "max_budget")));
    check(
        json!({"max_budget": 5}),
        json!({"max_budget": 5, "budget_duration": "1d"}),
        Some((Forbidden, "budget_duration")),
    );
    let window = |amount: i32| json!({"budget_limits": [{"budget_duration": "1d", "max_budget": amount}]});
    check(json!({"max_budget": 5}), window(6), Some((Invalid, "budget_limits")));
    check(window(2), window(3), Some((Forbidden, "budget_limits")));
    check(window(2), window(1), None);
    check(json!({"rpm_limit": 5}), json!({"rpm_limit": 6}), Some((Forbidden, "rpm_limit")));
    let base =
        json!({"models": ["a", "openai/*"], "allowed_routes": ["llm_api_routes"], "expires": "2026-05-14T00:00:00Z"});
    let asked = json!({"models": ["a"], "allowed_routes": ["llm_api_routes"], "duration": "1h"});
    check(base.clone(), asked.clone(), None);
    for (field, value, allowed) in [
        ("models", json!(["openai/o3"]), true),
        ("models", json!(["b"]), false),
        ("models", json!(["*"]), false),
        ("models", json!(["all-proxy-models"]), false),
        ("aliases", json!({"a": "b"}), false),
        ("aliases", json!({"x": "a"}), true),
        ("allowed_routes", json!(["management_routes"]), false),
        ("duration", json!("1d"), false),
    ] {
        let mut asked = asked.clone();
        asked[field] = value;
        check(base.clone(), asked, (!allowed).then_some((Forbidden, field)));
    }
}

/// What a request does not name, a new key has from the key of its maker, never more.
#[test]
fn own_keys_inherit() {
    let world = World::new(json!({"max_budget": 50}), json!({}));
    let own = json!({"models": ["a"], "allowed_routes": ["llm_api_routes"], "expires": "2026-05-14T00:00:00Z", "limits": {
        "max_budget": 5, "budget_duration": "30d", "budget_reset_at": "2026-06-01T00:00:00Z", "rpm_limit": 3, "tpm_limit": 4,
        "model_max_budget": {"a": {"budget_limit": 1}}, "budget_limits": [{"budget_duration": "1d", "max_budget": 1}]},
        "metadata": {"tags": ["x"], "model_rpm_limit": {"a": 1}, "note": "mine"}});
    let own: Key = serde_json::from_value(own).unwrap();
    let key = make_by(json!({"models": [], "duration": null}), &by_user(&world, &own), &Around::default()).unwrap().key;
    assert_eq!((&key.limits, &key.models, key.expires), (&own.limits, &own.models, own.expires));
    assert_eq!(key.allowed_routes, own.allowed_routes);
    assert_eq!(json!(key.metadata), json!({"tags": ["x"], "model_rpm_limit": {"a": 1}}));
    let lower =
        make_by(json!({"max_budget": 1, "rpm_limit": 2}), &by_user(&world, &own), &Around::default()).unwrap().key;
    assert_eq!((lower.limits.max_budget, lower.limits.rpm_limit), (Some("1".parse().unwrap()), Some(2)));
    assert_eq!(lower.limits.budget_duration, None, "a budget for the whole life allows least");
}

#[test]
fn own_updates() {
    let world = plain();
    let nobody = Key::default();
    let maker = by_user(&world, &nobody);
    let key = make(json!({"max_budget": 5, "budget_duration": "1d", "tpm_limit": 10, "models": ["a"], "user_id": "u",
        "model_rpm_limit": {"a": 5}, "tags": ["x"], "enforced_params": ["user"], "allowed_cache_controls": ["no-cache"]}));
    let key = key.unwrap().key;
    let check = |body: Value, expected: Option<&str>| {
        let refused = update_by(&key, body.clone(), &maker).err();
        assert_eq!(refused.map(|refusal| refusal.field).as_deref(), expected, "{body}");
    };
    check(json!({"key_alias": "mine", "max_budget": 4, "tpm_limit": 9, "blocked": true}), None);
    check(
        json!({"metadata": {"x": 1, "model_rpm_limit": {"a": 4}, "tags": ["x", "y"], "enforced_params": ["user"]}}),
        None,
    );
    check(json!({"metadata": {"x": 1}}), Some("enforced_params"));
    check(json!({"model_rpm_limit": {"a": 6}}), Some("model_rpm_limit"));
    check(json!({"model_rpm_limit": {"a": 5, "a-2": 100}}), Some("model_rpm_limit"));
    check(json!({"tags": []}), Some("tags"));
    check(json!({"rpm_limit_type": "dynamic"}), Some("rpm_limit_type"));
    check(json!({"allowed_cache_controls": []}), Some("allowed_cache_controls"));
    check(json!({"team_id": "t"}), Some("team_id"));
    check(json!({"user_id": null}), Some("user_id"));
    check(json!({"permissions": {"get_spend_routes": true}}), Some("permissions"));
    check(json!({"max_budget": 6}), Some("max_budget"));
    check(json!({"max_budget": null}), Some("max_budget"));
    check(json!({"budget_duration": "1h"}), Some("budget_duration"));
    check(json!({"tpm_limit": null}), Some("tpm_limit"));
    check(json!({"models": []}), Some("models"));
    check(json!({"temp_budget_increase": 5, "temp_budget_expiry": "2027-01-01"}), Some("temp_budget_expiry"));
    check(json!({"user_id": "v"}), Some("user_id"));
    let blocked = Key { blocked: true, ..key.clone() };
    assert_eq!(update_by(&blocked, json!({"blocked": false}), &maker).unwrap_err().field, "blocked");
}

#[test]
fn updates() {
    let world = plain();
    let full = json!({"max_budget": 10, "budget_duration": "1d", "duration": "1d", "tpm_limit": 5, "models": ["a"], "tags": ["x"],
        "metadata": {"own": 1}, "key_type": "llm_api", "user_id": "u"});
    let key = make(full).unwrap().key;
    let later = Maker { now: at("2026-06-01T00:00:00Z"), who: who(Role::ProxyAdmin, "other", None), ..world.maker() };
    let change = |body: Value| update(&key, &map(body), &later);
    let same = change(json!({"key": "sk-whatever"})).unwrap();
    assert_eq!(Key { updated_at: key.updated_at, updated_by: key.updated_by.clone(), ..same.clone() }, key);
    assert_eq!((same.updated_at, same.updated_by.as_deref()), (Some(at("2026-06-01T00:00:00Z")), Some("other")));
    let check = |body: Value, field: &str, expected: Value| {
        let changed = json!(change(body.clone()).unwrap().info(Usd::ZERO));
        assert_eq!(changed[field], expected, "{body}");
    };
    check(json!({"max_budget": null}), "max_budget", json!(null));
    check(json!({"max_budget": 0}), "max_budget", json!(0));
    check(json!({"duration": "2d"}), "expires", json!("2026-06-03T00:00:00Z"));
    check(json!({"duration": null}), "expires", json!(null));
    check(json!({"duration": "-1"}), "expires", json!(null));
    check(json!({"budget_duration": null}), "budget_reset_at", json!(null));
    check(json!({"budget_duration": "1w"}), "budget_reset_at", json!("2026-06-08T00:00:00Z"));
    check(json!({"models": null}), "models", json!([]));
    check(json!({"tags": null}), "metadata", json!({"own": 1}));
    check(json!({"metadata": {"new": 2}}), "metadata", json!({"new": 2}));
    check(json!({"metadata": {"new": 2}, "tags": ["y"]}), "metadata", json!({"new": 2, "tags": ["y"]}));
    check(json!({"allowed_routes": ["/x"]}), "allowed_routes", json!(["/x"]));
    check(json!({"allowed_routes": []}), "allowed_routes", json!([]));
    check(json!({"blocked": true}), "blocked", json!(true));
    check(json!({"key_type": "default"}), "allowed_routes", json!([]));
    assert_eq!(update_by(&key, json!({"budget_id": "b"}), &later).unwrap_err().field, "budget_id");
    assert_eq!(change(json!({"spend": 0})).unwrap_err().field, "spend");
}

#[test]
fn regenerations() {
    let world = plain();
    let key = make(json!({"max_budget": 10})).unwrap().key;
    let maker = Maker { random: [1; 16], ..world.maker() };
    let renew = |body: Value| regenerate(&key, &map(body), &maker);
    let renewed = renew(json!({"max_budget": 20})).unwrap();
    assert_ne!(renewed.key.token, key.token);
    assert_eq!(renewed.key.token, Key::hash(&renewed.secret));
    assert_eq!((renewed.key.origin.as_str(), renewed.key.created_at), (key.origin.as_str(), key.created_at));
    assert_eq!(renewed.key.limits.max_budget, Some("20".parse().unwrap()));
    assert_eq!(renew(json!({"new_key": "sk-0123456789abc", "grace_period": null})).unwrap().secret, "sk-0123456789abc");
    assert_eq!(renew(json!({"new_key": "x"})).err().unwrap().field, "new_key");
    assert_eq!(renew(json!({"grace_period": "soon"})).err().unwrap().field, "grace_period");
    assert_eq!(renew(json!({"grace_period": "0s"})).unwrap().key.also, []);
    let once = renew(json!({"grace_period": "1h"})).unwrap().key;
    assert_eq!(once.also, [OtherSecret { token: key.token.clone(), revoke_at: at("2026-05-13T11:47:33Z") }]);
    let soon = Maker { random: [2; 16], grace: Some("1d".parse().unwrap()), ..maker };
    let twice = regenerate(&once, &map(json!({})), &soon).unwrap().key;
    let tokens: Vec<_> = twice.also.iter().map(|other| other.token.as_str()).collect();
    assert_eq!(tokens, [key.token.as_str(), once.token.as_str()]);
    assert_eq!(twice.origin, key.origin);
    let late = Maker { random: [3; 16], now: at("2026-06-13T11:47:33Z"), ..maker };
    assert_eq!(regenerate(&twice, &map(json!({})), &late).unwrap().key.also, []);
}
