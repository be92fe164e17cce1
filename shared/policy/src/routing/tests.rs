//! Tables of (state, request, decision).

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::config::{Config, Deployment};

fn config(yaml: &str) -> Config {
    Config::parse(yaml, &|_| None).unwrap().0
}

const MODELS: &str = "
model_list:
  - {model_name: gpt, litellm_params: {model: openai/a}, model_info: {id: a}}
  - {model_name: gpt, litellm_params: {model: openai/b}, model_info: {id: b}}
  - {model_name: gpt, litellm_params: {model: openai/c}, model_info: {id: c, blocked: true}}
  - {model_name: team, litellm_params: {model: openai/d}, model_info: {id: d, team_id: t1, team_public_model_name: ours}}
  - {model_name: 'anthropic/*', litellm_params: {model: 'anthropic/*'}, model_info: {id: e}}
  - {model_name: 'anthropic/claude-*', litellm_params: {model: 'bedrock/us.claude-*-v1'}, model_info: {id: f}}
  - {model_name: 'eu/*/*', litellm_params: {model: 'azure/*'}, model_info: {id: g}}
  - {model_name: 'fixed-*', litellm_params: {model: mistral/one}, model_info: {id: h}}
router_settings:
  model_group_alias: {fast: gpt, hidden: {model: gpt, hidden: true}}
";

#[test]
fn groups() {
    let config = config(MODELS);
    let check = |model, provider, team, expected: Option<(&str, &[(&str, &str)])>| {
        let group = find_group(model, &config.model_list, &config.router_settings.model_group_alias, provider, team);
        let found = group.as_ref().map(|group| {
            let candidates = group.candidates.iter().map(|it| (it.deployment.id.as_str(), it.model.as_str()));
            (group.name.as_str(), candidates.collect::<Vec<_>>())
        });
        assert_eq!(found, expected.map(|(name, candidates)| (name, candidates.to_vec())), "{model}");
    };
    let both: &[(&str, &str)] = &[("a", "openai/a"), ("b", "openai/b")];
    check("gpt", None, None, Some(("gpt", both)));
    check("fast", None, None, Some(("gpt", both)));
    check("hidden", None, None, Some(("gpt", both)));
    check("b", None, None, Some(("gpt", &[("b", "openai/b")])));
    check("c", None, None, None);
    check("openai/b", None, None, Some(("openai/b", &[("b", "openai/b")])));
    check("team", None, None, None);
    check("d", None, Some("t2"), None);
    check("team", None, Some("t1"), Some(("team", &[("d", "openai/d")])));
    check("ours", None, Some("t1"), Some(("ours", &[("d", "openai/d")])));
    check("ours", None, None, None);
    check("anthropic/x", None, None, Some(("anthropic/x", &[("e", "anthropic/x")])));
    check("anthropic/claude-3", None, None, Some(("anthropic/claude-3", &[("f", "bedrock/us.claude-3-v1")])));
    check("haiku", Some("anthropic"), None, Some(("haiku", &[("e", "anthropic/haiku")])));
    check("haiku", None, None, None);
    check("eu/azure/x", None, None, Some(("eu/azure/x", &[("g", "eu/azure/x")])));
    check("fixed-1", None, None, Some(("fixed-1", &[("h", "mistral/one")])));
    check("nothing", Some("openai"), None, None);
    let any = self::config("model_list: [{model_name: '*', litellm_params: {model: '*'}, model_info: {id: z}}]");
    let group = find_group("groq/x", &any.model_list, &any.router_settings.model_group_alias, None, None).unwrap();
    assert_eq!(group.candidates[0].model, "groq/x");
}

/// Deployments from `id: litellm_params`.
fn group_of(params: &Value) -> Config {
    let entry = |(id, params): (&String, &Value)| {
        let mut params = params.clone();
        params["model"] = json!("openai/x");
        json!({"model_name": "g", "litellm_params": params, "model_info": {"id": id}})
    };
    let list: Vec<Value> = params.as_object().unwrap().iter().map(entry).collect();
    config(&json!({"model_list": list}).to_string())
}

