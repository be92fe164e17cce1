//! POST `/tag/new`, `/tag/update` and `/tag/delete`.

use gateway::{ApiError, App, Caller, Reply, Request, account, check_budget, editor, json_object, required};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::Tag;
use policy::tag;
use serde_json::json;

use crate::{find, stored};

pub(crate) async fn new(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let tag = tag::new(&body, &editor(app, caller))?;
    check_budget(app, tag.budget_id.as_deref()).await?;
    app.store.create(&tag).await.map_err(stored)?;
    done(app, &tag, "created").await
}

pub(crate) async fn update(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let found = find(app, required(&body, "name")?).await?;
    let changed = tag::update(&found.value, &body, &editor(app, caller))?;
    if changed.budget_id != found.value.budget_id {
        check_budget(app, changed.budget_id.as_deref()).await?;
    }
    app.store.update(&found, &changed).await.map_err(stored)?;
    done(app, &changed, "updated").await
}

pub(crate) async fn delete(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let found = find(app, required(&body, "name")?).await?;
    gateway::remove(app, &found).await.map_err(stored)?;
    app.forget_entities();
    let message = format!("Tag {} deleted successfully", found.value.name);
    Ok(Reply::json(StatusCode::OK, &json!({"message": message})))
}

async fn done(app: &App, tag: &Tag, what: &str) -> Result<Reply, ApiError> {
    app.forget_entities();
    let account = account(app, tag).await?;
    let answer = Answer::new()
        .with("message", &format!("Tag {} {what} successfully", tag.name))
        .with("tag", &tag.answer(account.budget.as_ref(), account.spend));
    Ok(Reply::json(StatusCode::OK, &answer))
}
