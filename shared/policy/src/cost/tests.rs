use proptest::prelude::*;
use provider_transform::Usage;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::money::Usd;
use crate::prices::{self, CustomPrice, Price, Pricing};

use super::{Adjustments, Breakdown, Call, ToolUse, Work, cost, read_discounts, read_margins, stated_cost, worst_case};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

fn listed(model: &str) -> Price {
    prices::find("", model).unwrap().price().unwrap()
}

fn priced(rates: Value) -> Price {
    let own = CustomPrice::from_params(&map(rates), &Map::new());
    match prices::pricing(own.as_ref(), []) {
        Pricing::Priced(price) => price,
        Pricing::Unpriced => Price::default(),
    }
}

fn tokens(prompt_tokens: u64, completion_tokens: u64) -> Usage {
    Usage { prompt_tokens, completion_tokens, ..Usage::default() }
}

/// The total for a usage with everything else usual.
fn total(price: &Price, usage: &Usage) -> Usd {
    cost(price, usage, &Call::default()).total
}

#[test]
fn anthropic_cache_reads_and_writes() {
    let price = priced(json!({
        "input_cost_per_token": 3e-6,
        "output_cost_per_token": 15e-6,
        "cache_read_input_token_cost": 0.3e-6,
        "cache_creation_input_token_cost": 3.75e-6,
        "cache_creation_input_token_cost_above_1hr": 6e-6,
    }));
    let usage =
        Usage { cache_read_tokens: 50, cache_write_5m_tokens: 60, cache_write_1h_tokens: 40, ..tokens(160, 20) };
    let found = cost(&price, &usage, &Call::default());
    let expected = Breakdown {
        input: usd("0.00051"),
        cache_read: usd("0.000015"),
        cache_creation: usd("0.000465"),
        output: usd("0.0003"),
        original: usd("0.00081"),
        total: usd("0.00081"),
        ..Breakdown::default()
    };
    assert_eq!(found, expected);
}

#[test]
fn the_rate_switches_above_the_threshold() {
    let price = listed("gpt-5.5");
    assert_eq!(total(&price, &tokens(272_000, 0)), usd("1.36"));
    assert_eq!(total(&price, &tokens(272_001, 0)), usd("2.72001"));
    assert_eq!(total(&price, &tokens(272_001, 1000)), usd("2.76501"));
    let inclusive = listed("xai/grok-4.20-multi-agent");
    assert_eq!(total(&inclusive, &tokens(199_999, 0)), usd("0.24999875"));
    assert_eq!(total(&inclusive, &tokens(200_000, 0)), usd("0.5"));
}

#[test]
fn the_tier_served_decides_before_the_tier_asked_for() {
    let price = listed("gpt-5-mini");
    let with = |served: Option<&str>, asked| {
        let usage = Usage { service_tier: served.map(str::to_owned), ..tokens(1_000_000, 0) };
        cost(&price, &usage, &Call { service_tier: asked, ..Call::default() }).total
    };
    let (standard, priority, flex) = (usd("0.25"), usd("0.45"), usd("0.125"));
    assert_eq!(with(None, None), standard);
    assert_eq!(with(None, Some("auto")), standard);
    assert_eq!(with(None, Some("priority")), priority);
    assert_eq!(with(Some("default"), Some("priority")), standard);
    assert_eq!(with(Some("FLEX"), Some("priority")), flex);
    assert_eq!(with(Some("ON_DEMAND_PRIORITY"), None), priority);
}

#[test]
fn batches_cost_half_where_no_rate_is_listed() {
    let batch = Call { batch: true, ..Call::default() };
    let usage = Usage { cache_read_tokens: 1000, cache_write_5m_tokens: 1000, ..tokens(3000, 1000) };
    let price = priced(json!({
        "input_cost_per_token": 4,
        "output_cost_per_token": 10,
        "cache_read_input_token_cost": 1,
        "cache_creation_input_token_cost": 5,
    }));
    assert_eq!(cost(&price, &usage, &batch).total, usd("10000"));
}

#[test]
fn bands_are_chosen_by_prompt_size() {
    let price = listed("dashscope/qwen-flash");
    assert_eq!(total(&price, &tokens(256_000, 1_000_000)), usd("0.4128"));
    assert_eq!(total(&price, &tokens(256_001, 0)), usd("0.06400025"));
    assert_eq!(total(&price, &tokens(2_000_000, 0)), usd("0.5"));
}