#[test]
fn choices() {
    let check = |params: Value, resting: &[&str], refused: &[&str], above, random, expected: &str| {
        let config = group_of(&params);
        let aliases = &config.router_settings.model_group_alias;
        let group = find_group("g", &config.model_list, aliases, None, None).unwrap();
        let refused: Vec<String> = refused.iter().map(|id| (*id).to_owned()).collect();
        let progress = Progress { resting: &|id| resting.contains(&id), refused: &refused, above_order: above };
        let choice = match choose(&group, &progress, random) {
            Choice::Deployment(candidate) => candidate.deployment.id.clone(),
            Choice::AllResting(ids) => format!("resting {}", ids.join(" ")),
            Choice::NoHigherOrder => "none".to_owned(),
        };
        assert_eq!(choice, expected, "{params} {resting:?} {refused:?} {random}");
    };
    let three = || json!({"a": {}, "b": {}, "c": {}});
    check(three(), &[], &[], None, 0.0, "a");
    check(three(), &[], &[], None, 0.34, "b");
    check(three(), &[], &[], None, 0.999, "c");
    check(three(), &["b"], &[], None, 0.5, "c");
    check(three(), &["a", "b", "c"], &[], None, 0.5, "resting a b c");
    check(three(), &[], &["a", "b"], None, 0.0, "c");
    check(three(), &[], &["a", "b", "c"], None, 0.0, "a");
    check(three(), &["c"], &["a", "b"], None, 0.0, "a");
    let weights = || json!({"a": {"weight": 1}, "b": {"weight": 9}, "c": {"rpm": 1000}});
    check(weights(), &[], &[], None, 0.09, "a");
    check(weights(), &[], &[], None, 0.11, "b");
    check(weights(), &[], &[], None, 0.999, "b");
    check(weights(), &["a", "b"], &[], None, 0.5, "c");
    check(json!({"a": {"weight": 0, "tpm": 1}, "b": {"weight": 0, "rpm": 3}}), &[], &[], None, 0.0, "b");
    let orders = || json!({"a": {"order": 2}, "b": {"order": 1}, "c": {"order": 1}, "d": {"order": 3}});
    check(orders(), &[], &[], None, 0.0, "b");
    check(orders(), &["b", "c"], &[], None, 0.0, "a");
    check(orders(), &[], &[], Some(1), 0.0, "a");
    check(orders(), &[], &[], Some(3), 0.0, "none");
}

#[test]
fn weights_hold_over_many_draws() {
    let config = group_of(&json!({"a": {"rpm": 100}, "b": {"rpm": 300}}));
    let group = find_group("g", &config.model_list, &config.router_settings.model_group_alias, None, None).unwrap();
    let progress = Progress { resting: &|_| false, refused: &[], above_order: None };
    let draws = (0..1000).map(|draw| choose(&group, &progress, f64::from(draw) / 1000.0));
    let first = draws.filter(|it| matches!(it, Choice::Deployment(it) if it.deployment.id == "a")).count();
    assert_eq!(first, 250);
}

#[test]
fn orders() {
    let config = group_of(&json!({"a": {"order": 1}, "b": {"order": 3}, "c": {}}));
    let group = find_group("g", &config.model_list, &config.router_settings.model_group_alias, None, None).unwrap();
    assert_eq!(next_order(&group, Some(1)), Some(3));
    assert_eq!(next_order(&group, Some(3)), None);
    assert_eq!(next_order(&group, None), None);
}

fn failure(class: FailureClass, status: u16) -> Failure {
    Failure { class, status, origin: Origin::Provider, retry_after: None }
}

#[test]
fn retry_counts() {
    let rules = Rules::of(&config(
        "router_settings: {num_retries: 4, retry_policy: {RateLimitErrorRetries: 3, TimeoutErrorRetries: 0}, \
         model_group_retry_policy: {special: {RateLimitErrorRetries: 1}, other: {DefaultRetries: 9}}}",
    ));
    let check = |group, class, requested, deployment, expected| {
        let failure = failure(class, 500);
        let ask = RetryAsk { requested, deployment, group, ..ask(&failure) };
        assert_eq!(retries(&rules, &ask), expected, "{group} {class:?}");
    };
    check("g", FailureClass::InternalServer, None, None, 4);
    check("g", FailureClass::InternalServer, None, Some(7), 7);
    check("g", FailureClass::RateLimit, None, Some(7), 3);
    check("g", FailureClass::RateLimit, Some(0), Some(7), 0);
    check("g", FailureClass::Timeout, None, None, 0);
    check("special", FailureClass::RateLimit, None, None, 1);
    check("special", FailureClass::InternalServer, None, None, 4);
    check("other", FailureClass::RateLimit, None, None, 9);
    let failure = failure(FailureClass::Other, 500);
    assert_eq!(retries(&Rules::default(), &ask(&failure)), 2);
    let general = Rules::of(&config("litellm_settings: {num_retries: 6}"));
    assert_eq!(retries(&general, &ask(&failure)), 6);
}

