use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::money::Usd;

use super::{
    CustomPrice, Pricing, RateKey, Tier, Unit, fallback, find, find_image, info, info_of_deployment, keys, pricing,
};

fn key_of(provider: &str, model: &str) -> Option<&'static str> {
    find(provider, model).map(|entry| entry.key())
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn custom(litellm_params: Value, model_info: Value) -> CustomPrice {
    CustomPrice::from_params(&map(litellm_params), &map(model_info)).unwrap()
}

fn rate(pricing: &Pricing, unit: Unit) -> Option<Decimal> {
    pricing.price().unwrap().standard(unit)
}

fn dollars(text: &str) -> Option<Decimal> {
    Some(text.parse::<Usd>().unwrap().as_decimal())
}

#[derive(serde::Deserialize)]
struct DataFile {
    models: BTreeMap<String, BTreeMap<String, Box<RawValue>>>,
}

#[test]
fn every_model_of_the_data_file_is_found_with_its_digits() {
    let data: DataFile = serde_json::from_str(include_str!("../../data/model_prices.json")).unwrap();
    assert!(keys().eq(data.models.keys()));
    for (key, model) in data.models {
        let entry = find("", &key).unwrap_or_else(|| panic!("{key}"));
        assert_eq!(entry.key(), key);
        assert_eq!(format!("{:?}", entry.provider()), model["litellm_provider"].get(), "{key}");
        for (field, value) in model {
            if let (Some(rate), Ok(listed)) = (RateKey::parse(&field), value.get().parse::<Usd>()) {
                assert_eq!(entry.price().unwrap().exact(rate), Some(listed.as_decimal()), "{key} {field}");
            } else if let (true, Ok(flag)) = (field.starts_with("supports_"), value.get().parse()) {
                assert_eq!(entry.flag(&field), Some(flag), "{key} {field}");
            }
        }
    }
}

#[test]
fn finds_by_exact_key_only() {
    for (provider, model, key) in [
        ("openai", "gpt-4o", Some("gpt-4o")),
        ("openai", "openai/gpt-4o", Some("gpt-4o")),
        ("", "gpt-4o", Some("gpt-4o")),
        ("", "openai/gpt-4o", Some("gpt-4o")),
        ("", "azure/gpt-4o", Some("azure/gpt-4o")),
        ("", "/", None),
        ("groq", "gpt-4o", None),
        ("groq", "openai/gpt-4o", None),
        ("openai", "gpt-4o-2099-01-01", None),
        ("openai", "gpt-4", Some("gpt-4")),
        ("openai", "gpt-", None),
        ("anthropic", "claude-sonnet-4-5-experimental", None),
        ("gemini", "gemini-2.5-pro", Some("gemini/gemini-2.5-pro")),
        ("vertex_ai", "gemini-2.5-pro", Some("gemini-2.5-pro")),
        ("groq", "openai/gpt-oss-120b", Some("groq/openai/gpt-oss-120b")),
        ("openai", "ft:gpt-4o-mini-2024-07-18:acme:helpdesk:abc", Some("ft:gpt-4o-mini-2024-07-18")),
        ("bedrock", "anthropic.claude-sonnet-4-20250514-v1:0", Some("anthropic.claude-sonnet-4-20250514-v1:0")),
        (
            "bedrock",
            "converse/us.anthropic.claude-sonnet-4-20250514-v1:0",
            Some("us.anthropic.claude-sonnet-4-20250514-v1:0"),
        ),
        ("bedrock", "us-west-2/anthropic.claude-v2:1", Some("bedrock/us-west-2/anthropic.claude-v2:1")),
        ("", "", None),
    ] {
        assert_eq!(key_of(provider, model), key, "{provider} {model}");
    }
}

#[test]
fn finds_images_by_quality_and_size() {
    let key = |quality, size| find_image("openai", "gpt-image-1", quality, size).unwrap().key();
    assert_eq!(key(Some("high"), Some("1024x1536")), "high/1024-x-1536/gpt-image-1");
    assert_eq!(key(None, None), "gpt-image-1");
}