#[test]
fn off_peak_hours_and_days() {
    let price = listed("deepseek/deepseek-v4-pro");
    let at = |time: &str| {
        let at = time.parse::<jiff::Timestamp>().unwrap().as_second().unsigned_abs();
        cost(&price, &tokens(1_000_000, 0), &Call { at, ..Call::default() }).total
    };
    let (peak, off_peak) = (usd("1.32"), usd("0.66"));
    assert_eq!(at("2026-03-04T00:59:59Z"), off_peak);
    assert_eq!(at("2026-03-04T01:00:00Z"), peak);
    assert_eq!(at("2026-03-04T09:59:59Z"), peak);
    assert_eq!(at("2026-03-04T10:00:00Z"), off_peak);
    assert_eq!(at("2026-03-07T02:00:00Z"), off_peak);
}

#[test]
fn no_token_is_paid_twice_where_counts_overlap() {
    let price = priced(json!({
        "input_cost_per_token": 1,
        "output_cost_per_token": 1,
        "cache_read_input_token_cost": 1,
        "input_cost_per_audio_token": 1,
        "output_cost_per_reasoning_token": 1,
    }));
    let usage = Usage {
        cache_read_tokens: 80,
        audio_input_tokens: Some(90),
        cached_audio_tokens: Some(50),
        reasoning_tokens: 30,
        text_output_tokens: Some(40),
        ..tokens(100, 40)
    };
    assert_eq!(total(&price, &usage), usd("140"));
}

#[test]
fn a_missing_rate_is_not_a_free_one() {
    let unpriced = |rates, usage: &Usage, work| cost(&priced(rates), usage, &Call { work, ..Call::default() }).unpriced;
    assert!(unpriced(json!({"input_cost_per_token": 1}), &tokens(1, 1), Work::Tokens));
    assert!(!unpriced(json!({"input_cost_per_token": 1}), &tokens(1, 0), Work::Tokens));
    assert!(unpriced(json!({"input_cost_per_query": 1}), &tokens(1, 0), Work::Rerank { search_units: 0 }));
    assert!(unpriced(json!({"output_cost_per_image": 1}), &tokens(0, 0), Work::Ocr { pages: 1, annotated_pages: 0 }));
    assert!(unpriced(json!({"input_cost_per_second": 1}), &tokens(1, 1), Work::Tokens));
    let searched = Usage { web_search_requests: 1, ..tokens(1, 1) };
    let rates = json!({"input_cost_per_token": 1, "output_cost_per_token": 1});
    assert!(unpriced(rates, &searched, Work::Tokens));
}

#[test]
fn work_that_is_not_tokens() {
    let with = |price: &Price, work| cost(price, &Usage::default(), &Call { work, ..Call::default() }).total;
    let seconds = Decimal::from(10);
    let video = |resolution| Work::Video { seconds, count: 2, resolution };
    assert_eq!(with(&listed("azure/sora-2"), video(None)), usd("2"));
    let by_resolution = priced(json!({"output_cost_per_second": 1, "output_cost_per_second_1080p": 3}));
    assert_eq!(with(&by_resolution, video(Some("1080P"))), usd("60"));
    assert_eq!(with(&by_resolution, video(Some("720p"))), usd("20"));
    let ocr = Work::Ocr { pages: 3, annotated_pages: 1 };
    assert_eq!(with(&listed("mistral/mistral-ocr-2512"), ocr), usd("0.009"));
    let search = |max_results| Work::Search { queries: 2, max_results };
    assert_eq!(with(&listed("exa_ai/search"), search(25)), usd("0.01"));
    assert_eq!(with(&listed("exa_ai/search"), search(26)), usd("0.05"));
    assert_eq!(
        with(&priced(json!({"input_cost_per_pixel": 0.5})), Work::Images { count: 2, width: 3, height: 4 }),
        usd("12")
    );
}

#[test]
fn tools_are_billed_beside_tokens() {
    let tools = ToolUse {
        search_context_size: Some("high"),
        file_search_calls: 2,
        code_interpreter_sessions: 1,
        ..ToolUse::default()
    };
    let usage = Usage { web_search_requests: 3, ..Usage::default() };
    let found = cost(&listed("gpt-5"), &usage, &Call { tools, ..Call::default() });
    assert_eq!(found.tool_usage, usd("0.045"));
    assert_eq!(found.total, usd("0.045"));
}

