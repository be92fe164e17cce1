//! GET `/key/info`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::key::Key;
use serde::Serialize;

use crate::access::{forbidden, may_change, spend, token};
use crate::errors::{not_found, store};

#[derive(Serialize)]
struct Info<'a> {
    key: &'a str,
    info: Answer,
}

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let own = caller.key().map(|key| key.token.as_str());
    let named = req.query_param("key").or(own).ok_or_else(|| ApiError::invalid("`key` is required.").param("key"))?;
    let token = token(named);
    let is_own = own == Some(token.as_str());
    let Some(found) = app.store.find::<Key>(&token).await.map_err(store)? else {
        return Err(not_found());
    };
    let key = found.value;
    if !is_own && !may_change(caller, &key) {
        return Err(forbidden());
    }
    let spend = spend(app, &key).await?;
    Ok(Reply::json(StatusCode::OK, &Info { key: named, info: key.info(spend) }))
}
