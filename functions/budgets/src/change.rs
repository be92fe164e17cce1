//! POST `/budget/new` and `/budget/update`.

use gateway::{ApiError, App, Caller, Reply, Request, editor, json_object, new_id, required};
use http::StatusCode;
use policy::budget_row;

use crate::{find, stored};

pub(crate) async fn new(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let budget = budget_row::new(&body, &new_id().to_string(), &editor(app, caller))?;
    app.store.create(&budget).await.map_err(stored)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &budget.answer()))
}

pub(crate) async fn update(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let found = find(app, required(&body, "budget_id")?).await?;
    let changed = budget_row::update(&found.value, &body, &editor(app, caller))?;
    app.store.update(&found, &changed).await.map_err(stored)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &changed.answer()))
}
