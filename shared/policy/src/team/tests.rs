use serde_json::{Map, Value, json};

use super::*;
use crate::access::{Manager, Role};
use crate::duration::Calendar;
use crate::entity::{Editor, Member, Team, TeamRole};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn with_editor<T>(run: impl FnOnce(&Editor<'_>) -> T) -> T {
    let calendar = Calendar::default();
    run(&Editor { now: "2026-11-22T10:00:00Z".parse().unwrap(), calendar: &calendar, by: Some("ann") })
}

fn team(fields: Value) -> Team {
    let none = Map::new();
    let defaults = Defaults { params: &none, settings: &[] };
    with_editor(|editor| new(&object(fields), "red".to_owned(), &defaults, editor)).unwrap().team
}

/// What someone of this reach is told who asks for the change: the refused field, or nothing.
fn refusal(reach: Reach<'_>, before: &Team, asked: Value) -> Option<String> {
    let body = object(asked);
    with_editor(|editor| {
        let changed = update(before, &body, editor).unwrap();
        permit(reach, before, &changed, &body, editor).err().map(|it| it.field)
    })
}

#[test]
fn admins_of_a_team_change_what_is_left_to_them() {
    let before = team(json!({"max_budget": 10, "rpm_limit": 5, "models": ["gpt-4o"], "budget_duration": "30d"}));
    let fields = ["max_budget", "rpm_limit", "models"].map(str::to_owned);
    let asked = [
        (json!({"rpm_limit": 50}), None),
        (json!({"max_budget": 9}), None),
        (json!({"max_budget": 10, "budget_duration": "30d", "models": ["gpt-4o"]}), None),
        (json!({"max_budget": 10.01}), Some("max_budget")),
        (json!({"max_budget": null}), Some("max_budget")),
        (json!({"models": []}), Some("models")),
        (json!({"tpm_limit": 1}), Some("tpm_limit")),
        (json!({"budget_duration": "1d"}), Some("budget_duration")),
        (json!({"organization_id": "acme"}), Some("organization_id")),
        (json!({"team_member_budget": 5}), Some("team_member_budget")),
        (json!({"metadata": {"a": 1}}), Some("metadata")),
        (json!({"blocked": false}), None),
    ];
    for (body, field) in asked {
        assert_eq!(refusal(Reach::Fields(&fields), &before, body.clone()).as_deref(), field, "{body}");
        assert_eq!(refusal(Reach::Everything, &before, body.clone()), None, "{body}");
    }
    assert_eq!(refusal(Reach::Fields(&[]), &before, json!({"rpm_limit": 4})).as_deref(), Some("rpm_limit"));
}

#[test]
fn budgets_of_models_are_raised_by_proxy_admins_alone() {
    let budgets = json!({"gpt-*": {"budget_limit": 4, "time_period": "1d"}});
    let before = team(json!({"organization_id": "acme", "model_max_budget": budgets}));
    let asked = [
        (json!({"gpt-*": {"budget_limit": 3, "time_period": "1d"}}), None),
        (json!({"gpt-*": {"budget_limit": 4, "time_period": "1d"}, "claude": {"budget_limit": 9}}), None),
        (json!({"gpt-*": {"budget_limit": 5, "time_period": "1d"}}), Some("model_max_budget")),
        (json!({"gpt-*": {"budget_limit": 4, "time_period": "1h"}}), Some("model_max_budget")),
        (json!({"claude": {"budget_limit": 1}}), Some("model_max_budget")),
        (
            json!({"gpt-*": {"budget_limit": 4, "time_period": "1d"}, "gpt-4o": {"budget_limit": 9, "time_period": "1d"}}),
            Some("model_max_budget"),
        ),
    ];
    for (budgets, field) in asked {
        let body = json!({"model_max_budget": budgets});
        assert_eq!(refusal(Reach::Organization, &before, body.clone()).as_deref(), field, "{body}");
    }
    let out = json!({"organization_id": ""});
    assert_eq!(refusal(Reach::Organization, &before, out).as_deref(), Some("organization_id"));
}

#[test]
fn reach_follows_from_who_manages_the_team() {
    let of_acme = Team { organization_id: Some("acme".to_owned()), ..team(json!({})) };
    let place = |role| Member { team_id: "red".to_owned(), user_id: "tina".to_owned(), role, ..Member::default() };
    let (acme, none) = (["acme".to_owned()], []);
    let manager = |role, organizations| Manager { role, user_id: Some("tina"), organizations };
    let fields = ["rpm_limit".to_owned()];
    let reach = |manager: Manager<'_>, own: Option<&Member>| {
        Reach::of(&manager, &of_acme, own, &fields).map(|it| matches!(it, Reach::Fields(_)))
    };
    let (admin, user) = (place(TeamRole::Admin), place(TeamRole::User));
    assert_eq!(reach(manager(Role::ProxyAdmin, &none), None), Some(false));
    assert_eq!(reach(manager(Role::InternalUser, &acme), Some(&user)), Some(false));
    assert_eq!(reach(manager(Role::InternalUser, &none), Some(&admin)), Some(true));
    assert_eq!(reach(manager(Role::InternalUser, &none), Some(&user)), None);
    assert_eq!(reach(manager(Role::InternalUserViewer, &acme), Some(&admin)), None);
    let elsewhere = Member { team_id: "blue".to_owned(), ..admin };
    assert_eq!(reach(manager(Role::InternalUser, &none), Some(&elsewhere)), None);
}

