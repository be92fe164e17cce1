//! GET `/v1/models` and `/v1/models/{id}`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::prices;
use serde_json::{Value, json};

/// The moment that LiteLLM states for every model, seconds since the Unix epoch.
const CREATED: u64 = 1_677_610_602;

pub(crate) fn all(app: &App, req: &Request, caller: &Caller) -> Reply {
    let with_wildcards = req.query_param("return_wildcard_routes").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    let mut ids: Vec<String> = Vec::new();
    for name in super::names(app, caller) {
        match name.strip_suffix("/*") {
            Some(provider) => {
                ids.extend(models_of(provider));
                if with_wildcards {
                    ids.push(name);
                }
            }
            None => ids.push(name),
        }
    }
    ids.sort();
    ids.dedup();
    let data: Vec<Value> = ids.iter().map(|id| entry(id)).collect();
    Reply::json(StatusCode::OK, &json!({"data": data, "object": "list"}))
}

pub(crate) fn one(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let id = req.path_param("id").unwrap_or_default();
    let names = super::names(app, caller);
    let provider = id.split_once('/').map(|(provider, _)| format!("{provider}/*"));
    let covered = names.iter().any(|name| name == id || Some(name) == provider.as_ref() || name == "*");
    if covered {
        return Ok(Reply::json(StatusCode::OK, &entry(id)));
    }
    Err(ApiError::not_found(format!("The model `{id}` does not exist")))
}

fn entry(id: &str) -> Value {
    json!({"id": id, "object": "model", "created": CREATED, "owned_by": "openai"})
}

/// The chat models that the price table lists for a provider, as `provider/model`.
fn models_of(provider: &str) -> impl Iterator<Item = String> {
    prices::keys().filter_map(move |key| {
        let model = key.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')).unwrap_or(key);
        let entry = prices::find(provider, model)?;
        let chats = entry.provider() == provider && entry.mode() == Some("chat") && entry.key() == key;
        chats.then(|| format!("{provider}/{model}"))
    })
}
