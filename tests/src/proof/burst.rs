//! Calls from several processes at once over budgets and limits that keys, teams and an organization share.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::audit::audit;
use super::stack::{Job, Pool, hierarchy};
use super::{Figures, Size};
use crate::Result;
use crate::books::cost;
use crate::money::number;
use crate::world::World;

const TOKENS: u64 = 10;
const TEXT: &str = "word standin:delay=20ms&chunks=10";

/// A burst against budgets: the organization's covers a fifth of the calls, and those of its teams and keys do not add
/// up to it.
pub async fn parallel(size: &Size) -> Result<Figures> {
    let world = World::start().await?;
    let one = cost(2, TOKENS)?;
    let budget = |calls: usize| -> Result<Value> { Ok(json!({"max_budget": number(one * Decimal::from(calls))?})) };
    let covered = size.calls / 5;
    let keys = hierarchy(&world, budget(covered)?, budget(covered * 2 / 3)?, budget(covered / 2)?).await?;
    let statuses = burst(&world, size, &keys).await?;
    // A call that gets the rest of a budget may cost more than the rest.
    audit("parallel burst over shared budgets", &world, &statuses, one).await
}

/// A burst against limits: a team admits a twentieth of the calls in a minute, its organization less than its teams.
pub async fn limited(size: &Size) -> Result<Figures> {
    let world = World::start().await?;
    let team = size.calls / 20;
    let organization = team + team / 2;
    let limit = |calls: usize| json!({"rpm_limit": calls, "tpm_limit": 1_000_000});
    let keys = hierarchy(&world, limit(organization), limit(team), json!({"max_parallel_requests": 2})).await?;
    let statuses = burst(&world, size, &keys).await?;
    let figures = audit("parallel burst over shared limits", &world, &statuses, Decimal::ZERO).await?;
    if figures.answered > organization {
        return Err(format!("{} calls passed a limit of {organization}", figures.answered).into());
    }
    Ok(figures)
}

async fn burst(world: &World, size: &Size, keys: &[String]) -> Result<Vec<u64>> {
    let mut pool = Pool::start(world, size.processes, &[]).await?;
    let jobs = keys.iter().cycle().take(size.calls);
    let jobs = jobs.map(|key| Job { key: key.clone(), text: TEXT, more: json!({"max_tokens": TOKENS}) });
    pool.make(jobs.collect()).await
}
