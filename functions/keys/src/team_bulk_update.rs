//! POST `/team/key/bulk_update`: the same change for several keys of a team, or all of them.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::key::{Act, Key};
use serde_json::{Map, Value};

use crate::access::{reach, who};
use crate::around::{around, keys_of, unread};
use crate::bulk_update::{MOST, Outcome};
use crate::delete::texts;
use crate::update::update;

/// What may be changed of many keys at once: neither whose they are nor what they may reach.
const FIELDS: &[&str] = &[
    "budget_duration",
    "budget_id",
    "budget_limits",
    "duration",
    "max_budget",
    "max_parallel_requests",
    "metadata",
    "model_max_budget",
    "model_rpm_limit",
    "model_tpm_limit",
    "rpm_limit",
    "rpm_limit_type",
    "tags",
    "temp_budget_expiry",
    "temp_budget_increase",
    "tpm_limit",
    "tpm_limit_type",
];

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let team = gateway::required(&body, "team_id")?;
    permit(app, caller, team).await?;
    let fields = fields(&body)?;
    let tokens = tokens(app, &body, team).await?;
    let mut outcome = Outcome::of(tokens.len());
    for token in &tokens {
        let changed = Box::pin(one(app, caller, team, token, fields)).await;
        outcome.add(app, caller, token, changed).await?;
    }
    Ok(Reply::json(StatusCode::OK, &outcome))
}

/// Who may change keys of the team at all; what each of them allows is asked for it.
async fn permit(app: &App, caller: &Caller, team: &str) -> Result<(), ApiError> {
    let any = Key { team_id: Some(team.to_owned()), ..Key::default() };
    let around = around(app, caller, &any).await?;
    if around.team.is_none() && caller.is_admin() {
        let message = format!("Team not found, passed team_id={team}");
        return Err(ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", message).param("team_id"));
    }
    who(caller).may(Act::Update, &any, &around).map(drop).map_err(|error| ApiError::from(error).param("team_id"))
}

fn fields(body: &Map<String, Value>) -> Result<&Map<String, Value>, ApiError> {
    let wrong = |param: &str, reason: String| {
        let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", reason);
        Err(error.param(param.to_owned()))
    };
    match body.get("update_fields") {
        Some(Value::Object(fields)) if !fields.is_empty() => {
            match fields.keys().find(|field| !FIELDS.contains(&field.as_str())) {
                Some(field) => {
                    wrong(&format!("update_fields.{field}"), format!("`{field}` cannot be changed in bulk."))
                }
                None => Ok(fields),
            }
        }
        _ => wrong("update_fields", "update_fields must specify at least one field to update.".to_owned()),
    }
}

/// The keys that the request names, each once.
async fn tokens(app: &App, body: &Map<String, Value>, team: &str) -> Result<Vec<String>, ApiError> {
    let named = texts(body, "key_ids")?;
    let all = body.get("all_keys_in_team").is_some_and(|it| *it == Value::Bool(true));
    let mut tokens: Vec<String> = match (named.is_empty(), all) {
        (false, true) => {
            let message = "Provide either `key_ids` or `all_keys_in_team=True`, not both.";
            return Err(
                ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message).param("key_ids")
            );
        }
        (true, false) => {
            let message = "Must provide either `key_ids` (non-empty) or `all_keys_in_team=True`.";
            return Err(
                ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message).param("key_ids")
            );
        }
        (false, false) => named.into_iter().map(str::to_owned).collect(),
        (true, true) => keys_of(app, "TEAM", team).await.map_err(unread)?.into_iter().map(|key| key.token).collect(),
    };
    tokens.sort_unstable();
    tokens.dedup();
    if tokens.len() > MOST {
        let message = format!("Maximum {MOST} keys can be updated at once. Found {} keys.", tokens.len());
        return Err(ApiError::invalid(message).param("key_ids"));
    }
    Ok(tokens)
}

async fn one(
    app: &App,
    caller: &Caller,
    team: &str,
    token: &str,
    fields: &Map<String, Value>,
) -> Result<policy::answer::Answer, ApiError> {
    let reached = reach(app, caller, token, Act::Update).await?;
    if reached.stored.value.team_id.as_deref() != Some(team) {
        return Err(ApiError::invalid(format!("The key does not belong to the team {team}.")).param("key_ids"));
    }
    let (key, spend) = update(app, caller, &reached, fields).await?;
    Ok(key.info(spend))
}
