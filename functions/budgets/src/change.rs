//! POST `/budget/new`, `/budget/update` and `/budget/delete`.

use gateway::{ApiError, App, Caller, Reply, Request, editor, json_object, new_id, required};
use http::StatusCode;
use policy::budget_row;
use policy::entity::Budget;
use store::Stored;

use crate::stored;

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

/// What was linked to the budget is held to its own limits alone from now on.
pub(crate) async fn delete(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let found = find(app, required(&body, "id")?).await?;
    app.store.delete(&found).await.map_err(stored)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &found.value.answer()))
}

async fn find(app: &App, id: &str) -> Result<Stored<Budget>, ApiError> {
    let found = app.store.find(id).await.map_err(stored)?;
    found.ok_or_else(|| ApiError::missing("Budget", "budget_id"))
}
