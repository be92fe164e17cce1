//! POST `/key/update`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::key::KeyView;
use serde::Serialize;

use crate::access::{find_own, maker, named, spend, token};
use crate::errors::{refusal, store};

#[derive(Serialize)]
struct Updated<'a> {
    key: &'a str,
    #[serde(flatten)]
    info: KeyView,
}

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = named(&body, "key")?;
    let found = find_own(app, caller, &token(named)).await?;
    let changed = policy::key::update(&found.key, &body, &maker(app, caller)?).map_err(refusal)?;
    let stored = app.store.update_key(&found, &changed).await.map_err(store)?;
    app.forget_key(&stored.key.token);
    let spend = spend(app, &stored.key).await?;
    Ok(Reply::json(StatusCode::OK, &Updated { key: named, info: stored.key.info(spend) }))
}