fn ask(failure: &Failure) -> RetryAsk<'_> {
    RetryAsk {
        failure,
        group: "g",
        requested: None,
        deployment: None,
        done: 0,
        group_size: 1,
        healthy_others: 0,
        healthy_self: true,
        has_fallback: false,
    }
}

#[test]
fn retry_decisions() {
    use FailureClass as C;
    let rules = Rules::default();
    let check = |class, status, group_size, expected: bool| {
        let failure = failure(class, status);
        let asked = RetryAsk { group_size, healthy_others: group_size - 1, ..ask(&failure) };
        assert_eq!(retry(&rules, &asked, 0.0).is_some(), expected, "{class:?} {status} {group_size}");
    };
    for (class, status, alone, together) in [
        (C::BadRequest, 400, false, false),
        (C::Authentication, 401, false, true),
        (C::PermissionDenied, 403, false, true),
        (C::NotFound, 404, false, false),
        (C::Timeout, 408, true, true),
        (C::Other, 409, true, true),
        (C::Other, 402, false, false),
        (C::Other, 422, false, false),
        (C::RateLimit, 429, true, true),
        (C::ContextWindow, 400, false, false),
        (C::ContentPolicy, 400, false, false),
        (C::ContentPolicy, 500, false, false),
        (C::InternalServer, 500, true, true),
        (C::ServiceUnavailable, 503, true, true),
        (C::ServiceUnavailable, 529, true, true),
    ] {
        check(class, status, 1, alone);
        check(class, status, 2, together);
    }
    let limited = failure(C::RateLimit, 429);
    let down = failure(C::InternalServer, 500);
    let decide = |ask: &RetryAsk<'_>| retry(&rules, ask, 0.0).is_some();
    assert!(!decide(&RetryAsk { done: 2, ..ask(&down) }));
    assert!(!decide(&RetryAsk { healthy_self: false, ..ask(&down) }));
    assert!(!decide(&RetryAsk { healthy_self: false, has_fallback: true, ..ask(&limited) }));
    assert!(decide(&RetryAsk { has_fallback: true, ..ask(&limited) }));
    let own = Failure { origin: Origin::CallerTimeout, ..failure(C::Timeout, 408) };
    assert!(!decide(&ask(&own)));
    let stubborn = Rules::of(&config("router_settings: {retry_policy: {BadRequestErrorRetries: 1}}"));
    let wrong = failure(C::BadRequest, 400);
    assert!(retry(&stubborn, &ask(&wrong), 0.0).is_some());
    assert!(retry(&stubborn, &RetryAsk { done: 1, ..ask(&wrong) }, 0.0).is_none());
}

#[test]
fn retry_waits() {
    let check = |retry_after, least: f64, done, others: usize, jitter, expected: u64| {
        let rules = Rules { num_retries: 100, retry_after: least, ..Rules::default() };
        let failure = Failure { retry_after, ..failure(FailureClass::RateLimit, 429) };
        let ask = RetryAsk { done, healthy_others: others, group_size: others + 1, ..ask(&failure) };
        assert_eq!(retry(&rules, &ask, jitter), Some(Duration::from_millis(expected)));
    };
    check(None, 0.0, 0, 0, 0.0, 500);
    check(None, 0.0, 1, 0, 0.0, 1000);
    check(None, 0.0, 3, 0, 0.0, 4000);
    check(None, 0.0, 30, 0, 0.0, 8000);
    check(None, 3.0, 0, 0, 0.0, 3000);
    check(None, 30.0, 0, 0, 0.0, 8000);
    check(None, 0.0, 0, 0, 1.0, 1250);
    check(Some(20.0), 0.0, 0, 0, 0.0, 20_000);
    check(Some(60.0), 0.0, 0, 0, 0.0, 60_000);
    check(Some(61.0), 0.0, 0, 0, 0.0, 500);
    check(Some(f64::NAN), 0.0, 0, 0, 0.0, 500);
    check(Some(20.0), 0.0, 0, 1, 0.9, 0);
}

