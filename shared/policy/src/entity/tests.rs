use super::*;

#[test]
fn money_of_an_entity_keeps_every_digit() {
    let text = r#"{"team_id":"t","limits":{"max_budget":0.123456789012345678},"own":{"a":1}}"#;
    let team: Team = serde_json::from_str(text).unwrap();
    assert_eq!(team.limits.max_budget.unwrap().to_string(), "0.123456789012345678");
    assert_eq!(team.rest["own"]["a"], 1);
    let again: Team = serde_json::from_str(&serde_json::to_string(&team).unwrap()).unwrap();
    assert_eq!(again, team);
}

#[test]
fn own_limits_go_before_a_linked_budgets() {
    let own = Limits { rpm_limit: Some(1), max_budget: Some("5".parse().unwrap()), ..Limits::default() };
    let budget = Limits {
        rpm_limit: Some(9),
        tpm_limit: Some(7),
        max_budget: Some("8".parse().unwrap()),
        budget_duration: Some("1d".to_owned()),
        ..Limits::default()
    };
    let both = own.over(&budget);
    assert_eq!((both.rpm_limit, both.tpm_limit), (Some(1), Some(7)));
    assert_eq!((both.max_budget, both.budget_duration), (own.max_budget, None));
    assert_eq!(Limits::default().over(&budget), budget);
}
