//! POST `/key/bulk_update`: several keys, each by itself.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::key::Act;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::access::reach;
use crate::show::spend;
use crate::update::update;

/// As many as LiteLLM changes at once.
pub(crate) const MOST: usize = 500;

/// What an item may change beside naming its key.
const FIELDS: &[&str] = &["budget_id", "max_budget", "object_permission", "tags", "team_id"];

/// The key that an item names, and the whole of it.
type Item<'a> = (&'a str, &'a Map<String, Value>);

#[derive(Serialize)]
pub(crate) struct Outcome {
    total_requested: usize,
    successful_updates: Vec<Updated>,
    failed_updates: Vec<Failed>,
}

#[derive(Serialize)]
struct Updated {
    key: String,
    key_info: Answer,
}

#[derive(Serialize)]
struct Failed {
    key: String,
    key_info: Option<Answer>,
    failed_reason: String,
}

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    if !caller.is_admin() {
        let message = "Only proxy admins can perform bulk key updates";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "permission_error", message));
    }
    let items = items(&body)?;
    let mut outcome = Outcome::of(items.len());
    for (key, item) in items {
        let changed = Box::pin(one(app, caller, key, item)).await;
        outcome.add(app, caller, key, changed).await?;
    }
    Ok(Reply::json(StatusCode::OK, &outcome))
}

impl Outcome {
    /// Of so many keys, none of which has been looked at.
    pub(crate) fn of(total_requested: usize) -> Self {
        Self { total_requested, successful_updates: Vec::new(), failed_updates: Vec::new() }
    }

    /// What became of a key. A failure that is not the request's ends it all.
    pub(crate) async fn add(
        &mut self,
        app: &App,
        caller: &Caller,
        key: &str,
        changed: Result<Answer, ApiError>,
    ) -> Result<(), ApiError> {
        let key = key.to_owned();
        match changed {
            Ok(key_info) => self.successful_updates.push(Updated { key, key_info }),
            Err(error) if error.status.is_server_error() => return Err(error),
            Err(error) => {
                let key_info = shown(app, caller, &key).await;
                self.failed_updates.push(Failed { key, key_info, failed_reason: error.message });
            }
        }
        Ok(())
    }
}

fn items(body: &Map<String, Value>) -> Result<Vec<Item<'_>>, ApiError> {
    let wrong = |reason: &str| {
        let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", reason);
        error.param("keys")
    };
    let items = match body.get("keys") {
        Some(Value::Array(items)) if items.is_empty() => {
            return Err(ApiError::invalid("No keys provided for update").param("keys"));
        }
        Some(Value::Array(items)) if items.len() > MOST => {
            let count = items.len();
            let message = format!("Maximum {MOST} keys can be updated at once. Found {count} keys.");
            return Err(ApiError::invalid(message).param("keys"));
        }
        Some(Value::Array(items)) => items,
        _ => return Err(wrong("`keys` must be a list of objects.")),
    };
    let named: Option<Vec<_>> = items.iter().map(named).collect();
    named.ok_or_else(|| wrong("Each of `keys` must be an object with a `key`."))
}

fn named(item: &Value) -> Option<Item<'_>> {
    let item = item.as_object()?;
    Some((item.get("key")?.as_str()?, item))
}

async fn one(app: &App, caller: &Caller, key: &str, item: &Map<String, Value>) -> Result<Answer, ApiError> {
    if let Some(field) = item.keys().find(|field| *field != "key" && !FIELDS.contains(&field.as_str())) {
        return Err(ApiError::invalid(format!("{field}: cannot be changed in bulk")).param(field.as_str()));
    }
    let reached = reach(app, caller, key, Act::Update).await?;
    let (key, spend) = update(app, caller, &reached, item).await?;
    Ok(key.info(spend))
}

/// The key as it stayed, if there is one.
async fn shown(app: &App, caller: &Caller, key: &str) -> Option<Answer> {
    let reached = reach(app, caller, key, Act::See).await.ok()?;
    let spend = spend(app, &reached.stored.value, reached.around.budget.as_ref()).await.ok()?;
    Some(reached.stored.value.info(spend))
}