#[test]
fn fallbacks() {
    use FailureClass as C;
    let yaml = "
litellm_settings:
  fallbacks: [{ignored: [x]}]
  context_window_fallbacks: [{gpt: [long]}]
router_settings:
  fallbacks: [{gpt: [claude, gpt, claude, gemini]}, {openai/mini: [small]}, {bare: [b1]}, {params: [{model: p, temperature: 0}]}]
  default_fallbacks: [last]
";
    let rules = Rules::of(&config(yaml));
    let none = ClientFallbacks::default();
    let check = |group, class, client: &ClientFallbacks, depth, tried: &[&str], expected: &[&str]| {
        let tried: Vec<String> = tried.iter().map(|it| (*it).to_owned()).collect();
        let targets = fallback_targets(&rules, &FallbackAsk { group, class, client, depth, tried: &tried });
        let names: Vec<&str> = targets.iter().map(|it| it.model.as_str()).collect();
        assert_eq!(names, expected, "{group} {class:?} {depth} {tried:?}");
    };
    check("gpt", C::RateLimit, &none, 0, &["gpt"], &["claude", "gemini"]);
    check("gpt", C::BadRequest, &none, 0, &["gpt"], &["claude", "gemini"]);
    check("gpt", C::RateLimit, &none, 1, &["gpt", "claude"], &["gemini"]);
    check("gpt", C::RateLimit, &none, 4, &["gpt"], &["claude", "gemini"]);
    check("gpt", C::RateLimit, &none, 5, &["gpt"], &[]);
    check("gpt", C::ContextWindow, &none, 0, &["gpt"], &["long"]);
    check("claude", C::ContextWindow, &none, 0, &["claude"], &[]);
    check("gpt", C::ContentPolicy, &none, 0, &["gpt"], &["claude", "gemini"]);
    check("claude", C::RateLimit, &none, 0, &["claude"], &["last"]);
    check("last", C::RateLimit, &none, 0, &["last"], &[]);
    check("mini", C::RateLimit, &none, 0, &[], &["small"]);
    check("openai/bare", C::RateLimit, &none, 0, &[], &["b1"]);
    check("params", C::RateLimit, &none, 0, &[], &["p"]);
    let off = ClientFallbacks { disabled: true, ..none.clone() };
    check("gpt", C::RateLimit, &off, 0, &["gpt"], &[]);
    let own = ClientFallbacks { list: Some(vec![Fallback::to("mine"), Fallback::to("gpt")]), ..none.clone() };
    check("gpt", C::ContextWindow, &own, 0, &["gpt"], &["mine"]);
    check("mine", C::RateLimit, &own, 1, &["gpt", "mine"], &[]);
    let table = Fallbacks::parse(&json!([{"*": ["wide"]}])).unwrap();
    let special = ClientFallbacks { content_policy: Some(table), ..none };
    check("gpt", C::ContentPolicy, &special, 0, &["gpt"], &["wide"]);
}

#[test]
fn fallback_plans() {
    // Every group fails.
    let check = |yaml: &str, client: ClientFallbacks, expected: &[(&str, u32)]| {
        let rules = Rules::of(&config(yaml));
        let mut plan = FallbackPlan::default();
        plan.failed(&rules, &client, "first", FailureClass::InternalServer, 0);
        let mut seen = Vec::new();
        while let Some((target, depth)) = plan.next_target() {
            plan.failed(&rules, &client, &target.model, FailureClass::InternalServer, depth);
            seen.push((target.model, depth));
        }
        let seen: Vec<(&str, u32)> = seen.iter().map(|(model, depth)| (model.as_str(), *depth)).collect();
        assert_eq!(seen, expected, "{yaml}");
    };
    let none = ClientFallbacks::default;
    check("litellm_settings: {fallbacks: [{first: [a, b]}]}", none(), &[("a", 1), ("b", 1)]);
    check(
        "litellm_settings: {fallbacks: [{first: [a, b]}, {a: [c, first]}, {c: [b]}]}",
        none(),
        &[("a", 1), ("c", 2), ("b", 3)],
    );
    check(
        "router_settings: {max_fallbacks: 2, fallbacks: [{first: [a]}, {a: [b]}, {b: [c]}]}",
        none(),
        &[("a", 1), ("b", 2)],
    );
    check("litellm_settings: {default_fallbacks: [a, b]}", none(), &[("a", 1), ("b", 2)]);
    let list = Some(vec![Fallback::to("x"), Fallback::to("y")]);
    check("litellm_settings: {fallbacks: [{x: [a]}]}", ClientFallbacks { list, ..none() }, &[("x", 1), ("y", 2)]);
}

#[test]
fn fallback_texts() {
    let check = |value: Value, expected: &str| {
        let error = Fallbacks::parse(&value).unwrap_err();
        assert_eq!(format!("{}: {}", error.path, error.reason), expected);
    };
    check(json!({"a": ["b"]}), ": expected a list of mappings");
    check(json!(["a"]), "[0]: expected a mapping");
    check(json!([{"a": "b"}]), "[0].a: expected a list of model groups");
    check(json!([{"a": ["b"]}, {"c": ["d", 5]}]), "[1].c[1]: expected a model group");
    check(json!([{"a": [{"temperature": 1}]}]), "[0].a[0].model: expected a model group");
    let parsed = Fallback::parse_list(&json!(["a", {"model": "b", "temperature": 0}])).unwrap();
    assert_eq!(
        parsed[1],
        Fallback { model: "b".into(), params: json!({"temperature": 0}).as_object().unwrap().clone() }
    );
}

