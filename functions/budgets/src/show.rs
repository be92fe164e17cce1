//! POST `/budget/info`, GET `/budget/settings` and `/budget/list`.

use gateway::{ApiError, App, Reply, Request, json_object, required_list};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::Budget;
use store::{Listing, RecordId};

use crate::stored;

/// Those of the named budgets that there are.
pub(crate) async fn info(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let named = required_list(&body, "budgets")?;
    let ids: Vec<RecordId> = named.iter().map(|id| RecordId::of::<Budget>(*id)).collect();
    let found = app.store.find_records(&ids).await.map_err(stored)?;
    let mut answers = Vec::new();
    for id in named {
        answers.extend(found.get::<Budget>(id).map_err(stored)?.map(|budget| budget.value.answer()));
    }
    Ok(Reply::json(StatusCode::OK, &answers))
}

pub(crate) async fn settings(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let id = req.query_param("budget_id").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ApiError::invalid("`budget_id` is required.").param("budget_id"))?;
    let found = app.store.find::<Budget>(id).await.map_err(stored)?;
    Ok(Reply::json(StatusCode::OK, &found.map(|it| it.value).unwrap_or_default().settings()))
}

pub(crate) async fn list(app: &App) -> Result<Reply, ApiError> {
    let budgets = app.store.list_whole::<Budget>(&Listing::All).await.map_err(stored)?;
    let answers: Vec<Answer> = budgets.iter().map(|budget| budget.value.answer()).collect();
    Ok(Reply::json(StatusCode::OK, &answers))
}
