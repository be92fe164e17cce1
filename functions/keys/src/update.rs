//! POST `/key/update`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use serde::Serialize;

use crate::access::{find_own, maker, named, spend, token};
use crate::errors::{refusal, store};

#[derive(Serialize)]
struct Updated<'a> {
    key: &'a str,
    #[serde(flatten)]
    info: Answer,
}

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = named(&body, "key")?;
    let found = find_own(app, caller, &token(named)).await?;
    let changed = policy::key::update(&found.value, &body, &maker(app, caller)?).map_err(refusal)?;
    let stored = app.store.update(&found, &changed).await.map_err(store)?;
    app.forget_key(&stored.value.token);
    let spend = spend(app, &stored.value).await?;
    Ok(Reply::json(StatusCode::OK, &Updated { key: named, info: stored.value.info(spend) }))
}