#[test]
fn cooldowns() {
    use FailureClass as C;
    let plain = Rules::default();
    let allowing = Rules::of(&config("litellm_settings: {allowed_fails: 2, cooldown_time: 30}"));
    let by_class = Rules::of(&config("router_settings: {allowed_fails_policy: {RateLimitErrorAllowedFails: 1}}"));
    let never = Rules::of(&config("router_settings: {disable_cooldowns: 'true'}"));
    let zero = Rules::of(&config("router_settings: {cooldown_time: 0}"));
    let usual = Deployment::default();
    let health =
        |calls, failures, recent_failures, awake_others| Health { calls, failures, recent_failures, awake_others };
    let check = |rules: &Rules, status, health: Health, expected: Option<u64>| {
        let class = if status == 429 { C::RateLimit } else { C::Other };
        let rest = cooldown(rules, &usual, &failure(class, status), &health);
        assert_eq!(rest, expected.map(Duration::from_secs), "{status} {health:?}");
    };
    // One failure: at once for these, given another deployment.
    for (status, expected) in [
        (400, None),
        (401, Some(5)),
        (402, Some(5)),
        (403, None),
        (404, Some(5)),
        (408, None),
        (422, None),
        (429, Some(5)),
        (500, None),
    ] {
        check(&plain, status, health(1, 1, 1, 1), expected);
        check(&plain, status, health(1, 1, 1, 0), None);
    }
    check(&plain, 500, health(4, 4, 4, 1), None);
    check(&plain, 500, health(5, 3, 3, 1), Some(5));
    check(&plain, 500, health(6, 3, 3, 1), None);
    check(&plain, 500, health(5, 5, 5, 0), None);
    check(&plain, 500, health(1000, 1000, 9, 0), Some(5));
    check(&plain, 404, health(1000, 1000, 9, 0), None);
    check(&allowing, 500, health(9, 9, 2, 1), None);
    check(&allowing, 500, health(9, 9, 3, 1), Some(30));
    check(&allowing, 500, health(9, 9, 3, 0), Some(30));
    check(&by_class, 429, health(1, 1, 1, 1), None);
    check(&by_class, 429, health(2, 2, 2, 1), Some(5));
    check(&by_class, 500, health(2, 2, 2, 1), None);
    check(&never, 429, health(1, 1, 1, 1), None);
    check(&zero, 429, health(1, 1, 1, 1), None);
    for origin in [Origin::Network, Origin::CallerTimeout, Origin::Gateway] {
        let lost = Failure { origin, ..failure(C::RateLimit, 429) };
        assert_eq!(cooldown(&plain, &usual, &lost, &health(1, 1, 1, 1)), None);
    }
}

#[test]
fn cooldown_times() {
    let check = |params: Value, info: Value, retry_after, expected: f64| {
        let list = json!({"model_list": [{"model_name": "g", "litellm_params": params, "model_info": info}]});
        let config = config(&list.to_string());
        let failure = Failure { retry_after, ..failure(FailureClass::RateLimit, 429) };
        let health = Health { calls: 1, failures: 1, recent_failures: 1, awake_others: 1 };
        let rest = cooldown(&Rules::default(), &config.model_list[0], &failure, &health);
        assert_eq!(rest.map_or(0.0, |rest| rest.as_secs_f64()), expected);
    };
    check(json!({"model": "m"}), json!({}), None, 5.0);
    check(json!({"model": "m"}), json!({}), Some(7.5), 7.5);
    check(json!({"model": "m"}), json!({}), Some(1e300), 3600.0);
    check(json!({"model": "m", "cooldown_time": 2}), json!({}), Some(7.5), 2.0);
    check(json!({"model": "m"}), json!({"cooldown_time": 3}), Some(7.5), 3.0);
    check(json!({"model": "m", "cooldown_time": 0}), json!({}), None, 0.0);
    check(json!({"model": "m"}), json!({"allowed_fails": 1}), None, 0.0);
    check(json!({"model": "m"}), json!({"allowed_fails_policy": {"RateLimitErrorAllowedFails": 0}}), None, 5.0);
}
