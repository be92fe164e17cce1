use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::Result;
use tests::lambda::events;
use tests::local::{Local, config};
use tests::money::decimal;
use tests::program::Scratch;
use tests::standin::{Call, StandIn, State};

use super::traffic::Traffic;
use tests::books::{Books, cost, expire_reservations, headroom};
use tests::world::{World, eventually, question};

const CRASHES: usize = 3;
const CLIENTS: usize = 12;
/// Whole answers before each crash.
const ANSWERS: u64 = 100;
const BUDGET: i64 = 1000;
/// Messages that are no spend events.
const POISON: [&str; 4] = ["-", "null", "{\"v\":1,\"id\":\"\"}", "{\"v\":1,\"id\":\"x\",\"spend\":\"much\"}"];

/// The server dies by kill -9 under load, three times. Afterwards its messages arrive twice, in another order and with
/// unreadable ones among them. In the end the books hold every call that the provider saw exactly once, and agree.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_paid_exactly_once_through_crashes_and_duplicates() -> Result<()> {
    let stand_in = StandIn::start().await?;
    let data = Scratch::new()?;
    let keys = crash_under_load(&stand_in, &data).await?;

    let world = World::open(stand_in, Some(data.path()))?;
    let open = expire_reservations(&world).await?;
    assert!(open > 0, "no crash has met an open call: the test has lost its point");
    look_after_reservations(&world).await?;
    let messages = deliver_badly(&world).await?;
    expire_reservations(&world).await?;
    look_after_reservations(&world).await?;
    assert_eq!(world.take_spend()?, Vec::<String>::new(), "a settled call was charged again");

    let books = Books::read(&world).await?;
    compare_with_provider(&books, &world.stand_in.calls().all())?;
    compare_sums(&world, &books).await?;

    world.put_spend(messages.iter().map(String::as_str).chain(POISON))?;
    let stand_in = world.close();
    compare_with_api(&stand_in, &data, &keys, &books).await?;
    let world = World::open(stand_in, Some(data.path()))?;
    compare_with_earlier(&Books::read(&world).await?, &books);
    for left in world.take_spend()? {
        assert!(POISON.contains(&left.as_str()), "a good message was left behind: {left}");
    }
    Ok(())
}

/// Runs the server over one folder and kills it, again and again; gives the keys that were used.
async fn crash_under_load(stand_in: &StandIn, data: &Scratch) -> Result<Vec<String>> {
    let config = config(&stand_in.url());
    let mut keys = Vec::new();
    for crash in 0..CRASHES {
        let local = Local::start(&config, Some(data.path())).await?;
        if crash == 0 {
            for _ in 0..3 {
                keys.push(local.new_key(&json!({"max_budget": BUDGET})).await?);
            }
        }
        let traffic = Traffic::start(local.url(), &keys, CLIENTS);
        let busy = async || Ok((traffic.answered() >= ANSWERS).then_some(()));
        eventually(&format!("{ANSWERS} answers"), busy).await?;
        local.kill().await?;
        traffic.stop().await;
    }
    Ok(keys)
}

/// Fires the schedule that looks after what crashed calls have left behind, until all is looked after.
async fn look_after_reservations(world: &World) -> Result<()> {
    let mut job = world.function("reset-budgets", &[]).await?;
    for _ in 0..8 {
        job.invoke(&events::schedule()).await?.json()?;
    }
    Ok(())
}

/// Hands the queue's messages to the writer twice each, from both ends at once, with poison between them.
async fn deliver_badly(world: &World) -> Result<Vec<String>> {
    let messages = world.take_spend()?;
    assert!(!messages.is_empty());
    let mut deliveries: Vec<(String, &str)> = Vec::new();
    for (number, (first, last)) in messages.iter().zip(messages.iter().rev()).enumerate() {
        deliveries.push((format!("forth-{number}"), first));
        deliveries.push((format!("back-{number}"), last));
        if let Some(poison) = POISON.get(number % 16) {
            deliveries.push((format!("poison-{number}"), poison));
        }
    }
    let mut writer = world.function("spend-writer", &[]).await?;
    for batch in deliveries.chunks(100) {
        let batch: Vec<(&str, &str)> = batch.iter().map(|(id, body)| (id.as_str(), *body)).collect();
        let answer = writer.invoke(&events::sqs(&batch)).await?.json()?;
        let failed: BTreeSet<&str> =
            items(&answer["batchItemFailures"]).filter_map(|it| it["itemIdentifier"].as_str()).collect();
        let poisoned: BTreeSet<&str> = batch.iter().map(|(id, _)| *id).filter(|it| it.starts_with("poison")).collect();
        assert_eq!(failed, poisoned);
    }
    let before = Books::read(world).await?;
    for batch in messages.chunks(100) {
        let batch: Vec<(&str, &str)> = batch.iter().map(|it| ("again", it.as_str())).collect();
        writer.invoke(&events::sqs(&batch)).await?.json()?;
    }
    assert_eq!(Books::read(world).await?, before, "a repeated message has changed the books");
    Ok(messages)
}

