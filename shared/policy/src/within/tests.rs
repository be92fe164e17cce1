use serde_json::json;

use super::*;

#[test]
fn what_is_asked_for_stays_within_the_frame() {
    let usd = |text: &str| Some(text.parse().unwrap());
    let limits = Limits { max_budget: usd("10"), rpm_limit: Some(5), ..Limits::default() };
    let models = ["gpt-4o".to_owned(), "openai/*".to_owned()];
    let frame = Frame { what: "team", id: "red", limits: &limits, models: &models };
    let check = |own: Limits, models: &[&str], asked: Option<&str>| {
        let models: Vec<String> = models.iter().map(|it| (*it).to_owned()).collect();
        let asked = asked.map(|field| Map::from_iter([(field.to_owned(), json!(1))]));
        frame.check(&own, &models, asked.as_ref()).err().map(|it| it.field)
    };
    let of = |max_budget, rpm_limit| Limits { max_budget, rpm_limit, ..Limits::default() };
    assert_eq!(check(of(usd("10"), Some(5)), &["gpt-4o", "openai/gpt-5"], None), None);
    assert_eq!(check(of(usd("10.000000000000000001"), None), &[], None).as_deref(), Some("max_budget"));
    assert_eq!(check(of(None, Some(6)), &[], None).as_deref(), Some("rpm_limit"));
    assert_eq!(check(of(None, None), &["claude"], None).as_deref(), Some("models"));
    assert_eq!(check(of(None, None), &["no-default-models"], None), None);
    // A bound that was lowered later refuses no other change.
    assert_eq!(check(of(usd("11"), Some(6)), &["claude"], Some("team_alias")), None);
    assert_eq!(check(of(usd("11"), Some(6)), &["claude"], Some("rpm_limit")).as_deref(), Some("rpm_limit"));
}

#[test]
fn all_proxy_models_bound_nothing() {
    let (limits, models) = (Limits::default(), ["all-proxy-models".to_owned()]);
    let frame = Frame { what: "organization", id: "acme", limits: &limits, models: &models };
    assert_eq!(frame.check(&limits, &["claude".to_owned()], None), Ok(()));
}
