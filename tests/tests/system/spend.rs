use serde_json::{Value, json};
use tests::Result;
use tests::client::Call;
use tests::lambda::events;
use tests::local::MASTER_KEY;

use tests::world::{World, chat, manage};

#[tokio::test]
async fn a_poisoned_message_goes_back_alone_and_a_repeated_one_changes_nothing() -> Result<()> {
    let world = World::start().await?;
    let mut completions = world.function("chat-completions", &[]).await?;
    for _ in 0..3 {
        completions.invoke(&chat(MASTER_KEY, "hi", json!({}))).await?.reply()?;
    }
    completions.idle().await?;
    let messages = world.take_spend()?;
    let [first, second, third] = messages.as_slice() else {
        return Err(format!("{} messages", messages.len()).into());
    };

    let mut writer = world.function("spend-writer", &[]).await?;
    let newer = first.replacen("\"v\":1", "\"v\":999", 1);
    assert_ne!(newer, *first);
    let batch = [
        ("good-2", second.as_str()),
        ("poison-text", "not an event"),
        ("good-1", first),
        ("poison-shape", "{\"v\":1}"),
        ("good-1-again", first),
        ("poison-newer", newer.as_str()),
        ("good-3", third),
    ];
    let answer = writer.invoke(&events::sqs(&batch)).await?.json()?;
    assert_eq!(failed(&answer), ["poison-newer", "poison-shape", "poison-text"]);
    let before = rows(&world).await?;
    assert_eq!(before.len(), 3);

    let again = [("x", third.as_str()), ("y", first), ("z", second)];
    let answer = writer.invoke(&events::sqs(&again)).await?.json()?;
    assert_eq!(failed(&answer), Vec::<String>::new());
    assert_eq!(rows(&world).await?, before);
    Ok(())
}

fn failed(answer: &Value) -> Vec<String> {
    let items = answer["batchItemFailures"].as_array().into_iter().flatten();
    let mut ids: Vec<String> = items.map(|it| it["itemIdentifier"].as_str().unwrap_or_default().to_owned()).collect();
    ids.sort();
    ids
}

async fn rows(world: &World) -> Result<Vec<Value>> {
    let mut spend = world.function("spend", &[]).await?;
    let rows = manage(&mut spend, "/spend/logs", Call::get("/spend/logs")).await?;
    Ok(rows.as_array().or(rows["data"].as_array()).ok_or("no rows")?.clone())
}
