//! What the recorded cases do not show: grammar under odd streams, reasoning that goes there and back, ids.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::id::Origin;
use super::{Previous, ResponsesFormat};
use crate::chat::chunk::{Delta, FunctionDelta, ToolCallDelta};
use crate::format::{Fault, Format, Frames, View};
use crate::{ChatChunk, Cx, Files, ModelInfo, Object, Settings, find, plan};

const VIEW: View<'static> =
    View { model: "m", shows_usage: false, prompt_tokens: 7, provider: "anthropic", model_id: Some("d1") };

fn format(body: Value) -> ResponsesFormat {
    ResponsesFormat::parse(body.to_string().as_bytes()).unwrap()
}

fn events(out: &Frames) -> Vec<Value> {
    let text = std::str::from_utf8(&out.bytes).unwrap();
    text.lines().filter_map(|it| it.strip_prefix("data: ")).filter_map(|it| serde_json::from_str(it).ok()).collect()
}

fn kinds(events: &[Value]) -> Vec<String> {
    events.iter().map(|it| it["type"].as_str().unwrap().trim_start_matches("response.").to_owned()).collect()
}

fn stream(format: &ResponsesFormat, deltas: Vec<Delta>, finish: &str) -> Frames {
    let (mut renderer, mut out) = (format.renderer(&VIEW), Frames::default());
    for delta in deltas {
        renderer.chunk(ChatChunk::new("chatcmpl-1", 5, "x").with_delta(delta), &mut out);
    }
    renderer.chunk(ChatChunk::new("chatcmpl-1", 5, "x").with_finish(finish), &mut out);
    renderer.end(None, &mut out);
    out
}

fn text(it: &str) -> Delta {
    Delta { content: Some(it.into()), ..Delta::default() }
}

fn rest(name: &str, value: Value) -> Delta {
    Delta { rest: [(name.to_owned(), value)].into_iter().collect(), ..Delta::default() }
}

fn thought(it: &str, block: Value) -> Delta {
    Delta { reasoning_content: Some(it.into()), ..rest("thinking_blocks", json!([block])) }
}

fn call(index: u64, id: Option<&str>, name: &str, arguments: &str) -> Delta {
    let function = FunctionDelta {
        name: id.map(|_| name.to_owned()),
        arguments: Some(arguments.into()),
        ..FunctionDelta::default()
    };
    let call = ToolCallDelta { index, id: id.map(str::to_owned), function, ..ToolCallDelta::default() };
    Delta { tool_calls: vec![call], ..Delta::default() }
}

#[test]
fn signed_thinking_goes_out_and_comes_back() {
    let out = stream(
        &format(json!({"model": "m", "input": "Hi"})),
        vec![
            thought("Let me ", json!({"type": "thinking", "thinking": "Let me ", "signature": ""})),
            thought("see", json!({"type": "thinking", "thinking": "see", "signature": ""})),
            thought("", json!({"type": "thinking", "thinking": "", "signature": "sig"})),
            text("4"),
        ],
        "stop",
    );
    let events = events(&out);
    assert_eq!(
        kinds(&events),
        [
            "created",
            "in_progress",
            "output_item.added",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ]
    );
    let kept = out.keep.unwrap();
    let items = kept["response"]["output"].as_array().unwrap().clone();
    let next = format(json!({"model": "m", "input": "More"})).continuing(Previous::Items(items.into())).unwrap();
    let messages: Vec<&Object> = next.chat().messages.iter().map(|it| &it.0).collect();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["reasoning_content"], "Let me see");
    assert_eq!(
        messages[0]["thinking_blocks"],
        json!([{"type": "thinking", "thinking": "Let me see", "signature": "sig"}])
    );
}