/// One row for every call that the provider saw, at the price of the tokens it told; others only from crashes.
fn compare_with_provider(books: &Books, calls: &[Call]) -> Result<()> {
    let seen: BTreeMap<&str, &Call> = calls.iter().map(|it| (it.id.as_str(), it)).collect();
    assert_eq!(seen.len(), calls.len(), "two calls had one id");
    let mut crashed = 0;
    let mut measured = 0;
    for (id, call) in &seen {
        let row = books.rows.get(*id).ok_or_else(|| format!("the provider saw {call:?}, the books do not"))?;
        crashed += usize::from(row.is_crashed());
        if row.is_measured() {
            measured += 1;
            assert_eq!(call.state, State::Done, "{:?}", row.event);
            assert_eq!(row.spend, cost(call.prompt_tokens, call.completion_tokens)?, "{:?}", row.event);
        } else if !row.is_crashed() {
            assert!(row.spend > Decimal::ZERO, "{:?} for {call:?}", row.event);
        }
    }
    let unseen = books.rows.iter().filter(|(id, _)| !seen.contains_key(id.as_str()));
    for (id, row) in unseen {
        assert!(row.is_crashed(), "{id} never reached the provider, and yet: {:?}", row.event);
    }
    assert!(measured > 100 && crashed > 0, "{measured} measured, {crashed} crashed of {}", seen.len());
    Ok(())
}

/// Rows, totals, daily rollups and what is left of the budgets come to the same, to the last digit.
async fn compare_sums(world: &World, books: &Books) -> Result<()> {
    assert_eq!(books.totals.get("global"), Some(&books.sum()));
    assert_eq!(books.totals, books.rollups);
    assert_eq!(expire_reservations(world).await?, 0, "reservations are left open");
    let left = headroom(world).await?;
    assert_eq!(left.len(), 3);
    for (of, left) in left {
        let spent = books.totals.get(&of).copied().unwrap_or_default();
        assert_eq!(left, Decimal::from(BUDGET) - spent, "{of}");
    }
    Ok(())
}

/// The restarted server tells the same sums, although its queue is full of what it has paid already and of poison; a new
/// call is paid behind all that.
async fn compare_with_api(stand_in: &StandIn, data: &Scratch, keys: &[String], books: &Books) -> Result<()> {
    let local = Local::start(&config(&stand_in.url()), Some(data.path())).await?;
    let mut spent = Vec::new();
    for key in keys {
        let info = local.admin("GET", &format!("/key/info?key={key}"), &Value::Null).await?;
        spent.push(decimal(&info["info"]["spend"])?);
    }
    spent.sort();
    let totals = books.totals.iter().filter(|(of, _)| of.starts_with("key#"));
    let mut totals: Vec<Decimal> = totals.map(|(_, total)| *total).collect();
    totals.sort();
    assert_eq!(spent, totals);
    assert_eq!(spent.iter().sum::<Decimal>(), books.sum());
    let key = local.new_key(&json!({})).await?;
    let answer = local.chat(&key, &question("hi", json!({}))).await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    eventually("the row of a call behind repeated and poisoned messages", async || {
        let rows = local.admin("GET", &format!("/spend/logs?api_key={key}"), &Value::Null).await?;
        let rows = rows.as_array().or(rows["data"].as_array()).map_or(0, Vec::len);
        Ok((rows == 1).then_some(()))
    })
    .await?;
    local.stop().await?;
    Ok(())
}

/// Nothing has changed but for the one new call.
fn compare_with_earlier(books: &Books, earlier: &Books) {
    assert_eq!(books.rows.len(), earlier.rows.len() + 1);
    for (id, row) in &earlier.rows {
        assert_eq!(books.rows.get(id), Some(row));
    }
    for (of, total) in earlier.totals.iter().filter(|(of, _)| of.starts_with("key#")) {
        assert_eq!(books.totals.get(of), Some(total), "{of}");
    }
    assert_eq!(books.totals, books.rollups);
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
