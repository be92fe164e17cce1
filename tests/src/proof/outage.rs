//! Tables and queue that refuse, or are silent, and come back.

use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use serde_json::json;

use super::audit::audit;
use super::stack::{Pool, hierarchy};
use super::{Figures, Size};
use crate::Result;
use crate::books::cost;
use crate::gate::{Gate, Way};
use crate::lambda::Function;
use crate::money::number;
use crate::world::{World, chat};

/// The longest that a caller waits for a refusal.
const PATIENCE: Duration = Duration::from_secs(20);

/// Calls before, during and after an outage of everything that AWS gives, and one that is under way when it begins.
pub async fn outage(_: &Size) -> Result<Figures> {
    let world = World::start().await?;
    let budget = json!({"max_budget": number(cost(2, 10)? * Decimal::from(1000))?});
    let keys = hierarchy(&world, budget.clone(), budget.clone(), budget).await?;
    let key = keys.first().ok_or("no key")?;
    let gate = Gate::start(&world.aws.endpoint).await?;
    let queue = world.env("SPEND_QUEUE_URL").replace(&world.aws.endpoint, gate.url());
    let env = [("GATEWAY_AWS_ENDPOINT", gate.url()), ("SPEND_QUEUE_URL", queue.as_str())];
    let mut function = Pool::start(&world, 1, &env).await?.take()?;
    let mut statuses = vec![expect(&mut function, key, 200).await?];
    for way in [Way::Shut, Way::Silent] {
        gate.set(way).await;
        statuses.push(expect(&mut function, key, 503).await?);
        gate.set(Way::Open).await;
        statuses.push(expect(&mut function, key, 200).await?);
        let call = chat(key, "word standin:delay=800ms&chunks=10", json!({"max_tokens": 10}));
        let running = function.begin(&call).await?;
        tokio::time::sleep(Duration::from_millis(400)).await;
        gate.set(way).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        gate.set(Way::Open).await;
        statuses.push(running.finish().await?.reply()?.status);
        function.idle().await?;
    }
    audit("outage of tables and queue", &world, &statuses, Decimal::ZERO).await
}

async fn expect(function: &mut Function, key: &str, status: u64) -> Result<u64> {
    let begin = Instant::now();
    let reply = function.invoke(&chat(key, "word standin:chunks=10", json!({"max_tokens": 10}))).await?.reply()?;
    if reply.status != status || begin.elapsed() > PATIENCE {
        return Err(format!("{} after {:?}: {}", reply.status, begin.elapsed(), reply.text()).into());
    }
    Ok(reply.status)
}
