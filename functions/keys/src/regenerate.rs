//! POST `/key/regenerate` and `/key/{key}/regenerate`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::key::Act;

use crate::access::{admit_change, maker, reach};
use crate::around::unread;
use crate::show::{spend, with_budget};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let mut body = gateway::json_object(app, req)?;
    let named = match req.path_param("key") {
        Some(named) => named.to_owned(),
        None => gateway::required(&body, "key")?.to_owned(),
    };
    body.shift_remove("key");
    if body.shift_remove("new_master_key").is_some_and(|it| !it.is_null()) {
        let message = "The master key is set by LITELLM_MASTER_KEY or the configuration, not by a request.";
        return Err(ApiError::invalid(message).param("new_master_key"));
    }
    let reached = reach(app, caller, &named, Act::Regenerate).await?;
    let maker = maker(app, caller)?;
    let mut renewed = policy::key::regenerate(&reached.stored.value, &body, &maker)?;
    admit_change(app, caller, &reached, &mut renewed.key, &body, &maker).await?;
    app.store.renew_key(&reached.stored, &renewed.key).await.map_err(unread)?;
    app.forget_key(&reached.stored.value.token);
    app.publish_secret(&renewed.key, &renewed.secret).await;
    let spend = spend(app, &renewed.key, reached.around.budget.as_ref()).await?;
    let answer = with_budget(renewed.answer(spend), reached.around.budget.as_ref());
    Ok(Reply::json(StatusCode::OK, &answer))
}
