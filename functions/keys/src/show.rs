//! Keys as answers show them.

use gateway::{ApiError, App};
use policy::answer::Answer;
use policy::entity::Budget;
use policy::key::Key;
use policy::money::Usd;
use store::RecordId;

use crate::around::unread;

/// What the key has spent in its current budget period.
pub(crate) async fn spend(app: &App, key: &Key) -> Result<Usd, ApiError> {
    Ok(app.store.find_total(&gateway::key_scope(app, key)).await.map_err(unread)?.spend)
}

/// What each of the keys has spent in its current budget period.
pub(crate) async fn add_spend(app: &App, keys: &mut [Key]) -> Result<(), ApiError> {
    let scopes: Vec<_> = keys.iter().map(|key| gateway::key_scope(app, key)).collect();
    let totals = app.store.find_totals(&scopes).await.map_err(unread)?;
    for (key, total) in keys.iter_mut().zip(totals) {
        key.spend = total.spend;
    }
    Ok(())
}

/// Shows the budget that the key is linked to, if it is.
pub(crate) fn with_budget(answer: Answer, budget: Option<&Budget>) -> Answer {
    match budget {
        Some(budget) => answer.with("litellm_budget_table", &budget.limits.table(Some(&budget.budget_id))),
        None => answer,
    }
}

/// The budgets that the keys are linked to, read in one go.
pub(crate) async fn budgets(app: &App, keys: &[Key]) -> Result<impl Fn(&Key) -> Option<Budget> + use<>, ApiError> {
    let mut ids: Vec<&str> = keys.iter().filter_map(|key| key.budget_id.as_deref()).collect();
    ids.sort_unstable();
    ids.dedup();
    let ids: Vec<RecordId> = ids.into_iter().map(RecordId::of::<Budget>).collect();
    let found = app.store.find_records(&ids).await.map_err(unread)?;
    Ok(move |key: &Key| found.get::<Budget>(key.budget_id.as_deref()?).ok()?.map(|it| it.value))
}
