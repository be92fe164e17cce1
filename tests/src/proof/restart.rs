//! Processes that die by kill -9 while their calls are at the provider, and new ones in their place.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::json;

use super::audit::audit;
use super::stack::{Job, Pool, hierarchy};
use super::{Figures, Size};
use crate::Result;
use crate::books::cost;
use crate::money::number;
use crate::world::{World, chat, eventually};

/// Half of the processes die in the middle of a call; the others, and new ones, go on.
pub async fn restart(size: &Size) -> Result<Figures> {
    let world = World::start().await?;
    let budget = json!({"max_budget": number(cost(2, 10)? * Decimal::from(100_000))?});
    let keys = hierarchy(&world, budget.clone(), budget.clone(), budget).await?;
    let job = |key: &String| Job { key: key.clone(), text: "word standin:chunks=10", more: json!({"max_tokens": 10}) };
    let jobs = |count: usize| keys.iter().cycle().take(count).map(job).collect();
    let mut pool = Pool::start(&world, size.processes, &[]).await?;
    let mut statuses = pool.make(jobs(size.calls / 4)).await?;
    for (number, key) in keys.iter().cycle().take(size.processes / 2).enumerate() {
        let before = world.stand_in.calls().count();
        let mut function = pool.take()?;
        let call = chat(key, "word standin:delay=30s&chunks=10", json!({"max_tokens": 10, "stream": number % 2 == 1}));
        let running = function.begin(&call).await?;
        eventually("the call is at the provider", async || Ok((world.stand_in.calls().count() > before).then_some(())))
            .await?;
        function.kill().await?;
        drop(running);
        statuses.push(0);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut pool = Pool::start(&world, size.processes, &[]).await?;
    statuses.extend(pool.make(jobs(size.calls / 4)).await?);
    audit("restart by kill -9", &world, &statuses, Decimal::ZERO).await
}
