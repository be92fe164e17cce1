//! What the recordings do not show: names that come back, calls that never mix, questions for a count, refusals by name,
//! and a grammar that holds whatever the provider says.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::chat::chunk::{Delta, FunctionDelta, ToolCallDelta};
use crate::messages::MessagesFormat;
use crate::{
    ChatChunk, Counting, Cx, Files, Format, Frames, ModelInfo, Object, Plan, Settings, TransformError, View, find,
};

const LONG: &str = "a_tool_whose_name_goes_on_and_on_past_what_any_other_provider_than_anthropic_takes";

fn view() -> View<'static> {
    View { model: "shown", shows_usage: false, prompt_tokens: 5, provider: "openai", model_id: None }
}

fn with_cx<T>(slug: &str, model: &str, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    let params = json!({"vertex_project": "p", "vertex_location": "us-east5", "aws_region_name": "us-east-1"});
    run(&Cx {
        provider: find(slug).unwrap(),
        model,
        params: params.as_object().unwrap(),
        settings: Settings { chat_completions_for_messages: true, ..Settings::default() },
        info: ModelInfo::default(),
        now: 7,
        files: &Files::default(),
        response_id: "chatcmpl-7",
    })
}

fn body(more: Value) -> Object {
    let mut body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.as_object().unwrap().clone()
}

fn plan(slug: &str, model: &str, more: Value) -> Result<(Value, Plan), TransformError> {
    let format = MessagesFormat::parse(body(more))?;
    with_cx(slug, model, |cx| {
        let plan = crate::plan(&format, cx, &view())?;
        Ok((serde_json::from_slice(&plan.request.body).unwrap(), plan))
    })
}

fn events(out: &Frames) -> Vec<Value> {
    let text = std::str::from_utf8(&out.bytes).unwrap();
    text.lines().filter_map(|it| it.strip_prefix("data: ")).map(|it| serde_json::from_str(it).unwrap()).collect()
}

#[test]
fn long_names_come_back() {
    let tool = json!({"name": LONG, "input_schema": {"type": "object"}});
    let call = json!({"type": "tool_use", "id": "t", "name": LONG, "input": {}});
    let turns = json!([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [call]}]);
    let choice = json!({"type": "tool", "name": LONG});
    let sent = json!({"tools": [tool], "messages": turns, "tool_choice": choice});
    let (body, plan) = plan("groq", "m", sent).unwrap();
    let short = body["tools"][0]["function"]["name"].as_str().unwrap().to_owned();
    assert_eq!(short.len(), 64);
    assert_eq!(body["messages"][1]["tool_calls"][0]["function"]["name"], short);
    assert_eq!(body["tool_choice"]["function"]["name"], short);
    let call = json!({"id": "c", "type": "function", "function": {"name": short, "arguments": "{}"}});
    let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let answer = json!({"choices": [{"message": message, "finish_reason": "tool_calls"}]}).to_string();
    let whole = with_cx("groq", "m", |cx| plan.reader.whole(cx, answer.as_bytes())).unwrap();
    let whole: Value = serde_json::from_slice(&whole.body).unwrap();
    assert_eq!(whole["content"][0]["name"], LONG);
}

#[test]
fn what_nobody_else_can_read_is_refused_by_name() {
    let upload = json!({"type": "container_upload", "file_id": "f"});
    let upload = json!({"messages": [{"role": "user", "content": [upload]}]});
    for (more, name) in [
        (upload, "messages[0].content[0]"),
        (json!({"mcp_servers": [{"type": "url"}]}), "mcp_servers"),
        (json!({"container": {"skills": []}}), "container"),
    ] {
        let refused = plan("groq", "m", more.clone()).err();
        let want = TransformError::Unsupported { params: vec![name.to_owned()], provider: "groq" };
        assert_eq!(refused, Some(want));
        let mut lenient = more.clone();
        lenient["drop_params"] = json!(true);
        assert!(plan("groq", "m", lenient).unwrap().1.request.dropped.contains(&name.to_owned()));
        assert!(plan("anthropic", "claude-m", more).is_ok());
    }
}

#[test]
fn requests_that_are_none() {
    for (more, param) in [
        (json!({"max_tokens": null}), "max_tokens"),
        (json!({"max_tokens": -1}), "max_tokens"),
        (json!({"messages": [{"role": "user", "content": 7}]}), "messages[0].content"),
        (json!({"messages": [{"role": "user", "content": [{"text": "x"}]}]}), "messages[0].content[0].type"),
        (json!({"messages": [{"role": "tool", "content": "x"}]}), "messages[0].role"),
        (json!({"system": 7}), "system"),
        (json!({"tools": [{"description": "x"}]}), "tools[0].name"),
        (json!({"tool_choice": "auto"}), "tool_choice.type"),
    ] {
        match MessagesFormat::parse(body(more)) {
            Err(TransformError::Invalid { param: found, .. }) => assert_eq!(found, param),
            other => panic!("{param}: {other:?}"),
        }
    }
}

