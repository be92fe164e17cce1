//! Very many customers with a budget each, who call through one key from several processes.

use rust_decimal::Decimal;
use serde_json::json;

use super::audit::audit;
use super::stack::{Job, Pool, create, create_by};
use super::{Figures, Size};
use crate::Result;
use crate::books::cost;
use crate::money::number;
use crate::world::World;

const TOKENS: u64 = 10;

/// Three calls of each customer on a budget for two.
pub async fn customers(size: &Size) -> Result<Figures> {
    let world = World::start().await?;
    let one = cost(2, TOKENS)?;
    let key = create(&world, "keys", "/key/generate", &json!({}), "key").await?;
    let mut function = world.function("customers", &[]).await?;
    for customer in 0..size.customers {
        let fields = json!({"user_id": format!("customer-{customer}"), "max_budget": number(one * Decimal::TWO)?});
        create_by(&mut function, "/customer/new", &fields, "user_id").await?;
    }
    let mut pool = Pool::start(&world, size.processes, &[]).await?;
    let all = (0..3).flat_map(|_| 0..size.customers);
    let jobs = all.map(|customer| Job {
        key: key.clone(),
        text: "word standin:chunks=10",
        more: json!({"max_tokens": TOKENS, "user": format!("customer-{customer}")}),
    });
    let statuses = pool.make(jobs.collect()).await?;
    let figures = audit("customers with a budget each", &world, &statuses, one).await?;
    if figures.answered < size.customers * 2 {
        return Err(format!("only {} calls of {} customers", figures.answered, size.customers).into());
    }
    Ok(figures)
}
