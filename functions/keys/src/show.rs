//! Keys as answers show them.

use gateway::{ApiError, App};
use policy::answer::Answer;
use policy::budget::further;
use policy::entity::Budget;
use policy::key::Key;
use policy::money::Usd;
use policy::spend::Scope;
use policy::subject::{Holder, Kind};
use store::RecordId;

use crate::around::unread;

/// What the key, which is linked to `budget`, has spent in its current budget period.
pub(crate) async fn spend(app: &App, key: &Key, budget: Option<&Budget>) -> Result<Usd, ApiError> {
    Ok(app.store.find_total(&scope(app, key, budget)).await.map_err(unread)?.spend)
}

/// The total of the current period of a key that is linked to `budget`.
pub(crate) fn scope(app: &App, key: &Key, budget: Option<&Budget>) -> Scope {
    match budget {
        Some(budget) => {
            let limits = key.limits.over(&budget.limits);
            gateway::key_scope(app, &Key { limits, origin: key.origin.clone(), ..Key::default() })
        }
        None => gateway::key_scope(app, key),
    }
}

/// Shows what has been spent of the key's further budgets and of its models' budgets. Asks nothing where there are none.
pub(crate) async fn with_usage(
    app: &App,
    answer: Answer,
    key: &Key,
    budget: Option<&Budget>,
) -> Result<Answer, ApiError> {
    let limits = budget.map_or_else(|| key.limits.clone(), |budget| key.limits.over(&budget.limits));
    let holder = Holder { kind: Kind::Key, id: key.origin.as_str().into(), limits: &limits };
    let [windows, models] = further(&holder, &gateway::budget_rules(app));
    if windows.is_empty() && models.is_empty() {
        return Ok(answer);
    }
    let scopes: Vec<Scope> = windows.iter().chain(&models).map(|(_, scope)| scope.clone()).collect();
    let mut totals = app.store.find_totals(&scopes).await.map_err(unread)?.into_iter().map(|it| it.spend);
    let mut used = |name: &str| Answer::new().with(name, &totals.next().unwrap_or_default());
    let of_windows = windows.iter().fold(Answer::new(), |all, (length, _)| all.with(length, &used("current_spend")));
    let of_models = models.iter().fold(Answer::new(), |all, (model, _)| {
        let budget = limits.model_max_budget.get(*model).cloned().unwrap_or_default();
        let usage = used("current_spend").with("budget_limit", &budget.budget_limit);
        all.with(model, &usage.with("time_period", &budget.time_period))
    });
    Ok(answer.with("budget_limits_usage", &of_windows).with("model_max_budget_usage", &of_models))
}

/// What each of the keys has spent in its current budget period.
pub(crate) async fn add_spend(app: &App, keys: &mut [Key]) -> Result<(), ApiError> {
    let budget = budgets(app, keys).await?;
    let scopes: Vec<_> = keys.iter().map(|key| scope(app, key, budget(key).as_ref())).collect();
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
