//! A provider that answers with far more than it was asked for.

use rust_decimal::Decimal;
use serde_json::json;

use super::audit::audit;
use super::stack::{Job, Pool, hierarchy};
use super::{Figures, Size};
use crate::Result;
use crate::books::cost;
use crate::money::number;
use crate::world::World;

/// Tokens that are asked for, and that come.
const ASKED: u64 = 10;
const COME: u64 = 410;

/// Each budget may be passed by what the calls under way cost too much, and by no call that came afterwards.
pub async fn oversized(size: &Size) -> Result<Figures> {
    let world = World::start().await?;
    let budget = |one: Decimal| Ok::<_, crate::Error>(json!({"max_budget": number(one * Decimal::from(4))?}));
    let one = cost(2, COME)?;
    let keys = hierarchy(&world, budget(one)?, budget(one)?, budget(one)?).await?;
    let mut pool = Pool::start(&world, size.processes, &[]).await?;
    let jobs = keys.iter().cycle().take(size.calls / 4).map(|key| Job {
        key: key.clone(),
        text: "word standin:delay=20ms&chunks=10&reasoning=400",
        more: json!({"max_tokens": ASKED}),
    });
    let statuses = pool.make(jobs.collect()).await?;
    let bound = one * Decimal::from(size.processes);
    audit("oversized replies", &world, &statuses, bound).await
}