#[test]
fn the_last_model_that_goes_leaves_none() {
    let closed = team(json!({"models": ["gpt-4o"]}));
    assert_eq!(without_models(&closed, &["gpt-4o"]), ["no-default-models"]);
    assert_eq!(without_models(&team(json!({})), &["gpt-4o"]), Vec::<String>::new());
    assert_eq!(with_models(&team(json!({})), &["claude"]), ["all-proxy-models", "claude"]);
    assert_eq!(with_models(&closed, &["claude", "gpt-4o"]), ["gpt-4o", "claude"]);
}

#[test]
fn metadata_are_patched_and_otherwise_replaced() {
    let before = team(json!({"metadata": {"a": {"b": 1, "c": 2}, "d": 3}, "tags": ["x"]}));
    let patched = patch(&before, object(json!({"metadata": {"a": {"b": null, "e": 4}, "d": null}})));
    assert_eq!(patched["metadata"], json!({"a": {"c": 2, "e": 4}, "tags": ["x"]}));
    let replaced = with_editor(|editor| update(&before, &object(json!({"metadata": {"f": 5}})), editor)).unwrap();
    assert_eq!(Value::Object(replaced.metadata), json!({"f": 5}));
}

#[test]
fn a_member_keeps_what_an_update_leaves_out() {
    let red = Team { default_team_member_models: vec!["gpt-4o".to_owned()], ..team(json!({})) };
    let body = object(json!({"max_budget_in_team": 5, "budget_duration": "1d"}));
    let member = with_editor(|editor| join(&red, "max", None, TeamRole::User, &body, editor)).unwrap();
    assert_eq!(member.allowed_models, ["gpt-4o"]);
    let update = |body| with_editor(|editor| update_member(&member, &object(body), editor));
    let changed = update(json!({"role": "admin", "rpm_limit": 3, "allowed_models": null})).unwrap();
    assert_eq!((changed.role, changed.limits.rpm_limit), (TeamRole::Admin, Some(3)));
    assert_eq!((changed.limits.max_budget, changed.allowed_models.len()), (member.limits.max_budget, 0));
    assert_eq!(update(json!({"max_budget_in_team": null})).unwrap().limits.max_budget, None);
    assert_eq!(update(json!({"temp_budget_increase": 3})).unwrap_err().field, "temp_budget_expiry");
}
