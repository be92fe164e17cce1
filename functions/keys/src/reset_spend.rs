//! POST `/key/{key}/reset_spend`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::budget::further;
use policy::entity::Budget;
use policy::key::{Act, Key};
use policy::money::Usd;
use policy::subject::{Holder, Kind};

use crate::access::{reach, token};
use crate::around::unread;
use crate::show::{scope, spend};

/// Sets what the key has spent in its current budget period, and lets its further budgets begin anew.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = req.path_param("key").ok_or_else(|| ApiError::not_found("Not Found"))?;
    let reached = reach(app, caller, named, Act::ResetSpend).await?;
    let key = &reached.stored.value;
    let budget = reached.around.budget.as_ref();
    let limits = budget.map_or_else(|| key.limits.clone(), |it| key.limits.over(&it.limits));
    let before = spend(app, key, budget).await?;
    let to = policy::request::reset_to(&body, before, limits.max_budget)?;
    let (main, before) = (scope(app, key, budget), reset(app, key, budget, to).await?);
    let holder = Holder { kind: Kind::Key, id: key.origin.as_str().into(), limits: &limits };
    let [windows, _] = further(&holder, &gateway::budget_rules(app));
    for (_, window) in windows.iter().filter(|(_, window)| *window != main) {
        app.store.reset_total(window, Usd::ZERO, app.clock().now_ms()).await.map_err(unread)?;
    }
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
pub(crate) async fn reset(app: &App, key: &Key, budget: Option<&Budget>, to: Usd) -> Result<Usd, ApiError> {
    app.store.reset_total(&scope(app, key, budget), to, app.clock().now_ms()).await.map_err(unread)
}