#[test]
fn another_providers_thoughts_are_not_passed_off_as_claudes() {
    let thoughts =
        [json!({"type": "thinking", "thinking": "Hm", "signature": null}), json!({"type": "text", "text": "So"})];
    let turns = json!([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": thoughts}]);
    let (body, plan) = plan("anthropic", "claude-m", json!({"messages": turns, "new_field": {"a": [1.5]}})).unwrap();
    assert_eq!(body["messages"][1]["content"], json!([{"type": "text", "text": "So"}]));
    assert_eq!(body["new_field"], json!({"a": [1.5]}));
    assert_eq!(plan.request.dropped, ["messages.thinking"]);
}

#[test]
fn headers_as_fields() {
    let asked = json!({"anthropic_beta": "context-1m-2025-08-07, new-2030-01-01", "anthropic_version": "2030-01-01"});
    let (body, passed) = plan("anthropic", "claude-m", asked.clone()).unwrap();
    assert!(body.get("anthropic_beta").is_none() && body.get("anthropic_version").is_none());
    assert_eq!(passed.request.headers["anthropic-beta"], "context-1m-2025-08-07,new-2030-01-01");
    assert_eq!(passed.request.headers["anthropic-version"], "2030-01-01");
    let (body, passed) = plan("bedrock", "invoke/anthropic.claude-m", asked.clone()).unwrap();
    assert_eq!(body["anthropic_beta"], json!(["context-1m-2025-08-07"]));
    assert_eq!(body["anthropic_version"], "bedrock-2023-05-31");
    assert!(!passed.request.headers.contains_key("anthropic-version"));
    let (body, _) = plan("groq", "m", asked).unwrap();
    assert!(body.get("anthropic_beta").is_none() && body.get("anthropic_version").is_none());
}

type Read = fn(&[u8]) -> Option<u64>;

fn count(slug: &str, model: &str) -> (String, Value, Read) {
    let sent = json!({"system": "Be brief", "temperature": 0.5, "stream": true});
    let format = MessagesFormat::parse(body(sent)).unwrap();
    let Counting { request, read } = with_cx(slug, model, |cx| format.count(cx)).unwrap().unwrap();
    (request.url, serde_json::from_slice(&request.body).unwrap(), read)
}

#[test]
fn counts() {
    let turns = json!([{"role": "user", "content": "Hi"}]);
    let question = |model: &str| json!({"model": model, "messages": turns, "system": "Be brief"});
    let (url, asked, read) = count("anthropic", "claude-m");
    assert_eq!((url.as_str(), asked), ("https://api.anthropic.com/v1/messages/count_tokens", question("claude-m")));
    assert_eq!(read(br#"{"input_tokens": 14}"#), Some(14));
    assert_eq!(read(br#"{"input_tokens": "x"}"#), None);
    let (url, asked, _) = count("vertex_ai", "claude-m");
    assert!(url.ends_with("/publishers/anthropic/models/count-tokens:rawPredict"), "{url}");
    assert_eq!(asked, question("claude-m"));
    let (url, asked, read) = count("bedrock", "us.anthropic.claude-m");
    assert!(url.ends_with("/model/anthropic.claude-m/count-tokens"), "{url}");
    assert!(asked["input"]["invokeModel"]["body"].is_string());
    assert_eq!(read(br#"{"inputTokens": 3}"#), Some(3));
    let (url, asked, read) = count("gemini", "gemini-m");
    assert!(url.ends_with("/models/gemini-m:countTokens"), "{url}");
    assert_eq!(asked["generateContentRequest"]["model"], "models/gemini-m");
    assert_eq!(read(br#"{"totalTokens": 3}"#), Some(3));
    let format = MessagesFormat::parse_to_count(body(json!({"max_tokens": null}))).unwrap();
    assert!(with_cx("groq", "m", |cx| format.count(cx).is_none()));
}

fn piece(index: u64, id: Option<&str>, arguments: &str) -> ToolCallDelta {
    let function = FunctionDelta {
        name: id.map(|it| format!("f_{it}")),
        arguments: Some(arguments.to_owned()),
        ..FunctionDelta::default()
    };
    ToolCallDelta { index, id: id.map(str::to_owned), function, ..ToolCallDelta::default() }
}

fn render(deltas: Vec<Delta>) -> Vec<Value> {
    let format = MessagesFormat::parse(body(json!({}))).unwrap();
    let (mut renderer, mut out) = (format.renderer(&view()), Frames::default());
    for delta in deltas {
        renderer.chunk(ChatChunk::new("chatcmpl-7", 7, "m").with_delta(delta), &mut out);
    }
    renderer.chunk(ChatChunk::new("chatcmpl-7", 7, "m").with_finish("tool_calls"), &mut out);
    renderer.end(None, &mut out);
    events(&out)
}

#[test]
fn mixed_calls_are_sorted() {
    let calls = |tool_calls: Vec<ToolCallDelta>| Delta { tool_calls, ..Delta::default() };
    let events = render(vec![
        calls(vec![piece(0, Some("a"), ""), piece(1, Some("b"), "")]),
        calls(vec![piece(1, None, "{\"y\""), piece(0, None, "{\"x\": \"}\"")]),
        calls(vec![piece(0, None, "}"), piece(1, None, ": 2}")]),
        // Servers that number every call 0.
        calls(vec![piece(0, Some("c"), "{}")]),
    ]);
    let mut inputs = Vec::new();
    for event in &events {
        match (event["type"].as_str().unwrap(), event["delta"]["partial_json"].as_str()) {
            ("content_block_start", _) => inputs.push((event["content_block"]["id"].to_string(), String::new())),
            ("content_block_delta", Some(more)) => inputs.last_mut().unwrap().1.push_str(more),
            _ => {}
        }
    }
    let want = [("\"a\"", "{\"x\": \"}\"}"), ("\"b\"", "{\"y\": 2}"), ("\"c\"", "{}")];
    assert_eq!(inputs, want.map(|(id, input)| (id.to_owned(), input.to_owned())));
}

/// One message, blocks one after the other, one end.
fn check_grammar(events: &[Value]) {
    let mut open = None;
    let mut next = 0;
    for (at, event) in events.iter().enumerate() {
        let index = event["index"].as_u64();
        match event["type"].as_str().unwrap() {
            "message_start" => assert_eq!(at, 0),
            "content_block_start" => {
                assert_eq!((open, index), (None, Some(next)));
                open = index;
                next += 1;
            }
            "content_block_delta" => assert!(open.is_some() && open == index),
            "content_block_stop" => assert_eq!((open.take(), index), (index, index)),
            "message_delta" => assert!(open.is_none() && at + 2 == events.len()),
            "message_stop" => assert_eq!(at + 1, events.len()),
            other => panic!("{other}"),
        }
    }
}

fn delta() -> impl Strategy<Value = Delta> {
    let text = prop::option::of("[ab{}\"\\\\]{0,3}");
    let calls = prop::collection::vec((0u64..3, prop::option::of("[xyz]"), "[{}\"a]{0,4}"), 0..3);
    let thoughts = prop::option::of(prop_oneof![
        Just(json!([{"type": "thinking", "thinking": "t"}])),
        Just(json!([{"type": "thinking", "thinking": "", "signature": "s"}])),
        Just(json!([{"type": "redacted_thinking", "data": "d"}])),
        Just(json!([7, {"type": 7}])),
        Just(json!("none")),
    ]);
    (text.clone(), text, calls, thoughts).prop_map(|(content, reasoning_content, calls, thoughts)| Delta {
        content,
        reasoning_content,
        tool_calls: calls.into_iter().map(|(index, id, text)| piece(index, id.as_deref(), &text)).collect(),
        rest: thoughts.map(|it| ("thinking_blocks".to_owned(), it)).into_iter().collect(),
        ..Delta::default()
    })
}

/// Pieces of events, whole and broken.
const PIECES: [&str; 10] = [
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1}}}\n\n",
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\"}}\n\n",
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"\u{1f980}\"}}\n\n",
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"x\"},\"usage\":{\"output_tokens\":-1}}\n\n",
    "data: {\"type\":\"message_stop\"}\n\n",
    "data: {\"type\":\"error\",\"error\":{}}\n\n",
    "data: {\"type\":\"new\",\ndata: \"a\":1}\n\n",
    "data: [",
    "\n\n",
    "\0\0\0\u{10}\0\0\0\0",
];

/// What passes, and whether it ended well.
fn pass(slug: &str, bytes: &[u8], cut: usize) -> (Vec<u8>, bool) {
    let (_, plan) = plan(slug, "anthropic.claude-m", json!({"stream": true})).unwrap();
    let (mut stream, mut out) = (with_cx(slug, "anthropic.claude-m", |cx| plan.reader.stream(cx)), Frames::default());
    let is_whole = bytes.chunks(cut).all(|it| stream.push(it, &mut out).is_ok()) && stream.finish(&mut out).is_ok();
    (out.bytes.to_vec(), is_whole)
}

proptest! {
    #[test]
    fn what_passes_does_not_depend_on_cuts(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..8)) {
        let bytes = pieces.concat().into_bytes();
        for slug in ["anthropic", "bedrock"] {
            let whole = pass(slug, &bytes, bytes.len().max(1));
            for cut in [1, 3, 64] {
                prop_assert_eq!(&pass(slug, &bytes, cut), &whole);
            }
        }
    }

    #[test]
    fn the_grammar_holds(deltas in prop::collection::vec(delta(), 0..12)) {
        check_grammar(&render(deltas));
    }

    #[test]
    fn any_body_is_read_or_refused(text in "[\\[\\]{}\":,a0]{0,30}", kind in "text|image|document|tool_use|tool_result|thinking|x") {
        let value = serde_json::from_str::<Value>(&text).unwrap_or(json!(text));
        let block = json!({"type": kind, "text": value, "source": value, "content": value, "input": value});
        for content in [json!([block]), value.clone()] {
            let turns = json!([{"role": "user", "content": content}, {"role": "assistant", "content": content}]);
            let more = json!({"messages": turns, "tools": value, "system": value, "thinking": value});
            for slug in ["anthropic", "vertex_ai", "bedrock", "groq", "gemini", "openai"] {
                drop(plan(slug, "claude-m", more.clone()).map(|it| it.0));
            }
        }
    }
}