#[test]
fn a_model_nobody_prices_is_unpriced() {
    assert_eq!(pricing(None, [("openai", "gpt-99")]), Pricing::Unpriced);
    assert_eq!(pricing(None, []), Pricing::Unpriced);
    assert!(pricing(None, [("openai", "gpt-99"), ("openai", "gpt-4o")]).price().is_some());
}

#[test]
fn an_explicit_zero_is_a_price() {
    let free = custom(json!({"input_cost_per_token": 0, "output_cost_per_token": 0}), json!({}));
    let pricing = pricing(Some(&free), [("openai", "gpt-99")]);
    assert!(pricing.price().unwrap().is_free());
    assert!(!find("openai", "gpt-4o").unwrap().price().unwrap().is_free());
}

#[test]
fn a_custom_price_wins_and_ends_what_the_old_rate_implied() {
    let own = custom(
        json!({"input_cost_per_token": "0.000001", "model": "openai/gpt-5"}),
        json!({"input_cost_per_token": 9, "output_cost_per_token": 2e-6}),
    );
    let pricing = pricing(Some(&own), [("openai", "gpt-5")]);
    assert_eq!(rate(&pricing, Unit::Input), dollars("1e-6"));
    assert_eq!(rate(&pricing, Unit::Output), dollars("2e-6"));
    assert_eq!(rate(&pricing, Unit::CacheRead), None);
    let tiered = RateKey { unit: Unit::Input, above: 0, tier: Tier::Priority };
    assert_eq!(pricing.price().unwrap().exact(tiered), None);
    assert!(rate(&pricing, Unit::SearchMedium).is_some());
}

#[test]
fn a_custom_price_may_change_one_rate() {
    let own = custom(json!({"cache_read_input_token_cost": 1e-9}), json!({}));
    let pricing = pricing(Some(&own), [("openai", "gpt-4o")]);
    assert_eq!(rate(&pricing, Unit::CacheRead), dollars("1e-9"));
    assert_eq!(rate(&pricing, Unit::Input), dollars("2.5e-6"));
}

#[test]
fn a_custom_price_by_the_second_ends_token_rates() {
    let own = custom(json!({"input_cost_per_second": 0.001}), json!({}));
    let pricing = pricing(Some(&own), [("openai", "gpt-4o")]);
    assert_eq!(rate(&pricing, Unit::Input), None);
    assert_eq!(rate(&pricing, Unit::InputSecond), dollars("0.001"));
}

#[test]
fn a_rate_that_is_no_amount_is_reported() {
    let own = custom(json!({"input_cost_per_token": "cheap", "output_cost_per_token": -1}), json!({}));
    assert_eq!(own.ignored(), ["input_cost_per_token", "output_cost_per_token"]);
    assert!(CustomPrice::from_params(&map(json!({"model": "gpt-4o", "us": 2})), &Map::new()).is_none());
    assert_eq!(pricing(Some(&own), [("openai", "gpt-99")]), Pricing::Unpriced);
}

#[test]
fn a_custom_price_may_have_bands() {
    let bands = json!([
        {"range": [0, 1000], "input_cost_per_token": 1, "output_cost_per_token": 2},
        {"range": [1000, 5e3], "input_cost_per_token": "3", "output_cost_per_token": 4},
    ]);
    let pricing = pricing(Some(&custom(json!({}), json!({"tiered_pricing": bands}))), [("openai", "gpt-4o")]);
    let price = pricing.price().unwrap();
    assert_eq!(price.bands().iter().map(|band| band.up_to).collect::<Vec<_>>(), [1000, 5000]);
    assert_eq!(price.standard(Unit::Input), None);
    let broken = custom(json!({"tiered_pricing": [{"input_cost_per_token": 1}]}), json!({}));
    assert_eq!(broken.ignored(), ["tiered_pricing"]);
}

#[test]
fn a_deployment_may_state_what_its_model_can_do() {
    let own = map(json!({"supports_vision": true, "supports_reasoning": false, "max_tokens": 77}));
    let found = info_of_deployment("openai", "gpt-5", &own);
    assert_eq!(found.supports.vision, Some(true));
    assert_eq!(found.supports.reasoning, Some(false));
    assert_eq!(found.supports.function_calling, Some(true));
    assert_eq!(found.max_output_tokens, Some(77));
    assert_eq!(info_of_deployment("hosted_vllm", "mine", &own).supports.vision, Some(true));
}

