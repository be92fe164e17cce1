//! GET `/key/info` and POST `/v2/key/info`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::key::Act;
use serde::Serialize;

use crate::access::{Reached, reach, reach_alias};
use crate::delete::texts;
use crate::show::{spend, with_budget, with_usage};

#[derive(Serialize)]
struct Info<'a> {
    key: &'a str,
    info: Answer,
}

#[derive(Serialize)]
struct Several<'a> {
    key: Option<Vec<&'a str>>,
    info: Vec<Answer>,
}

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let own = caller.key().map(|key| key.token.as_str());
    let named = req.query_param("key").or(own).ok_or_else(|| ApiError::invalid("`key` is required.").param("key"))?;
    let info = info(app, &reach(app, caller, named, Act::See).await?).await?;
    Ok(Reply::json(StatusCode::OK, &Info { key: named, info }))
}

/// Keys that are not there or not for the caller to see are left out.
pub(crate) async fn several(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let (keys, aliases) = (texts(&body, "keys")?, texts(&body, "key_aliases")?);
    if keys.is_empty() && aliases.is_empty() {
        let message = "At least one of 'keys' or 'key_aliases' must be provided.";
        let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message);
        return Err(error.param("keys"));
    }
    let mut found = Vec::new();
    for named in &keys {
        found.extend(seen(reach(app, caller, named, Act::See).await)?);
    }
    for alias in &aliases {
        found.extend(seen(reach_alias(app, caller, alias, Act::See).await)?);
    }
    let mut answers = Vec::new();
    for reached in &found {
        answers.push(info(app, reached).await?);
    }
    let key = body.get("keys").filter(|it| !it.is_null()).map(|_| keys);
    Ok(Reply::json(StatusCode::OK, &Several { key, info: answers }))
}

fn seen(reached: Result<Reached, ApiError>) -> Result<Option<Reached>, ApiError> {
    match reached {
        Ok(reached) => Ok(Some(reached)),
        Err(error) if matches!(error.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn info(app: &App, reached: &Reached) -> Result<Answer, ApiError> {
    let key = &reached.stored.value;
    let budget = reached.around.budget.as_ref();
    let answer = key.info(spend(app, key, budget).await?).with("status", key.status(gateway::timestamp(app)));
    with_usage(app, with_budget(answer, budget), key, budget).await
}
