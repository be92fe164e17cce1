use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::script::{Fault, Script};
use super::{StandIn, State};
use crate::client::{Answer, Call, Connection};

fn chat(text: &str, more: Value) -> Value {
    let mut body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn openai(stand_in: &StandIn, body: &Value) -> Answer {
    let url = stand_in.url() + "/v1/chat/completions";
    Call::post(url, body).fetch().await.unwrap()
}

async fn anthropic(stand_in: &StandIn, body: &Value) -> Answer {
    let url = stand_in.url() + "/v1/messages";
    Call::post(url, body).fetch().await.unwrap()
}

/// The record of the only call, once it has left the state `Open`.
async fn only_call(stand_in: &StandIn) -> super::Call {
    let start = Instant::now();
    loop {
        let calls = stand_in.calls().all();
        if calls.len() == 1 && calls[0].state != State::Open {
            return calls[0].clone();
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{calls:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn counts_one_token_a_word_in_both_formats() {
    let stand_in = StandIn::start().await.unwrap();
    let body = chat("three small words", json!({"max_tokens": 5}));
    let answer = openai(&stand_in, &body).await.json().unwrap();
    assert_eq!(answer["usage"]["prompt_tokens"], 3);
    assert_eq!(answer["usage"]["completion_tokens"], 5);
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["choices"][0]["message"]["content"], "t0 t1 t2 t3 t4 ");
    let answer = anthropic(&stand_in, &body).await.json().unwrap();
    assert_eq!(answer["usage"]["input_tokens"], 3);
    assert_eq!(answer["usage"]["output_tokens"], 5);
    assert_eq!(answer["stop_reason"], "max_tokens");
    assert_eq!(stand_in.calls().count(), 2);
}

#[tokio::test]
async fn streams_with_pauses_and_reports_usage_when_asked() {
    let stand_in = StandIn::start().await.unwrap();
    let text = "standin:chunks=3&chunk_delay=30ms";
    let options = json!({"stream": true, "stream_options": {"include_usage": true}});
    let answer = openai(&stand_in, &chat(text, options)).await;
    let (first, last) = (answer.pieces[0].0, answer.pieces.last().unwrap().0);
    assert!(last - first >= Duration::from_millis(60), "{first:?} {last:?}");
    let events = answer.events().unwrap();
    assert_eq!(events.last().unwrap()["usage"]["completion_tokens"], 3);
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    let call = only_call(&stand_in).await;
    assert_eq!((call.tokens_sent, call.completion_tokens), (3, 3));
    assert_eq!(call.state, State::Done);
}

#[tokio::test]
async fn cuts_a_stream_where_the_script_says() {
    let stand_in = StandIn::start().await.unwrap();
    let body = chat("standin:fault=cut_after:2", json!({"stream": true}));
    let answer = anthropic(&stand_in, &body).await;
    assert!(!answer.complete);
    assert_eq!(answer.text().matches("text_delta").count(), 2);
    assert_eq!(only_call(&stand_in).await.state, State::Cut);
}

#[tokio::test]
async fn notices_a_client_that_goes_away() {
    let stand_in = StandIn::start().await.unwrap();
    for (text, stream) in [("standin:chunk_delay=20ms&chunks=500", true), ("standin:fault=hang", false)] {
        stand_in.calls().reset();
        let call = Call::post(stand_in.url() + "/v1/chat/completions", &chat(text, json!({"stream": stream})));
        let mut connection = Connection::open(&stand_in.url()).await.unwrap();
        let answer = tokio::time::timeout(Duration::from_millis(50), connection.fetch(&call)).await;
        assert!(answer.is_err(), "{text} has an end");
        drop(connection);
        assert_eq!(only_call(&stand_in).await.state, State::Gone, "{text}");
    }
}

#[tokio::test]
async fn fails_so_many_times_and_then_answers() {
    let stand_in = StandIn::start().await.unwrap();
    let body = chat("standin:fault=status:429&times=2&retry_after=3", json!({}));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let answer = openai(&stand_in, &body).await;
        statuses.push((answer.status.as_u16(), answer.header("retry-after").to_owned()));
    }
    let limited = (429, "3".to_owned());
    assert_eq!(statuses, [limited.clone(), limited, (200, String::new())]);
}

#[tokio::test]
async fn calls_the_named_tool_with_arguments_of_its_schema() {
    let stand_in = StandIn::start().await.unwrap();
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}});
    let function = json!({"name": "weather", "parameters": schema});
    let tools = json!({"tools": [{"type": "function", "function": function}]});
    let answer = openai(&stand_in, &chat("hi", tools)).await.json().unwrap();
    let call = &answer["choices"][0]["message"]["tool_calls"][0]["function"];
    assert_eq!(call["name"], "weather");
    assert_eq!(call["arguments"], r#"{"city":"Paris","days":1}"#);
    let tools = json!({"tools": [{"name": "weather", "input_schema": schema}], "stream": true});
    let answer = anthropic(&stand_in, &chat("hi", tools)).await.text();
    assert!(answer.contains("input_json_delta") && answer.contains("tool_use"), "{answer}");
}

#[tokio::test]
async fn replays_a_recorded_answer_write_by_write() {
    let stand_in = StandIn::start().await.unwrap();
    let recorded = json!({"status": 200, "stream_events": ["data: {\"a\"", ":1}\n\n", {"abort": true}]});
    let put = Call::new("PUT", stand_in.url() + "/_replay/gpt-4o").body(recorded.to_string());
    assert_eq!(put.fetch().await.unwrap().status, 200);
    let answer = openai(&stand_in, &chat("hi", json!({}))).await;
    assert_eq!((answer.text().as_str(), answer.complete), ("data: {\"a\":1}\n\n", false));
}

#[tokio::test]
async fn refuses_a_script_it_cannot_read() {
    let stand_in = StandIn::start().await.unwrap();
    let answer = openai(&stand_in, &chat("standin:fault=boom", json!({}))).await;
    assert_eq!(answer.status, 400);
    assert_eq!(stand_in.calls().count(), 0);
}

#[test]
fn reads_a_script() {
    let mut script = Script::default();
    script.read("delay=50ms&chunks=20&fault=cut_after:3&size=4").unwrap();
    assert_eq!(script.delay, Duration::from_millis(50));
    assert_eq!(script.fault, Some(Fault::CutAfter(3)));
    assert_eq!(script.pieces(2), ["t0  ", "t1  "]);
}
