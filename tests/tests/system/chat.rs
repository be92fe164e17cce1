use serde_json::{Value, json};
use tests::Result;
use tests::local::MASTER_KEY;
use tests::standin::State;

use tests::world::{World, chat};

/// The ids of the spend events in the queue.
fn event_ids(bodies: &[String]) -> Result<Vec<String>> {
    bodies
        .iter()
        .map(|body| {
            let event: Value = serde_json::from_str(body)?;
            Ok(event["id"].as_str().ok_or("an event without an id")?.to_owned())
        })
        .collect()
}

fn seen_ids(world: &World) -> Vec<String> {
    world.stand_in.calls().all().into_iter().map(|it| it.id).collect()
}

#[tokio::test]
async fn a_buffered_answer_and_its_event() -> Result<()> {
    let world = World::start().await?;
    let mut function = world.function("chat-completions", &[]).await?;
    let reply = function.invoke(&chat(MASTER_KEY, "one two three", json!({}))).await?.reply()?;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.header("content-type").starts_with("application/json"));
    assert!(!reply.header("x-litellm-call-id").is_empty());
    let answer = reply.json()?;
    assert_eq!(answer["usage"]["total_tokens"], 11);
    // Three words at 2.5 and eight at 10 dollars a million.
    assert_eq!(reply.header("x-litellm-response-cost").parse::<f64>()?, 8.75e-5);
    function.idle().await?;
    let events = event_ids(&world.take_spend()?)?;
    assert_eq!(events, seen_ids(&world));
    assert_eq!(events.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_stream_passes_token_by_token() -> Result<()> {
    let world = World::start().await?;
    let mut function = world.function("chat-completions", &[]).await?;
    let text = "standin:chunks=10&chunk_delay=50ms";
    for model in ["gpt-4o", "claude"] {
        let event = chat(MASTER_KEY, text, json!({"stream": true, "model": model}));
        let outcome = function.invoke(&event).await?;
        assert!(outcome.streaming, "{model}");
        let reply = outcome.reply()?;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "text/event-stream; charset=utf-8");
        let tokens = reply.pieces.iter().filter(|(_, it)| String::from_utf8_lossy(it).contains("\"t"));
        let times: Vec<u128> = tokens.map(|(time, _)| time.as_millis()).collect();
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            return Err(format!("no tokens: {}", reply.text()).into());
        };
        assert!(times.len() >= 8 && last - first >= 350, "{model}: tokens came in lumps at {times:?}");
        assert!(reply.text().ends_with("data: [DONE]\n\n"));
    }
    function.idle().await?;
    assert_eq!(event_ids(&world.take_spend()?)?, seen_ids(&world));
    Ok(())
}

#[tokio::test]
async fn a_stream_is_one_body_where_nothing_can_stream() -> Result<()> {
    let world = World::start().await?;
    let mut function = world.function("chat-completions", &[("GATEWAY_BUFFERED", "true")]).await?;
    let outcome = function.invoke(&chat(MASTER_KEY, "hi", json!({"stream": true}))).await?;
    assert!(!outcome.streaming);
    let reply = outcome.reply()?;
    assert!(reply.header("content-type").starts_with("text/event-stream"));
    assert!(reply.text().ends_with("data: [DONE]\n\n"), "{}", reply.text());
    Ok(())
}

#[tokio::test]
async fn an_event_is_in_the_queue_before_lambda_may_freeze_the_process() -> Result<()> {
    let world = World::start().await?;
    for stream in [false, true] {
        let mut function = world.function("chat-completions", &[]).await?;
        function.invoke(&chat(MASTER_KEY, "hi", json!({"stream": stream}))).await?.reply()?;
        function.idle().await?;
        function.kill().await?;
        assert_eq!(world.take_spend()?.len(), 1, "stream: {stream}");
    }
    Ok(())
}

#[tokio::test]
async fn an_error_keeps_its_status_in_both_modes() -> Result<()> {
    let world = World::start().await?;
    let mut function = world.function("chat-completions", &[]).await?;
    for stream in [false, true] {
        let event = chat(MASTER_KEY, "standin:fault=status:429", json!({"stream": stream}));
        let reply = function.invoke(&event).await?.reply()?;
        assert_eq!(reply.status, 429, "{}", reply.text());
        assert_eq!(reply.json()?["error"]["type"], "throttling_error");
        let reply = function.invoke(&chat("sk-unknown-0123456789", "hi", json!({"stream": stream}))).await?.reply()?;
        assert_eq!(reply.status, 401, "{}", reply.text());
    }
    function.idle().await?;
    assert_eq!(event_ids(&world.take_spend()?)?, seen_ids(&world));
    Ok(())
}

#[tokio::test]
async fn memory_does_not_grow_with_a_stream() -> Result<()> {
    let world = World::start().await?;
    let mut function = world.function("chat-completions", &[]).await?;
    function.invoke(&chat(MASTER_KEY, "hi", json!({"stream": true}))).await?;
    let before = function.memory()?.peak;
    // Thirty megabytes of content.
    let event = chat(MASTER_KEY, "standin:chunks=30000&size=1000", json!({"stream": true}));
    let outcome = function.invoke(&event).await?;
    assert!(outcome.bytes().len() > 30_000_000);
    let after = function.memory()?.peak;
    assert!(after < before + 8 * 1024, "{before} KiB before, {after} KiB after a long stream");
    assert!(world.stand_in.calls().all().iter().all(|it| it.state == State::Done));
    Ok(())
}
