use serde_json::{Map, Value, json};

use super::*;
use crate::duration::Calendar;
use crate::entity::{Editor, Organization};

fn with_editor<T>(run: impl FnOnce(&Editor<'_>) -> T) -> T {
    let calendar = Calendar::default();
    run(&Editor { now: "2026-11-22T10:00:00Z".parse().unwrap(), calendar: &calendar, by: Some("ann") })
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn acme() -> Organization {
    let body = json!({"organization_alias": "Acme", "max_budget": 100, "models": ["gpt-4o"], "metadata": {"a": 1}});
    with_editor(|editor| new(&object(body), "acme".to_owned(), editor)).unwrap()
}

#[test]
fn an_organization_does_not_set_its_own_bounds() {
    let asked = [
        (json!({"organization_alias": "Acme Inc", "metadata": {"a": 2, "b": 3}}), None),
        (json!({"max_budget": 101}), Some("max_budget")),
        (json!({"max_budget": null}), Some("max_budget")),
        (json!({"litellm_budget_table": {"max_budget": 101}}), Some("max_budget")),
        (json!({"rpm_limit": 5}), Some("max_budget")),
        (json!({"budget_id": "large"}), Some("budget_id")),
        (json!({"models": []}), Some("models")),
        (json!({"metadata": {"model_rpm_limit": {"gpt-4o": 9}}}), Some("model_rpm_limit")),
        (json!({"model_tpm_limit": {"gpt-4o": 9}}), Some("model_tpm_limit")),
    ];
    let acme = acme();
    for (body, field) in asked {
        let changed = with_editor(|editor| update(&acme, &object(body.clone()), editor)).unwrap();
        let refused = permit(&acme, &changed).err().map(|it| it.field);
        assert_eq!(refused.as_deref(), field, "{body}");
    }
}

#[test]
fn metadata_are_merged() {
    let body = json!({"metadata": {"b": 2}, "tags": ["x"]});
    let changed = with_editor(|editor| update(&acme(), &object(body), editor)).unwrap();
    assert_eq!(Value::Object(changed.metadata), json!({"a": 1, "b": 2, "tags": ["x"]}));
}
