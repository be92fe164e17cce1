//! POST `/key/regenerate` and `/key/{key}/regenerate`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;

use crate::access::{find_own, maker, named, spend, token};
use crate::errors::{refusal, store};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let mut body = gateway::json_object(app, req)?;
    let named = match req.path_param("key") {
        Some(named) => named.to_owned(),
        None => named(&body, "key")?.to_owned(),
    };
    body.shift_remove("key");
    let found = find_own(app, caller, &token(&named)).await?;
    let generated = policy::key::regenerate(&found.value, &body, &maker(app, caller)?).map_err(refusal)?;
    app.store.update(&found, &generated.key).await.map_err(store)?;
    app.forget_key(&found.value.token);
    let spend = spend(app, &generated.key).await?;
    Ok(Reply::json(StatusCode::OK, &generated.answer(spend)))
}
