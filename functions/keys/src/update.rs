//! POST `/key/update`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::key::{Act, Key};
use policy::money::Usd;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::access::{Reached, admit_change, maker, reach, reach_alias};
use crate::around::unread;
use crate::reset_spend::reset;
use crate::show::spend;

#[derive(Serialize)]
struct Updated<'a> {
    key: &'a str,
    #[serde(flatten)]
    info: Answer,
}

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = match body.get("key").filter(|it| !it.is_null()) {
        Some(_) => gateway::required(&body, "key")?,
        None if body.get("key_alias").is_some_and(Value::is_string) => gateway::required(&body, "key_alias")?,
        None => return Err(ApiError::invalid("either key or key_alias must be provided").param("key")),
    };
    let reached = match body.contains_key("key") {
        true => reach(app, caller, named, Act::Update).await?,
        false => reach_alias(app, caller, named, Act::Update).await?,
    };
    let (key, spend) = update(app, caller, &reached, &body).await?;
    Ok(Reply::json(StatusCode::OK, &Updated { key: named, info: key.info(spend) }))
}

/// Changes a key that was found, and says what it has spent.
pub(crate) async fn update(
    app: &App,
    caller: &Caller,
    reached: &Reached,
    body: &Map<String, Value>,
) -> Result<(Key, Usd), ApiError> {
    let mut body = body.clone();
    let spent = policy::request::amount(&body, "spend")?;
    body.shift_remove("spend");
    if spent.is_some() && !caller.is_admin() {
        let message = "spend: only a proxy admin may set what a key has spent";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("spend"));
    }
    let maker = maker(app, caller)?;
    let mut changed = policy::key::update(&reached.stored.value, &body, &maker)?;
    let around = admit_change(app, caller, reached, &mut changed, &body, &maker).await?;
    let budget = around.budget.as_ref();
    let stored = app.store.update(&reached.stored, &changed).await.map_err(unread)?;
    app.forget_key(&stored.value.token);
    let spend = match spent {
        Some(amount) => reset(app, &stored.value, budget, amount).await.map(|_| amount)?,
        None => spend(app, &stored.value, budget).await?,
    };
    Ok((stored.value, spend))
}
