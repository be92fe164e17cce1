use serde_json::{Value, json};
use tests::Result;
use tests::client::Call;
use tests::lambda::events;
use tests::local::MASTER_KEY;

use tests::world::{World, chat, manage, send};

#[tokio::test]
async fn a_key_is_made_used_and_charged_by_separate_functions() -> Result<()> {
    let world = World::start().await?;
    let mut keys = world.function("keys", &[]).await?;
    let fields = json!({"key_alias": "sea", "max_budget": 1, "rpm_limit": 10});
    let made = manage(&mut keys, "/key/generate", Call::post("/key/generate", &fields)).await?;
    let secret = made["key"].as_str().ok_or("no key")?;

    let mut completions = world.function("chat-completions", &[]).await?;
    let reply = completions.invoke(&chat(secret, "one two three", json!({}))).await?.reply()?;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-ratelimit-api_key-remaining-requests"), "9");
    completions.idle().await?;

    let messages = world.take_spend()?;
    let batch: Vec<(&str, &str)> = messages.iter().map(|it| ("m-1", it.as_str())).collect();
    let mut writer = world.function("spend-writer", &[]).await?;
    assert_eq!(writer.invoke(&events::sqs(&batch)).await?.json()?["batchItemFailures"], json!([]));

    let call = Call::get(format!("/key/info?key={secret}"));
    let info = manage(&mut keys, "/key/info", call).await?;
    assert_eq!(info["info"]["spend"], json!(8.75e-5));
    assert_eq!(info["info"]["key_alias"], "sea");

    let mut spend = world.function("spend", &[]).await?;
    let call = Call::get(format!("/spend/logs?api_key={secret}"));
    let rows = manage(&mut spend, "/spend/logs", call).await?;
    let rows = rows.as_array().or(rows["data"].as_array()).ok_or("no rows")?;
    assert_eq!(rows.len(), 1);
    assert!(rows.iter().all(|it| it["spend"] == json!(8.75e-5)));
    Ok(())
}

#[tokio::test]
async fn models_and_health_answer() -> Result<()> {
    let world = World::start().await?;
    let mut models = world.function("models", &[]).await?;
    let list = manage(&mut models, "/v1/models", Call::get("/v1/models")).await?;
    let names: Vec<&Value> = list["data"].as_array().into_iter().flatten().map(|it| &it["id"]).collect();
    assert_eq!(names, ["claude", "gpt-4o"]);
    let one = manage(&mut models, "/v1/models/{id+}", Call::get("/v1/models/claude")).await?;
    assert_eq!(one["id"], "claude");

    let mut health = world.function("health", &[]).await?;
    for route in ["/health/liveliness", "/health/liveness", "/health/readiness"] {
        let reply = send(&mut health, route, Call::get(route)).await?;
        assert_eq!(reply.status, 200, "{route}: {}", reply.text());
    }
    Ok(())
}

#[tokio::test]
async fn a_sample_event_is_understood_by_its_function() -> Result<()> {
    let world = World::start().await?;
    let mut function = world.function("reset-budgets", &[]).await?;
    function.invoke(&events::schedule()).await?.json()?;
    let mut keys = world.function("keys", &[]).await?;
    let call = Call::post("/key/generate", &json!({}));
    let reply = send(&mut keys, "/key/generate", call.key("sk-not-the-master-key")).await?;
    assert_eq!(reply.status, 401, "{}", reply.text());
    assert!(!reply.text().contains(MASTER_KEY));
    Ok(())
}
