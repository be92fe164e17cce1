//! GET `/model_group/info`.

use gateway::{App, Caller, Reply, Request, Served};
use http::StatusCode;
use provider_transform::Object;
use serde_json::{Value, json};

pub(crate) fn handle(app: &App, req: &Request, caller: &Caller) -> Reply {
    let wanted = req.query_param("model_group");
    let names = super::names(app, caller);
    let data: Vec<Value> = names
        .iter()
        .filter(|name| wanted.is_none_or(|it| it == name.as_str()))
        .filter_map(|name| {
            let members: Vec<&Served> =
                app.models.iter().filter(|it| it.deployment.model_name == **name).map(AsRef::as_ref).collect();
            (!members.is_empty()).then(|| group(name, &members))
        })
        .collect();
    Reply::json(StatusCode::OK, &json!({"data": data}))
}

/// A group can what any of its deployments can; it takes what the largest takes and costs what the dearest costs.
fn group(name: &str, members: &[&Served]) -> Value {
    let mut providers: Vec<&str> = members.iter().map(|it| it.provider.slug).collect();
    providers.sort_unstable();
    providers.dedup();
    let mut merged = Object::new();
    for known in members.iter().map(|it| super::info::known(it)) {
        for (field, value) in known {
            let larger = match (merged.get(&field), &value) {
                (None | Some(Value::Null), _) => true,
                (Some(Value::Number(old)), Value::Number(new)) => new.as_f64() > old.as_f64(),
                (Some(Value::Bool(false)), Value::Bool(true)) => true,
                _ => false,
            };
            if larger {
                merged.insert(field, value);
            }
        }
    }
    for field in ["key", "litellm_provider"] {
        merged.shift_remove(field);
    }
    let total = |numbers: Vec<Option<f64>>| -> Option<f64> {
        let known: Vec<f64> = numbers.into_iter().flatten().collect();
        (!known.is_empty()).then(|| known.iter().sum())
    };
    merged.insert("model_group".to_owned(), name.into());
    merged.insert("providers".to_owned(), json!(providers));
    merged.insert("tpm".to_owned(), json!(total(members.iter().map(|it| it.deployment.settings.tpm).collect())));
    merged.insert("rpm".to_owned(), json!(total(members.iter().map(|it| it.deployment.settings.rpm).collect())));
    Value::Object(merged)
}