#[test]
fn calls_may_interleave_and_each_item_ends_once() {
    let out = stream(
        &format(json!({"model": "m", "input": "Hi"})),
        vec![
            text("Checking"),
            call(0, Some("a"), "f", "{\"x\""),
            call(1, Some("b"), "g", "{"),
            call(0, None, "", ":1}"),
            call(1, None, "", "}"),
        ],
        "tool_calls",
    );
    let events = events(&out);
    let done: Vec<&Value> = events.iter().filter(|it| it["type"] == "response.output_item.done").collect();
    assert_eq!(done.iter().map(|it| it["output_index"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(done[1]["item"]["arguments"], "{\"x\":1}");
    assert_eq!(done[2]["item"]["id"], "fc_b");
    let numbers: Vec<u64> = events.iter().map(|it| it["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..events.len() as u64).collect::<Vec<_>>());
    assert_eq!(events.last().unwrap()["response"]["output"].as_array().unwrap().len(), 3);
}

#[test]
fn free_form_tools_and_namespaces_keep_their_names() {
    let body = json!({"model": "m", "input": "Hi", "tools": [
        {"type": "custom", "name": "patch", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
        {"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "find", "parameters": {}}]},
    ]});
    let format = format(body);
    let tools = format.chat().params["tools"].as_array().unwrap();
    assert_eq!(tools[1]["function"]["name"], "crm__find");
    let patch = json!({"content": "*** Begin"}).to_string();
    let out = stream(
        &format,
        vec![call(0, Some("c1"), "patch", &patch), call(1, Some("c2"), "crm__find", "{}")],
        "tool_calls",
    );
    let output = events(&out).pop().unwrap()["response"]["output"].clone();
    assert_eq!(output[0]["type"], "custom_tool_call");
    assert_eq!(output[0]["input"], "*** Begin");
    assert_eq!((&output[1]["name"], &output[1]["namespace"]), (&json!("find"), &json!("crm")));
}

#[test]
fn a_refusal_is_a_part_and_nothing_is_kept_that_may_not_be() {
    let out = stream(
        &format(json!({"model": "m", "input": "Hi", "store": false})),
        vec![rest("refusal", "No".into()), rest("refusal", ".".into())],
        "stop",
    );
    let last = events(&out).pop().unwrap();
    assert_eq!(last["response"]["output"][0]["content"], json!([{"type": "refusal", "refusal": "No."}]));
    assert!(out.keep.is_none());
}

#[test]
fn a_failure_ends_the_stream_once() {
    let format = format(json!({"model": "m", "input": "Hi"}));
    let (mut renderer, mut out) = (format.renderer(&VIEW), Frames::default());
    renderer.chunk(ChatChunk::new("c", 5, "x").with_delta(text("H")), &mut out);
    let fault = Fault { status: 500, kind: "server_error".into(), message: "boom".into(), ..Fault::default() };
    renderer.fail(&fault, &mut out);
    let events = events(&out);
    assert_eq!(kinds(&events).last().unwrap(), "failed");
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["error"], json!({"code": "server_error", "message": "boom"}));
    assert_eq!(response["id"], events[0]["response"]["id"]);
}

#[test]
fn what_chat_cannot_say_is_named() {
    let body = json!({"model": "m", "input": [
        {"role": "user", "content": "Hi"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}},
    ], "conversation": "conv_1", "client_metadata": {"x": "y"}, "truncation": "auto", "tools": [{"type": "image_generation"}]});
    let losses = format(body).losses().unwrap().clone();
    assert_eq!(losses.refused, ["conversation"]);
    assert_eq!(
        losses.dropped,
        ["input[1] (web_search_call)", "client_metadata", "truncation", "tools[0] (image_generation)"]
    );
    for (input, param) in [
        (json!([{"type": "item_reference", "id": "msg_1"}]), "input[0]"),
        (json!([{"type": "hologram"}]), "input[0].type"),
        (json!([{"type": "function_call_output", "output": "x"}]), "input[0].call_id"),
        (json!([{"role": "user", "content": [{"type": "input_video"}]}]), "input[0].content[0].type"),
        (json!(7), "input"),
        (Value::Null, "input"),
    ] {
        let body = json!({"model": "m", "input": input}).to_string();
        let error = ResponsesFormat::parse(body.as_bytes()).err().unwrap();
        assert!(error.to_string().contains(&format!("`{param}`")), "{error}");
    }
}

#[test]
fn the_provider_gets_its_own_ids_and_reasoning_only() {
    let (params, files) = (Object::new(), Files::default());
    let cx = Cx {
        provider: find("openai").unwrap(),
        model: "gpt-5",
        params: &params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        files: &files,
        now: 5,
        response_id: "chatcmpl-1",
    };
    let sealed = json!([{"type": "thinking", "thinking": "t", "signature": "s"}]).to_string();
    let body = json!({"model": "gpt-5", "max_output_tokens": 1, "previous_response_id": "resp_x", "input": [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": sealed},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "opaque", "status": null},
        {"type": "function_call", "id": "toolu_1", "call_id": "toolu_1", "name": "f", "arguments": "{}"},
    ]});
    let format = format(body).continuing(Previous::Native("resp_native".into())).unwrap();
    let request = plan(&format, &cx, &VIEW).ok().unwrap().request;
    let sent: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        sent,
        json!({"model": "gpt-5", "max_output_tokens": 16, "previous_response_id": "resp_native", "input": [
            {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "opaque"},
            {"type": "function_call", "call_id": "toolu_1", "name": "f", "arguments": "{}"},
        ]})
    );
    assert_eq!(request.dropped, ["input[0] (reasoning)"]);
}

#[test]
fn a_search_that_a_provider_lacks_is_left_out_and_named() {
    let params = Object::from_iter([("aws_region_name".to_owned(), json!("us-east-1"))]);
    let files = Files::default();
    let cx = Cx {
        provider: find("bedrock").unwrap(),
        model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
        params: &params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        files: &files,
        now: 5,
        response_id: "chatcmpl-1",
    };
    let body = json!({"model": "m", "input": "News?", "tools": [{"type": "web_search"}]});
    let request = plan(&format(body), &cx, &VIEW).ok().unwrap().request;
    assert_eq!(request.dropped, ["web_search_options"]);
    let body =
        json!({"model": "m", "input": "Docs?", "tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]});
    let error = plan(&format(body), &cx, &VIEW).err().unwrap();
    assert_eq!(error.to_string(), "bedrock does not support parameters: tools[0] (file_search)");
}

#[test]
fn ids_lead_back() {
    let origin = Origin {
        provider: "openai".into(),
        model_id: Some("d1".into()),
        response_id: "resp_a;model_id:evil;response_id:b".into(),
    };
    assert_eq!(Origin::of_plain_id(&origin.plain_id()), Some(origin));
    for id in ["", "resp_", "resp_abc", "resp_!!", "chatcmpl-1", "resp_bGl0ZWxsbTo="] {
        assert_eq!(Origin::of_plain_id(id), None, "{id}");
    }
}

proptest! {
    #[test]
    fn no_request_and_no_bytes_bring_it_down(body in ".{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(ResponsesFormat::parse(body.as_bytes()));
        let (params, files) = (Object::new(), Files::default());
        let cx = Cx {
            provider: find("openai").unwrap(), model: "gpt-4o", params: &params, settings: Settings::default(),
            info: ModelInfo::default(), files: &files, now: 5, response_id: "chatcmpl-1",
        };
        let reader = plan(&format(json!({"model": "gpt-4o", "input": "Hi"})), &cx, &VIEW).ok().unwrap().reader;
        let (mut stream, mut out) = (reader.stream(&cx), Frames::default());
        let failed = stream.push(&bytes, &mut out).and_then(|()| stream.finish(&mut out)).is_err();
        prop_assert!(failed);
        stream.fail(&Fault::default(), &mut out);
        prop_assert_eq!(events(&out).len(), 1);
    }
}
