//! Tables of requests, limits and what follows.

use serde_json::json;

use super::*;

#[test]
fn estimates() {
    let check = |chars, max_tokens, n, tpm, configured, expected: (u64, u64, Option<u64>)| {
        let ask = Ask { input_chars: chars, max_tokens, choices: n, generates: true };
        let estimate = estimate_tokens(&ask, tpm, configured);
        assert_eq!((estimate.input, estimate.output, estimate.cap), expected, "{ask:?} {tpm:?}");
    };
    // LiteLLM was seen to leave 8975 of 10000 for five characters.
    check(5, None, 1, Some(10_000), None, (1, 1024, None));
    check(0, None, 1, Some(10_000), None, (1, 1024, None));
    check(8000, None, 1, Some(10_000), None, (2000, 2000, None));
    check(5, None, 1, Some(4096), None, (1, 1024, None));
    check(5, None, 1, Some(4095), None, (1, 1023, Some(1023)));
    check(5, None, 2, Some(1000), None, (1, 500, Some(250)));
    check(4000, None, 1, Some(1000), None, (1000, 1000, Some(250)));
    check(5, None, 1, Some(0), None, (1, 1, Some(1)));
    check(5, None, 1, None, None, (1, 1024, None));
    check(5, Some(7), 3, Some(100), None, (1, 21, None));
    check(5, Some(7), 1, Some(100), Some(50), (1, 7, None));
    check(5, None, 1, Some(100), Some(50), (1, 50, None));
    check(5, Some(u64::MAX), 2, Some(100), None, (1, u64::MAX, None));
    let embedding = Ask { input_chars: 400, max_tokens: None, choices: 1, generates: false };
    assert_eq!(estimate_tokens(&embedding, Some(100), None), Estimate { input: 100, output: 0, longest: 0, cap: None });
    assert_eq!(Estimate { input: 3, output: 0, longest: 0, cap: None }.counted(TokenKind::Output), 1);
    assert_eq!(Estimate { input: 3, output: 4, longest: 4, cap: None }.counted(TokenKind::Total), 7);
    let long = Ask { input_chars: 4000, max_tokens: None, choices: 2, generates: true };
    let capped = estimate_tokens(&long, Some(1000), None);
    assert_eq!(
        [TokenKind::Total, TokenKind::Input, TokenKind::Output].map(|kind| capped.counted(kind)),
        [3000, 1000, 500]
    );
}

#[test]
fn settlement() {
    let usage = Usage { prompt_tokens: 160, cache_read_tokens: 50, completion_tokens: 20, ..Usage::default() };
    assert_eq!(counted_tokens(TokenKind::Total, &usage), 130);
    assert_eq!(counted_tokens(TokenKind::Input, &usage), 110);
    assert_eq!(counted_tokens(TokenKind::Output, &usage), 20);
}

#[test]
fn shares_of_limits() {
    for (limit, share, expected) in
        [(1000, 0.1, 100), (1, 0.1, 1), (19, 0.1, 1), (0, 0.5, 0), (7, 1.0, 7), (50, 0.5, 25)]
    {
        assert_eq!(throttle::throttled(limit, share), expected, "{limit} {share}");
    }
    let check = |metadata: serde_json::Value, rpm, share, expected| {
        let mut key = crate::key::Key { metadata: metadata.as_object().unwrap().clone(), ..Default::default() };
        key.limits.rpm_limit = rpm;
        let subject = crate::subject::Subject {
            key: &key,
            entities: &Default::default(),
            customer: None,
            groups: &[],
            tags: &[],
            agent: None,
        };
        assert_eq!(throttle(&subject, share), expected, "{metadata} {rpm:?} {share:?}");
    };
    let chosen = || json!({"throttle_on_budget_exceeded": true});
    check(chosen(), Some(5), Some(0.1), Some(0.1));
    check(chosen(), Some(5), Some(1.0), Some(1.0));
    check(chosen(), Some(5), None, None);
    check(chosen(), Some(5), Some(0.0), None);
    check(chosen(), Some(5), Some(1.5), None);
    check(chosen(), None, Some(0.1), None);
    check(json!({"throttle_on_budget_exceeded": false}), Some(5), Some(0.1), None);
    check(json!({}), Some(5), Some(0.1), None);
}

#[test]
fn rejections() {
    let rejection = Rejection {
        descriptor: "api_key",
        kind: LimitKind::Requests,
        limit: 1,
        remaining: 0,
        window: 30,
        reset_at: "2026-03-04T05:06:07.9Z".parse().unwrap(),
    };
    let expected = [("retry-after", "30"), ("rate_limit_type", "requests"), ("reset_at", "2026-03-04 05:06:07 UTC")];
    assert_eq!(rejection.headers().each_ref().map(|(name, value)| (*name, value.as_str())), expected);
}

#[test]
fn own_estimates() {
    let metadata = json!({"default_estimated_output_tokens": 5, "default_estimated_output_tokens_per_model": {"a": 9}});
    let metadata = metadata.as_object().unwrap();
    assert_eq!(configured_output(metadata, "a"), Some(9));
    assert_eq!(configured_output(metadata, "b"), Some(5));
    assert_eq!(configured_output(&serde_json::Map::new(), "a"), None);
}

#[test]
fn prompts() {
    let check = |content: serde_json::Value, expected| {
        let message = json!({"role": "user", "content": content});
        let tokens = prompt_tokens_upper([message.as_object().unwrap()], &Map::new());
        assert_eq!(tokens, expected);
    };
    use serde_json::Map;
    check(json!("Hello"), 8 + 3);
    check(json!("日本語"), 8 + 5);
    check(json!([{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]), 8 + 2048 + 10);
    check(
        json!([{"type": "image_url", "image_url": {"url": format!("data:{}", "A".repeat(640_000))}}]),
        8 + 20_000 + 10,
    );
    let tools = json!({"tools": [{"name": "abcdef"}], "temperature": 1});
    assert_eq!(prompt_tokens_upper([], tools.as_object().unwrap()), 4);
}