#[test]
fn surcharges_multiply() {
    let call = Call { data_residency: Some("eu"), ..Call::default() };
    assert_eq!(cost(&listed("gpt-5.4-mini"), &tokens(1_000_000, 0), &call).total, usd("0.825"));
    let usage = Usage { inference_geo: Some("us".to_owned()), ..tokens(1_000_000, 0) };
    let call = Call { speed: Some("fast"), ..Call::default() };
    assert_eq!(cost(&listed("claude-opus-5-5"), &usage, &call).total, usd("8.8"));
    let regional = |location| Call { vertex_location: Some(location), ..Call::default() };
    let price = listed("vertex_ai/claude-fable-5@default");
    assert_eq!(cost(&price, &tokens(1_000_000, 0), &regional("global")).total, usd("10"));
    assert_eq!(cost(&price, &tokens(1_000_000, 0), &regional("us-east5")).total, usd("11"));
}

#[test]
fn discount_comes_before_margin() {
    let discounts = map(json!({"openai": 0.05}));
    let margins = map(json!({"global": 0.10, "openai": {"percentage": 0.2, "fixed_amount": "0.5"}}));
    let with = |provider| {
        let adjustments = Adjustments::for_provider(provider, &discounts, &margins);
        cost(&listed("gpt-4o"), &tokens(4_000_000, 0), &Call { adjustments, ..Call::default() })
    };
    let own = with("openai");
    assert_eq!((own.original, own.discount, own.margin, own.total), (usd("10"), usd("0.5"), usd("2.4"), usd("11.9")));
    assert_eq!(with("azure").total, usd("11"));
}

#[test]
fn the_cost_is_rounded_once() {
    let price = priced(
        json!({"input_cost_per_token": "0.0000000000000000004", "output_cost_per_token": "0.0000000000000000004"}),
    );
    let found = cost(&price, &tokens(1, 1), &Call::default());
    assert_eq!((found.input, found.output, found.total), (usd("0"), usd("0"), usd("0.000000000000000001")));
}

