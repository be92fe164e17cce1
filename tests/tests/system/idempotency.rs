use http_body_util::BodyExt;
use serde_json::{Value, json};
use tests::Result;
use tests::client::{Call, Connection};
use tests::lambda::{Function, Reply, events};
use tests::local::{Local, MASTER_KEY, config};
use tests::standin::{StandIn, State};

use tests::books::expire_reservations;
use tests::world::{World, eventually, manage, question};

const ROUTE: &str = "/v1/chat/completions";

fn call(key: &str, once: &str, text: &str, more: Value) -> Value {
    let call = Call::post(ROUTE, &question(text, more)).key(key).header("idempotency-key", once);
    events::rest(&call, ROUTE)
}

async fn invoke(function: &mut Function, event: &Value) -> Result<Reply> {
    function.invoke(event).await?.reply()
}

/// Two processes get one request at the same time: one runs it, the other waits and gives the same answer.
#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_in_two_processes_run_once() -> Result<()> {
    let world = World::start().await?;
    let (mut one, mut two) =
        (world.function("chat-completions", &[]).await?, world.function("chat-completions", &[]).await?);
    for stream in [false, true] {
        world.stand_in.calls().reset();
        let text = "standin:delay=1s&chunks=20&chunk_delay=10ms";
        let event = call(MASTER_KEY, &format!("both-{stream}"), text, json!({"stream": stream}));
        let (first, second) = tokio::join!(invoke(&mut one, &event), invoke(&mut two, &event));
        let (first, second) = (first?, second?);
        assert_eq!((first.status, second.status), (200, 200), "{} {}", first.text(), second.text());
        assert_eq!(first.text(), second.text());
        let mut marks = [first.header("idempotent-replayed"), second.header("idempotent-replayed")];
        marks.sort_unstable();
        assert_eq!(marks, ["", "true"]);
        assert_eq!(world.stand_in.calls().count(), 1);
        one.idle().await?;
        two.idle().await?;
        assert_eq!(world.take_spend()?.len(), 1);
    }
    Ok(())
}

/// A process dies while the provider answers. Whoever asks again waits until the claim lapses and is answered; the lost
/// call is charged from its reservation, and the answer is given again from then on.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_first_run_leaves_the_way_free() -> Result<()> {
    let world = World::start().await?;
    let mut keys = world.function("keys", &[]).await?;
    let made = manage(&mut keys, "/key/generate", Call::post("/key/generate", &json!({"max_budget": 10}))).await?;
    let key = made["key"].as_str().ok_or("no key")?;
    let event = call(key, "crash", "standin:delay=2s", json!({}));

    let mut doomed = world.function("chat-completions", &[]).await?;
    let running = doomed.begin(&event).await?;
    let seen = async || Ok((world.stand_in.calls().count() == 1).then_some(()));
    eventually("the call is at the provider", seen).await?;
    doomed.kill().await?;
    drop(running);

    let mut function = world.function("chat-completions", &[]).await?;
    let reply = invoke(&mut function, &event).await?;
    assert_eq!((reply.status, reply.header("idempotent-replayed")), (200, ""), "{}", reply.text());
    assert_eq!(world.stand_in.calls().count(), 2);
    let again = invoke(&mut function, &event).await?;
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, "true"));
    assert_eq!(again.text(), reply.text());
    assert_eq!(world.stand_in.calls().count(), 2);
    function.idle().await?;

    let id = |body: &String| Ok::<_, tests::Error>(serde_json::from_str::<Value>(body)?["id"].clone());
    let ids: Vec<Value> = world.stand_in.calls().all().into_iter().map(|it| it.id.into()).collect();
    let paid: Vec<Value> = world.take_spend()?.iter().map(id).collect::<Result<_>>()?;
    assert_eq!(paid, ids[1..]);
    assert_eq!(expire_reservations(&world).await?, 1);
    world.function("reset-budgets", &[]).await?.invoke(&events::schedule()).await?.json()?;
    let lost: Vec<Value> = world.take_spend()?.iter().map(id).collect::<Result<_>>()?;
    assert_eq!(lost, ids[..1]);
    Ok(())
}

/// A client that leaves in the middle of a stream gets all of it when it asks again, from the one call that was made.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_and_returns_gets_the_whole_stream() -> Result<()> {
    let stand_in = StandIn::start().await?;
    let local = Local::start(&config(&stand_in.url()), None).await?;
    for model in ["gpt-4o", "claude"] {
        stand_in.calls().reset();
        let key = local.new_key(&json!({})).await?;
        // Larger than one piece of the record.
        let text = "standin:chunks=120&size=6000&chunk_delay=10ms";
        let call = local.chat_call(&key, &question(text, json!({"model": model, "stream": true})));
        let call = call.header("idempotency-key", "leaves");
        let mut connection = Connection::open(local.url()).await?;
        let mut response = connection.send(&call).await?;
        for _ in 0..5 {
            response.body_mut().frame().await.ok_or("the stream has ended")??;
        }
        drop((response, connection));

        let answer = call.fetch().await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.headers.get("idempotent-replayed").map(|it| it.as_bytes()), Some(&b"true"[..]));
        let text = answer.text();
        assert!(answer.complete && text.contains("t119 ") && text.ends_with("data: [DONE]\n\n"));
        assert!(text.len() > 700_000, "{}", text.len());
        let calls = stand_in.calls().all();
        assert_eq!(calls.len(), 1, "{model}");
        assert_eq!(calls[0].state, State::Done, "{model}");
        assert_eq!(call.fetch().await?.text(), text);
    }
    local.stop().await?;
    Ok(())
}

/// An answer that is too long to be kept is not given again, and its request is not carried out again either.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_to_keep_is_refused_the_second_time() -> Result<()> {
    let stand_in = StandIn::start().await?;
    let local = Local::start(&config(&stand_in.url()), None).await?;
    let text = "standin:chunks=540&size=65000";
    let call = local.chat_call(MASTER_KEY, &question(text, json!({"stream": true}))).header("idempotency-key", "long");
    assert_eq!(call.fetch().await?.status, 200);
    let again = call.fetch().await?;
    assert_eq!(again.status, 409, "{}", again.text());
    assert_eq!(again.headers.get("x-should-retry").map(|it| it.as_bytes()), Some(&b"false"[..]));
    assert_eq!(again.json()?["error"]["type"], "idempotency_error");
    assert_eq!(stand_in.calls().count(), 1);
    local.stop().await?;
    Ok(())
}