#[test]
fn reads_field_names() {
    for (field, unit, above, tier) in [
        ("input_cost_per_token", Unit::Input, 0, Tier::Standard),
        ("output_cost_per_token_above_200k_tokens", Unit::Output, 200, Tier::Standard),
        ("input_cost_per_token_above_272k_tokens_priority", Unit::Input, 272, Tier::Priority),
        ("cache_creation_input_token_cost_above_1hr", Unit::CacheWrite1h, 0, Tier::Standard),
        ("cache_creation_input_token_cost_above_1hr_above_200k_tokens", Unit::CacheWrite1h, 200, Tier::Standard),
        ("cache_read_input_token_cost_batches", Unit::CacheRead, 0, Tier::Batches),
        ("output_cost_per_second_1080p", Unit::OutputSecond1080p, 0, Tier::Standard),
    ] {
        assert_eq!(RateKey::parse(field), Some(RateKey { unit, above, tier }), "{field}");
    }
    assert_eq!(RateKey::parse("input_cost_per_video_per_second_above_15s_interval"), None);
    assert_eq!(RateKey::parse("max_tokens"), None);
}

#[test]
fn rules_are_the_data_files() {
    let data: Value = serde_json::from_str(include_str!("../../data/model_prices.json")).unwrap();
    let listed: Vec<&Value> = data["fallback_rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|rule| rule["model_info"].as_object().unwrap().keys().any(|field| field != "litellm_provider"))
        .collect();
    assert_eq!(listed.len(), fallback::RULES.len());
    for (rule, listed) in fallback::RULES.iter().zip(listed) {
        assert_eq!(listed["name"], rule.name);
        assert_eq!(listed["pattern"], rule.pattern, "{}", rule.name);
        let fills: Vec<&str> =
            listed["fill_missing_for_providers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(fills, rule.fills, "{}", rule.name);
        let facts = listed["model_info"].as_object().unwrap();
        let flags: Vec<&str> = facts.iter().filter(|fact| *fact.1 == true).map(|fact| fact.0.as_str()).collect();
        assert_eq!(flags, rule.flags, "{}", rule.name);
        assert_eq!(facts.get("mode").and_then(Value::as_str), rule.mode, "{}", rule.name);
        assert_eq!(facts.get("max_input_tokens").and_then(Value::as_u64), rule.limits.map(|it| it.0), "{}", rule.name);
    }
}

#[test]
fn unlisted_ids_get_their_familys_capabilities_and_no_price() {
    let found = info("anthropic", "claude-opus-7-20280101");
    assert!(find("anthropic", "claude-opus-7-20280101").is_none());
    assert_eq!(found.supports.adaptive_thinking, Some(true));
    assert_eq!(found.max_output_tokens, Some(64_000));
    assert_eq!(info("openai", "gpt-7.1-mini").supports.reasoning, Some(true));
    assert_eq!(info("openai", "gpt-4o-next").supports.reasoning, None);
    assert_eq!(info("groq", "some-model").max_input_tokens, None);
}

#[test]
fn listed_ids_keep_what_the_table_says() {
    let found = info("anthropic", "claude-sonnet-4-5");
    assert_eq!(found.max_output_tokens, Some(64_000));
    assert_eq!(found.mode, Some("chat"));
    assert_eq!(found.supports.prompt_caching, Some(true));
    assert_eq!(found.supports.adaptive_thinking, None);
    assert_eq!(found.supports.tool_search, Some(true));
}

#[test]
fn rules_match_like_their_patterns() {
    let cases = include_str!("tests/families.txt");
    let mut count = 0;
    for line in cases.lines().filter(|line| !line.starts_with('#')) {
        let (id, expected) = line.split_once(' ').unwrap_or((line, ""));
        let found: Vec<&str> = fallback::RULES.iter().filter(|rule| rule.holds_for(id)).map(|rule| rule.name).collect();
        assert_eq!(found.join(","), expected, "{id}");
        count += 1;
    }
    assert!(count > 100);
}
