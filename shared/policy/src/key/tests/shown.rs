//! How keys are kept, shown and listed.

use serde_json::json;

use super::*;

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
