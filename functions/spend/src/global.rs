//! GET `/global/spend`.

use gateway::{ApiError, App, Reply};
use http::StatusCode;
use policy::money::Usd;
use policy::spend::{GLOBAL, Scope};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct GlobalSpend {
    spend: Usd,
    max_budget: u64,
}

pub(crate) async fn handle(app: &App) -> Result<Reply, ApiError> {
    let total = app.store.find_total(&Scope::new(GLOBAL, "")).await.map_err(ApiError::unavailable)?;
    Ok(Reply::json(StatusCode::OK, &GlobalSpend { spend: total.spend, max_budget: 0 }))
}
