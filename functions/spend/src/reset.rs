//! POST `/global/spend/reset`: every key and every team has spent nothing. Rows and reports stay.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use gateway::{ApiError, App, Reply, current_scope};
use http::StatusCode;
use policy::entity::{Budget, Limits, Team};
use policy::key::Key;
use policy::money::Usd;
use policy::spend::Scope;
use serde_json::json;
use store::{Found, Listing, Record, RecordId, Stored};

use crate::sight::store;

/// Resets under way at once.
const AT_ONCE: usize = 8;

pub(crate) async fn handle(app: &App) -> Result<Reply, ApiError> {
    let keys: Vec<Key> = all(app).await?;
    let teams: Vec<Team> = all(app).await?;
    let entities = keys
        .iter()
        .map(|it| ("key", &it.origin, &it.limits, &it.budget_id))
        .chain(teams.iter().map(|it| ("team", &it.team_id, &it.limits, &it.budget_id)));
    let budgets = budgets(app, entities.clone().filter_map(|(.., budget)| budget.as_deref())).await?;
    let mut scopes: Vec<Scope> = Vec::new();
    for (kind, id, limits, budget) in entities {
        scopes.push(current_scope(app, kind, id, &filled(&budgets, limits, budget.as_deref())?));
    }
    let totals = app.store.find_totals(&scopes).await.map_err(store)?;
    let spent = scopes.iter().zip(totals).filter(|(_, total)| !total.spend.is_zero());
    let now = app.clock().now_ms();
    let resets = spent.map(|(scope, _)| app.store.reset_total(scope, Usd::ZERO, now)).collect::<Vec<_>>();
    // Whatever is left after a failure is reset when this is called again.
    stream::iter(resets).buffer_unordered(AT_ONCE).try_for_each(|_| async { Ok(()) }).await.map_err(store)?;
    app.forget_entities();
    let answer = json!({"message": "Spend for all API Keys and Teams reset successfully", "status": "success"});
    Ok(Reply::json(StatusCode::OK, &answer))
}

async fn all<T: Record>(app: &App) -> Result<Vec<T>, ApiError> {
    let records: Vec<Stored<T>> = app.store.list_whole(&Listing::All).await.map_err(store)?;
    Ok(records.into_iter().map(|it| it.value).collect())
}

async fn budgets<'a>(app: &App, ids: impl Iterator<Item = &'a str>) -> Result<Found, ApiError> {
    let ids: BTreeSet<&str> = ids.collect();
    let records: Vec<RecordId> = ids.into_iter().map(RecordId::of::<Budget>).collect();
    app.store.find_records(&records).await.map_err(store)
}

/// The limits with what the linked budget sets.
fn filled(budgets: &Found, limits: &Limits, budget: Option<&str>) -> Result<Limits, ApiError> {
    let linked = budget.map(|id| budgets.get::<Budget>(id)).transpose().map_err(store)?.flatten();
    Ok(linked.map_or_else(|| limits.clone(), |budget| limits.over(&budget.value.limits)))
}
