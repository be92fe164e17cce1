use std::time::Duration;

use http_body_util::BodyExt;
use serde_json::{Value, json};
use tests::Result;
use tests::client::{Answer, Connection};
use tests::local::{Local, config};
use tests::standin::{StandIn, State};

use tests::world::{eventually, question};

/// Faults of the provider, and the statuses that may come of them before any content has gone out.
const FAULTS: [(&str, &[u16]); 8] = [
    ("garbage", &[500, 502]),
    ("empty", &[500, 502]),
    ("reset", &[500, 502, 503]),
    ("hang", &[408, 504]),
    ("cut_after:0", &[500, 502, 503]),
    ("hang_after:0", &[408, 504]),
    ("status:500", &[500]),
    ("status:429", &[429]),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_provider_is_one_clear_error_and_one_row() -> Result<()> {
    let stand_in = StandIn::start().await?;
    let local = Local::start(&config(&stand_in.url()), None).await?;
    for (fault, statuses) in FAULTS {
        for (model, stream) in [("gpt-4o", false), ("gpt-4o", true), ("claude", false), ("claude", true)] {
            let what = format!("{fault} of {model}, stream: {stream}");
            let key = local.new_key(&json!({})).await?;
            let more = json!({"model": model, "stream": stream, "timeout": 1});
            let answer = local.chat(&key, &question(&format!("standin:fault={fault}"), more)).await?;
            let status = answer.status.as_u16();
            assert!(statuses.contains(&status), "{what}: {status} {}", answer.text());
            let body = answer.json()?;
            check_error(&what, &body["error"]);
            assert_eq!(body["error"]["code"], status.to_string(), "{what}");
            let row = only_row(&local, &key, &what).await?;
            assert_eq!(row["status"], "failure", "{what}: {row}");
        }
    }
    local.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_ends_with_one_error_and_is_paid_for() -> Result<()> {
    let stand_in = StandIn::start().await?;
    let local = Local::start(&config(&stand_in.url()), None).await?;
    for fault in ["cut_after:3", "error_after:3", "hang_after:3"] {
        for model in ["gpt-4o", "claude"] {
            let what = format!("{fault} of {model}");
            let key = local.new_key(&json!({})).await?;
            let more = json!({"model": model, "stream": true, "timeout": 1, "stream_timeout": 1});
            let answer = local.chat(&key, &question(&format!("standin:fault={fault}"), more)).await?;
            assert_eq!(answer.status, 200, "{what}: {}", answer.text());
            assert!(answer.complete, "{what}: the connection was cut");
            check_broken_stream(&what, &answer)?;
            let row = only_row(&local, &key, &what).await?;
            assert!(row["spend"].as_f64() > Some(0.0), "{what}: {row}");
        }
    }
    local.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_stops_the_provider_and_pays_once() -> Result<()> {
    let stand_in = StandIn::start().await?;
    let local = Local::start(&config(&stand_in.url()), None).await?;
    for model in ["gpt-4o", "claude"] {
        stand_in.calls().reset();
        let key = local.new_key(&json!({})).await?;
        let more = json!({"model": model, "stream": true});
        let call = local.chat_call(&key, &question("standin:chunks=400&chunk_delay=20ms", more));
        let mut connection = Connection::open(local.url()).await?;
        let mut response = connection.send(&call).await?;
        for _ in 0..5 {
            response.body_mut().frame().await.ok_or("the stream has ended")??;
        }
        drop((response, connection));
        let call = eventually("the provider is left alone", async || {
            Ok(stand_in.calls().all().into_iter().find(|it| it.state == State::Gone))
        })
        .await?;
        assert!(call.tokens_sent < 200, "{model}: {} tokens were made for nobody", call.tokens_sent);
        let row = only_row(&local, &key, model).await?;
        assert!(row["spend"].as_f64() > Some(0.0), "{model}: {row}");
    }
    local.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_open_calls_finish_and_writes_their_rows() -> Result<()> {
    let stand_in = StandIn::start().await?;
    let data = tests::program::Scratch::new()?;
    let local = Local::start(&config(&stand_in.url()), Some(data.path())).await?;
    let key = local.new_key(&json!({})).await?;
    let call = local.chat_call(&key, &question("standin:chunks=20&chunk_delay=50ms", json!({"stream": true})));
    let open = tokio::spawn(async move { call.fetch().await });
    eventually("the call is at the provider", async || Ok((stand_in.calls().count() == 1).then_some(()))).await?;
    assert!(local.stop().await?.success());
    let answer = open.await??;
    assert!(answer.complete && answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    let local = Local::start(&config(&stand_in.url()), Some(data.path())).await?;
    let row = only_row(&local, &key, "a call during the stop").await?;
    assert_eq!(row["completion_tokens"], 20);
    local.stop().await?;
    Ok(())
}

fn check_error(what: &str, error: &Value) {
    let message = error["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty() && error["type"].is_string(), "{what}: {error}");
    for word in ["panicked", "hyper", "reqwest", "127.0.0.1"] {
        assert!(!message.contains(word), "{what}: {message}");
    }
}

/// Three tokens, one error, the end.
fn check_broken_stream(what: &str, answer: &Answer) -> Result<()> {
    let events = answer.events()?;
    let tokens =
        events.iter().filter(|it| it["choices"][0]["delta"]["content"].as_str().is_some_and(|it| !it.is_empty()));
    assert_eq!(tokens.count(), 3, "{what}: {}", answer.text());
    let errors: Vec<&Value> = events.iter().map(|it| &it["error"]).filter(|it| it.is_object()).collect();
    assert_eq!(errors.len(), 1, "{what}: {}", answer.text());
    errors.into_iter().for_each(|it| check_error(what, it));
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{what}: {}", answer.text());
    Ok(())
}

/// The key's row, and that no second one comes.
async fn only_row(local: &Local, key: &str, what: &str) -> Result<Value> {
    let path = format!("/spend/logs?api_key={key}");
    let rows = async || -> Result<Vec<Value>> {
        let answer = local.admin("GET", &path, &Value::Null).await?;
        Ok(answer.as_array().or(answer["data"].as_array()).cloned().unwrap_or_default())
    };
    eventually(&format!("the row of {what}"), async || Ok((!rows().await?.is_empty()).then_some(()))).await?;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut rows = rows().await?;
    match (rows.pop(), rows.len()) {
        (Some(row), 0) => Ok(row),
        (row, more) => Err(format!("{what}: {} rows, the last {row:?}", more + 1).into()),
    }
}
