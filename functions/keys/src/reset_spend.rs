//! POST `/key/{key}/reset_spend`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::key::{Act, Key};
use policy::money::Usd;

use crate::access::{reach, token};
use crate::around::unread;
use crate::show::spend;

/// Sets what the key has spent in its current budget period, and lets its further budgets begin anew.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = req.path_param("key").ok_or_else(|| ApiError::not_found("Not Found"))?;
    let reached = reach(app, caller, named, Act::ResetSpend).await?;
    let key = &reached.stored.value;
    let limits = reached.around.budget.as_ref().map_or_else(|| key.limits.clone(), |it| key.limits.over(&it.limits));
    let before = spend(app, key).await?;
    let to = policy::request::reset_to(&body, before, limits.max_budget)?;
    let before = reset(app, key, to).await?;
    app.forget_key(&key.token);
    let answer = Answer::new()
        .with("key_hash", &token(named))
        .with("spend", &to)
        .with("previous_spend", &before)
        .with("max_budget", &key.limits.max_budget)
        .with("budget_reset_at", &key.limits.budget_reset_at);
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// Sets the total of the current period, which `/key/info` shows and the budget is checked against.
pub(crate) async fn reset(app: &App, key: &Key, to: Usd) -> Result<Usd, ApiError> {
    let scope = gateway::key_scope(app, key);
    app.store.reset_total(&scope, to, app.clock().now_ms()).await.map_err(unread)
}
