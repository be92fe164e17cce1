//! Tables of requests and what becomes of them.

use serde_json::json;

use super::*;
use crate::access::{Catalog, Manager, Role};
use crate::config::{Config, KeyGeneration};
use crate::request::{Refusal, RefusalKind};

const NOW: &str = "2026-05-13T10:47:33Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

struct World {
    calendar: Calendar,
    defaults: Map<String, Value>,
    bounds: UpperBounds,
    generation: KeyGeneration,
    config: Config,
}

impl World {
    fn new(defaults: Value, bounds: Value) -> Self {
        Self {
            calendar: Calendar::default(),
            defaults: map(defaults),
            bounds: UpperBounds::parse(&map(bounds)).unwrap(),
            generation: KeyGeneration::default(),
            config: Config::default(),
        }
    }

    fn maker(&self) -> Maker<'_> {
        Maker {
            now: at(NOW),
            calendar: &self.calendar,
            random: [0xfb; 16],
            who: who(Role::ProxyAdmin, "admin", None),
            owner: Some("admin"),
            catalog: Catalog::of(&self.config),
            defaults: &self.defaults,
            bounds: &self.bounds,
            generation: &self.generation,
            custom_secrets: true,
            rotates: false,
            grace: None,
        }
    }
}

fn who<'a>(role: Role, user: &'a str, own: Option<&'a Key>) -> Who<'a> {
    Who { manager: Manager { role, user_id: Some(user), organizations: &[] }, user: None, own }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn plain() -> World {
    World::new(json!({}), json!({}))
}

fn make(body: Value) -> Result<Generated, Refusal> {
    make_by(body, &plain().maker(), &Around::default())
}

/// Makes a key the whole way: its fields, and whether the maker may.
fn make_by(body: Value, maker: &Maker<'_>, around: &Around) -> Result<Generated, Refusal> {
    let body = map(body);
    let mut made = generate(&body, maker)?;
    let change = Change { route: "/key/generate", body: &body, before: None };
    admit(&mut made.key, &change, maker, around)?;
    Ok(made)
}

/// Changes a key the whole way; it names nothing that there is.
fn update_by(key: &Key, body: Value, maker: &Maker<'_>) -> Result<Key, Refusal> {
    let (body, around) = (map(body), Around::default());
    let standing = maker.who.may(Act::Update, key, &around)?;
    let mut changed = update(key, &body, maker)?;
    let before = Some(Before { key, around: &around, standing });
    admit(&mut changed, &Change { route: "/key/update", body: &body, before }, maker, &around)?;
    Ok(changed)
}

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

#[test]
fn answers() {
    let made = make(json!({"max_budget": 0.1, "duration": "1d"})).unwrap();
    let answer = json!(made.answer(Usd::ZERO));
    assert_eq!(answer["key"], json!(made.secret));
    assert_eq!(answer["token_id"], json!(made.key.token));
    assert_eq!(answer["expires"], json!("2026-05-14T10:47:33Z"));
    assert_eq!(answer["max_budget"], json!(0.1));
    assert_eq!(answer["models"], json!([]));
    let fields =
        ["guardrails", "model_max_budget", "tpm_limit", "key_name", "created_by", "litellm_budget_table", "blocked"];
    for field in fields {
        assert!(answer.get(field).is_some(), "{field}");
    }
    let spend: Usd = "1.000000000000000001".parse().unwrap();
    let info = serde_json::to_string(&made.key.info(spend)).unwrap();
    assert!(info.ends_with(r#""spend":1.000000000000000001}"#), "{info}");
    assert!(!info.contains(&made.key.token), "{info}");
    for field in ["token", "key", "token_id", "origin"] {
        assert!(!info.contains(&format!("\"{field}\":")), "{field}");
    }
    assert_eq!(json!(made.key.full(spend))["token"], json!(made.key.token));
}

#[test]
fn stored_form() {
    let text = r#"{"token":"t","limits":{"max_budget":0.1234567890123456789},"spend":12345678901.123456789012345678,"new_field":{"a":[1]}}"#;
    let key: Key = serde_json::from_str(text).unwrap();
    assert_eq!(key.rest["new_field"], json!({"a": [1]}));
    let again: Key = serde_json::from_str(&serde_json::to_string(&key).unwrap()).unwrap();
    assert_eq!(again, key);
    assert_eq!(key.limits.max_budget.unwrap().to_string(), "0.1234567890123456789");
    assert_eq!(key.spend.to_string(), "12345678901.123456789012345678");
}

#[test]
fn budgets() {
    let key = |metadata: Value| Key {
        limits: Limits { max_budget: Some("10".parse().unwrap()), ..Limits::default() },
        metadata: map(metadata),
        ..Key::default()
    };
    let check = |metadata: Value, expected: &str| {
        assert_eq!(key(metadata.clone()).budget_at(at(NOW)).unwrap().to_string(), expected, "{metadata}");
    };
    check(json!({}), "10");
    check(json!({"temp_budget_increase": 5.5, "temp_budget_expiry": "2026-05-14"}), "15.5");
    check(json!({"temp_budget_increase": "5", "temp_budget_expiry": "2026-05-13T10:47:34Z"}), "15");
    check(json!({"temp_budget_increase": 5, "temp_budget_expiry": NOW}), "10");
    check(json!({"temp_budget_increase": 5}), "10");
    assert_eq!(Key::default().budget_at(at(NOW)), None);
    let daily = Key { limits: Limits { budget_duration: Some("1d".into()), ..Limits::default() }, ..Key::default() };
    let period = daily.budget_period(&Calendar::default(), at(NOW)).unwrap();
    assert_eq!(period.start, at("2026-05-13T00:00:00Z"));
    assert_eq!(Key::default().budget_period(&Calendar::default(), at(NOW)), None);
}

#[test]
fn lists() {
    let keys: Vec<Key> = ["a", "b", "c", "d"]
        .iter()
        .enumerate()
        .map(|(index, token)| Key {
            token: (*token).to_owned(),
            key_alias: (index != 3).then(|| format!("Alias-{token}")),
            user_id: Some(if index < 2 { "u" } else { "v" }.to_owned()),
            blocked: index == 1,
            expires: (index == 2).then(|| at("2026-01-01T00:00:00Z")),
            created_at: Some(at(&format!("2026-02-0{}T00:00:00Z", index + 1))),
            ..Key::default()
        })
        .collect();
    let check = |query: &[(&str, &str)], expected: &[&str], total| {
        let page = Page::parse(query.iter().copied()).unwrap();
        let (found, count) = page.select(keys.clone(), at(NOW));
        let tokens: Vec<&str> = found.iter().map(|key| key.token.as_str()).collect();
        assert_eq!((tokens.as_slice(), count), (expected, total), "{query:?}");
    };
    check(&[], &["d", "c", "b", "a"], 4);
    check(&[("sort_order", "asc"), ("page", "2"), ("size", "3")], &["d"], 4);
    check(&[("page", "9")], &[], 4);
    check(&[("user_id", "u"), ("sort_by", "token"), ("sort_order", "asc")], &["a", "b"], 2);
    check(&[("status", "active")], &["d", "a"], 2);
    check(&[("status", "blocked")], &["b"], 1);
    check(&[("status", "expired")], &["c"], 1);
    check(&[("key_alias", "Alias-c")], &["c"], 1);
    check(&[("search", "alias")], &["c", "b", "a"], 3);
    check(&[("key_hash", "d"), ("team_id", "")], &["d"], 1);
    check(&[("team_id", "t")], &[], 0);
    for query in
        [("page", "0"), ("size", "101"), ("size", "x"), ("sort_by", "secret"), ("sort_order", "up"), ("status", "odd")]
    {
        assert_eq!(Page::parse([query]).unwrap_err().field, query.0);
    }
    assert!(Page::parse([("return_full_object", "True"), ("unknown", "x")]).unwrap().full);
}

proptest::proptest! {
    /// Whatever a field holds: a key is made or the field is named, and a made key survives being stored.
    #[test]
    fn any_value(index in 0..FIELDS.len(), text in ".{0,12}", eighths in -8_000_000_i32..8_000_000, kind in 0..6) {
        let number = f64::from(eighths) / 8.0;
        let value = match kind {
            0 => json!(text),
            1 => json!(number),
            2 => json!([text]),
            3 => json!({text: number}),
            4 => json!(format!("{number}")),
            _ => json!(index),
        };
        let field = FIELDS[index].0;
        match make(json!({field: value})) {
            Ok(made) => {
                let stored = serde_json::to_string(&made.key).unwrap();
                proptest::prop_assert_eq!(serde_json::from_str::<Key>(&stored).unwrap(), made.key);
            }
            Err(refusal) => {
                let named = refusal.field.contains(field) || field.starts_with("temp") || field == "metadata";
                proptest::prop_assert!(named, "{}", refusal);
            }
        }
    }
}
