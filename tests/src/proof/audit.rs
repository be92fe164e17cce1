//! Lets queue and schedule do their work, the writer twice, and compares rows, sums and budgets.

use rust_decimal::Decimal;

use super::Figures;
use crate::Result;
use crate::books::{Books, budgets, expire_reservations};
use crate::lambda::events;
use crate::world::World;

/// The figures of everything that has happened in a world.
pub(super) async fn audit(what: &'static str, world: &World, statuses: &[u64], bound: Decimal) -> Result<Figures> {
    for _ in 0..2 {
        deliver(world).await?;
        expire_reservations(world).await?;
        look_after(world).await?;
    }
    deliver(world).await?;
    expire_reservations(world).await?;
    look_after(world).await?;
    let books = Books::read(world).await?;
    let seen = world.stand_in.calls().all();
    let mut figures = Figures { what, calls: statuses.len(), bound, ..Figures::default() };
    figures.answered = statuses.iter().filter(|status| **status == 200).count();
    figures.refused = statuses.iter().filter(|status| [422, 429].contains(*status)).count();
    figures.failed = figures.calls - figures.answered - figures.refused;
    figures.lost = seen.iter().filter(|call| !books.rows.contains_key(&call.id)).count();
    figures.double = usize::from(books.totals.get("global").copied().unwrap_or_default() != books.sum());
    for (of, (max, left)) in budgets(world).await? {
        let spent = books.totals.get(&of).copied().unwrap_or_default();
        figures.overspend = figures.overspend.max(spent - max);
        figures.consumed += (max - left - spent).abs();
    }
    Ok(figures)
}

/// Hands the queue's messages to the writer, twice each.
async fn deliver(world: &World) -> Result<()> {
    let messages = world.take_spend()?;
    let mut writer = world.function("spend-writer", &[]).await?;
    for batch in messages.chunks(50) {
        let twice: Vec<(&str, &str)> = batch.iter().chain(batch).map(|body| ("message", body.as_str())).collect();
        let answer = writer.invoke(&events::sqs(&twice)).await?.json()?;
        if answer["batchItemFailures"].as_array().is_some_and(|failed| !failed.is_empty()) {
            return Err(format!("the writer failed: {answer}").into());
        }
    }
    Ok(())
}

/// Fires the schedule until nothing that has expired is left.
async fn look_after(world: &World) -> Result<()> {
    let mut job = world.function("reset-budgets", &[]).await?;
    for _ in 0..4 {
        job.invoke(&events::schedule()).await?.json()?;
    }
    Ok(())
}
