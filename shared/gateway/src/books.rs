//! What entities have spent, and the budgets that they are linked to: read for many at once.

use policy::entity::{Budget, Editor, Spender};
use policy::money::Usd;
use policy::spend::Scope;
use serde_json::{Map, Value};
use store::{RecordId, StoreError};

use crate::{ApiError, App, Caller, current_scope, timestamp};

/// What the books say of an entity.
#[derive(Debug, Clone)]
pub struct Account {
    /// The budget that it is linked to, if there still is one.
    pub budget: Option<Budget>,
    /// What it has spent in its current budget period, or in its whole life, in USD.
    pub spend: Usd,
}

/// Who changes an entity now.
#[must_use]
pub fn editor<'a>(app: &'a App, caller: &'a Caller) -> Editor<'a> {
    Editor { now: timestamp(app), calendar: &app.calendar, by: caller.user_id() }
}

/// The account of an entity.
///
/// # Errors
/// 503 when the store cannot be asked.
pub async fn account<T: Spender>(app: &App, entity: &T) -> Result<Account, ApiError> {
    let accounts = accounts(app, std::slice::from_ref(entity)).await?;
    Ok(accounts.into_iter().next().unwrap_or(Account { budget: None, spend: Usd::ZERO }))
}

/// The accounts of entities, in their order.
///
/// # Errors
/// 503 when the store cannot be asked.
pub async fn accounts<T: Spender>(app: &App, entities: &[T]) -> Result<Vec<Account>, ApiError> {
    let ids: Vec<RecordId> = entities.iter().filter_map(|it| it.budget_id().map(RecordId::of::<Budget>)).collect();
    let found = app.store.find_records(&ids).await.map_err(failed)?;
    let budget = |entity: &T| match entity.budget_id() {
        Some(id) => Ok(found.get::<Budget>(id).map_err(failed)?.map(|it| it.value)),
        None => Ok(None),
    };
    let budgets: Vec<Option<Budget>> = entities.iter().map(budget).collect::<Result<_, ApiError>>()?;
    let linked = entities.iter().zip(&budgets);
    let scopes: Vec<Scope> = linked.map(|(entity, budget)| scope(app, entity, budget.as_ref())).collect();
    let totals = app.store.find_totals(&scopes).await.map_err(failed)?;
    Ok(budgets.into_iter().zip(totals).map(|(budget, total)| Account { budget, spend: total.spend }).collect())
}

/// Sets what an entity has spent in its current budget period, where a request says so.
///
/// # Errors
/// 422 for what is no amount; 503 when the store cannot be asked.
pub async fn set_spend<T: Spender>(app: &App, entity: &T, body: &Map<String, Value>) -> Result<(), ApiError> {
    let Some(to) = policy::request::amount(body, "spend")? else { return Ok(()) };
    let scope = scope(app, entity, account(app, entity).await?.budget.as_ref());
    app.store.reset_total(&scope, to, app.clock().now_ms()).await.map_err(failed)?;
    Ok(())
}

/// Refuses the link to a budget that there is not.
///
/// # Errors
/// 400 for a budget that does not exist; 503 when the store cannot be asked.
pub async fn check_budget(app: &App, id: Option<&str>) -> Result<(), ApiError> {
    let Some(id) = id else { return Ok(()) };
    match app.store.find::<Budget>(id).await.map_err(failed)? {
        Some(_) => Ok(()),
        None => Err(ApiError::invalid(format!("Budget {id:?} does not exist.")).param("budget_id")),
    }
}

/// Where the spend of an entity that is linked to `budget` counts now.
fn scope<T: Spender>(app: &App, entity: &T, budget: Option<&Budget>) -> Scope {
    match budget {
        Some(budget) => current_scope(app, entity.kind().as_str(), entity.id(), &entity.limits().over(&budget.limits)),
        None => current_scope(app, entity.kind().as_str(), entity.id(), entity.limits()),
    }
}

fn failed(error: StoreError) -> ApiError {
    ApiError::stored(error, "Budget", "budget_id")
}