#[test]
fn a_breakdown_survives_its_json() {
    let found = cost(&listed("gpt-4o"), &tokens(1234, 567), &Call::default());
    let text = serde_json::to_string(&found).unwrap();
    assert!(text.contains(r#""total_cost":0.008755"#), "{text}");
    assert_eq!(serde_json::from_str::<Breakdown>(&text).unwrap(), found);
}

fn any_model() -> impl Strategy<Value = Price> {
    let keys: Vec<&'static str> = prices::keys().collect();
    prop::sample::select(keys).prop_filter_map("a listed model without rates", |key| prices::find("", key)?.price())
}

fn any_usage(prompt: u64, completion: u64) -> impl Strategy<Value = Usage> {
    let tier = prop::sample::select(vec![None, Some("standard"), Some("priority")]);
    let part = move |whole: u64| 0..=whole;
    (part(prompt), part(completion), prop::array::uniform6(0..=prompt), prop::array::uniform3(0..=completion), tier)
        .prop_map(|(prompt, completion, parts, made, tier)| {
            let [read, short, long, audio, image, cached_audio] = parts;
            let read = read.min(prompt);
            let short = short.min(prompt - read);
            let long = long.min(prompt - read - short);
            let reasoning = made[0].min(completion);
            let spoken = made[1].min(completion - reasoning);
            let drawn = made[2].min(completion - reasoning - spoken);
            Usage {
                prompt_tokens: prompt,
                completion_tokens: completion,
                cache_read_tokens: read,
                cache_write_5m_tokens: short,
                cache_write_1h_tokens: long,
                audio_input_tokens: Some(audio),
                image_input_tokens: Some(image),
                cached_audio_tokens: Some(cached_audio),
                reasoning_tokens: reasoning,
                audio_output_tokens: Some(spoken),
                image_output_tokens: Some(drawn),
                service_tier: tier.map(str::to_owned),
                ..Usage::default()
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_call_costs_more_than_its_worst_case(
        price in any_model(),
        (prompt, answer, usage) in (1_u64..400_000, 1_u64..50_000).prop_flat_map(|(prompt, answer)| {
            (Just(prompt), Just(answer), any_usage(prompt, 2 * answer))
        }),
        batch in any::<bool>(),
        at in 1_772_000_000_u64..1_773_000_000,
    ) {
        let call = Call {
            batch,
            at,
            service_tier: Some("priority"),
            seconds: Some(Decimal::TEN),
            data_residency: Some("eu"),
            vertex_location: Some("us-east5"),
            ..Call::default()
        };
        let bound = worst_case(&price, prompt, answer, 2, &call);
        let actual = cost(&price, &usage, &call).total;
        prop_assert!(actual <= bound, "{} costs {actual}, bound {bound}", price.provider());
    }

    #[test]
    fn parts_add_up(price in any_model(), usage in any_usage(300_000, 20_000)) {
        let found = cost(&price, &usage, &Call::default());
        let rounding = usd("0.000000000000000003");
        prop_assert!(found.cache_read + found.cache_creation <= found.input + rounding);
        prop_assert!(found.reasoning <= found.output);
        let sum = found.input + found.output + found.tool_usage;
        prop_assert!(sum - found.total <= rounding && found.total - sum <= rounding);
    }
}

#[test]
fn a_provider_that_states_its_bill_is_believed() {
    let price = priced(json!({"input_cost_per_token": 1, "output_cost_per_token": 1}));
    let stating = |cost: Value| Usage { stated_cost: cost.as_number().cloned(), ..tokens(1, 1) };
    let cases =
        [(json!(0.0063), "0.0063"), (json!(1e-7), "0.0000001"), (json!(0), "0"), (json!(-1), "2"), (json!(null), "2")];
    for (cost, want) in cases {
        assert_eq!(total(&price, &stating(cost.clone())), usd(want), "{cost}");
    }
    let unpriced = stated_cost(&stating(json!(0.5)), &Call::default()).map(|it| (it.total, it.unpriced));
    assert_eq!(unpriced, Some((usd("0.5"), false)));
    assert_eq!(stated_cost(&tokens(1, 1), &Call::default()), None);
}

#[test]
fn fireworks_reads_its_cache_at_half_price() {
    let cached = Usage { cache_read_tokens: 1000, ..tokens(1000, 0) };
    let fireworks = listed("fireworks_ai/accounts/fireworks/models/llama-v3p3-70b-instruct");
    assert_eq!(total(&fireworks, &cached), usd("0.00045"));
}

#[test]
fn what_an_operator_may_put_on_prices() {
    let discounts = |config: Value| read_discounts(&map(config)).map_err(|it| (it.field, it.reason));
    let margins = |config: Value| read_margins(&map(config)).map_err(|it| (it.field, it.reason));
    let refused = |field: &str, reason: &str| Err((field.to_owned(), reason.to_owned()));
    assert_eq!(discounts(json!({"openai": 0, "vertex_ai": 1, "bedrock": 0.05})), Ok(()));
    assert_eq!(discounts(json!({"openai": 1.01})), refused("openai", "must be between 0 and 1"));
    assert_eq!(discounts(json!({"openai": -0.1})), refused("openai", "must be between 0 and 1"));
    assert_eq!(discounts(json!({"openai": "0.1"})), refused("openai", "expected a number"));
    assert_eq!(discounts(json!({"global": 0.1})), refused("global", "is not the name of a provider"));
    assert_eq!(margins(json!({"global": 0.1, "openai": {"percentage": 10, "fixed_amount": 0.001}})), Ok(()));
    assert_eq!(margins(json!({"openai": 11})), refused("openai", "must be between 0 and 10"));
    assert_eq!(margins(json!({"openai": {"percentage": 11}})), refused("openai", "must be between 0 and 10"));
    assert_eq!(margins(json!({"openai": {"fixed_amount": -1}})), refused("openai", "must be at least 0"));
    assert_eq!(margins(json!({"openai": {}})), refused("openai", "must have percentage or fixed_amount"));
    assert_eq!(margins(json!({"openai": {"p": 1}})), refused("openai.p", "is neither percentage nor fixed_amount"));
    assert_eq!(margins(json!({"nobody": 0.1})), refused("nobody", "is not the name of a provider"));
}
