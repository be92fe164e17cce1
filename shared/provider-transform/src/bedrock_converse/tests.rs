use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ConverseChat, names};
use crate::event_stream::tests::{frame, text};
use crate::openai::format::ChatFormat;
use crate::{
    ChatChunk, ChatDialect, ChatRequest, Cx, File, Files, Frames, ModelInfo, Object, ProviderRequest, Settings,
    Supports, TransformError, View, find, plan,
};

const CLAUDE: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";

/// Everything that the tested models can do.
fn info() -> ModelInfo {
    let supports = Supports {
        function_calling: Some(true),
        prompt_caching: Some(true),
        reasoning: Some(true),
        tool_choice: Some(true),
        ..Supports::default()
    };
    ModelInfo { hour_cache: Some(false), supports, ..ModelInfo::default() }
}

fn with_cx<T>(model: &str, info: ModelInfo, files: &Files, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    run(&Cx {
        provider: find("bedrock").unwrap(),
        model,
        params: &Object::new(),
        settings: Settings::default(),
        info,
        files,
        now: 7,
        response_id: "chatcmpl-1",
    })
}

fn request(fields: Value) -> ChatRequest {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}).as_object().cloned().unwrap();
    body.extend(fields.as_object().cloned().unwrap());
    ChatRequest::from_object(body).unwrap()
}

fn render(model: &str, fields: Value) -> Result<ProviderRequest, TransformError> {
    with_cx(model, info(), &Files::default(), |cx| ConverseChat.request(cx, &request(fields)))
}

fn body(model: &str, fields: Value) -> Value {
    serde_json::from_slice(&render(model, fields).unwrap().body).unwrap()
}

fn refused(fields: Value) -> String {
    match render(CLAUDE, fields) {
        Err(TransformError::Invalid { param, .. }) => param,
        Err(TransformError::Unsupported { params, .. }) => params.join(" "),
        other => panic!("{other:?}"),
    }
}

fn function(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}})
}

fn call(id: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}})
}

#[test]
fn files_in_s3_stay_there() {
    let content = json!([
        {"type": "image_url", "image_url": {"url": "s3://bucket/a/cat.JPG"}},
        {"type": "file", "file": {"file_id": "s3://bucket/b", "format": "application/pdf"}},
        {"type": "video_url", "video_url": {"url": "s3://bucket/clip.mkv"}},
    ]);
    let body = body(CLAUDE, json!({"messages": [{"role": "user", "content": content}]}));
    let blocks = &body["messages"][0]["content"];
    assert_eq!(
        blocks[0],
        json!({"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a/cat.JPG"}}}})
    );
    assert_eq!(blocks[1]["document"]["source"], json!({"s3Location": {"uri": "s3://bucket/b"}}));
    assert_eq!(blocks[2]["video"]["format"], "mkv");
    // A document needs a text beside it.
    assert_eq!(blocks[3], json!({"text": "."}));
}

#[test]
fn urls_are_asked_for_all_at_once_and_each_once() {
    let part = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let messages = json!([
        {"role": "user", "content": [part("https://x.example/1"), part("HTTP://x.example/2"), part("https://x.example/1")]},
        {"role": "assistant", "tool_calls": [call("c")]},
        {"role": "tool", "tool_call_id": "c", "content": [part("https://x.example/3")]},
    ]);
    let fields = json!({"messages": messages, "tools": [function("f")]});
    let urls = ["https://x.example/1", "HTTP://x.example/2", "https://x.example/3"].map(str::to_owned);
    assert_eq!(render(CLAUDE, fields.clone()).unwrap_err(), TransformError::NeedsFiles { urls: urls.to_vec() });
    let mut files = Files::default();
    for url in urls {
        files.insert(url, File { media_type: "application/octet-stream".into(), bytes: "GIF89a".into() });
    }
    let sent = with_cx(CLAUDE, info(), &files, |cx| ConverseChat.request(cx, &request(fields)).unwrap());
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(body["messages"][0]["content"][1], json!({"image": {"format": "gif", "source": {"bytes": "R0lGODlh"}}}));
}

#[test]
fn documents_of_anthropics_keep_what_they_say() {
    let part = json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "green"},
        "title": "T", "context": "C", "citations": {"enabled": true}});
    let document =
        &body(CLAUDE, json!({"messages": [{"role": "user", "content": [part]}]}))["messages"][0]["content"][0];
    assert_eq!(document["document"]["source"], json!({"bytes": "Z3JlZW4="}));
    assert_eq!(document["document"]["citations"], json!({"enabled": true}));
    assert_eq!(document["document"]["context"], "C");
}

#[test]
fn a_document_sent_twice_has_two_names() {
    let file = json!({"type": "file", "file": {"file_data": "data:text/plain;base64,aGVsbG8="}});
    let content = json!([{"type": "text", "text": "a"}, file, file]);
    let body = body(CLAUDE, json!({"messages": [{"role": "user", "content": content}]}));
    let name = |at: usize| body["messages"][0]["content"][at]["document"]["name"].as_str().unwrap().to_owned();
    assert_eq!(name(2), name(1) + "_2");
}

#[test]
fn names_fit_bedrocks_alphabet() {
    for (sent, want) in [("f-1_b", "f-1_b"), ("1 bad.name", "a1_bad_name"), ("\u{fc}ber", "a_ber"), ("_x", "a_x")] {
        assert_eq!(names::tool(sent), want);
    }
    let long = "x".repeat(100);
    let id = names::tool_use_id(&long);
    assert!(id.len() == 64 && id != names::tool_use_id(&"x".repeat(101)));
    assert_ne!(names::tool_use_id("a|b"), names::tool_use_id("a/b"));
    assert!(!names::tool_use_id("").is_empty());
    let mut taken = BTreeSet::from(["a_2".to_owned()]);
    assert_eq!(names::unlike("a".into(), &mut taken), "a");
    assert_eq!(names::unlike("a".into(), &mut taken), "a_3");
}

#[test]
fn answers_call_tools_by_the_clients_names() {
    let format = ChatFormat::new(request(json!({"tools": [function("1 bad.name"), function("good")]})));
    let view = View { model: "m", model_id: None, provider: "bedrock", shows_usage: false, prompt_tokens: 0 };
    let events: Vec<u8> = [
        ("contentBlockStart", json!({"start": {"toolUse": {"toolUseId": "x", "name": "a1_bad_name"}}})),
        ("messageStop", json!({"stopReason": "tool_use"})),
    ]
    .into_iter()
    .flat_map(|(name, payload)| event(name, &payload))
    .collect();
    let answer = json!({"output": {"message": {"content": [
        {"toolUse": {"toolUseId": "x", "name": "a1_bad_name", "input": {}}},
        {"toolUse": {"toolUseId": "y", "name": "good", "input": {}}},
    ]}}, "stopReason": "tool_use"});
    with_cx(CLAUDE, info(), &Files::default(), |cx| {
        let planned = plan(&format, cx, &view).unwrap();
        let sent: Value = serde_json::from_slice(&planned.request.body).unwrap();
        assert_eq!(sent["toolConfig"]["tools"][0]["toolSpec"]["name"], "a1_bad_name");
        let whole = planned.reader.whole(cx, answer.to_string().as_bytes()).unwrap();
        let whole: Value = serde_json::from_slice(&whole.body).unwrap();
        let called = |at: usize| whole["choices"][0]["message"]["tool_calls"][at]["function"]["name"].clone();
        assert_eq!([called(0), called(1)], ["1 bad.name", "good"]);
        let mut out = Frames::default();
        plan(&format, cx, &view).unwrap().reader.stream(cx).push(&events, &mut out).unwrap();
        assert!(String::from_utf8_lossy(&out.bytes).contains("1 bad.name"));
    });
}

#[test]
fn what_cannot_be_said_is_refused_by_its_place() {
    let rows = [
        (json!({"tools": [function("a b"), function("a.b")]}), "tools[1].function.name"),
        (json!({"tools": [{"type": "web_search_preview"}]}), "tools[0]"),
        (json!({"tools": [function("json_tool_call")]}), "tools[0].function.name"),
        (json!({"tools": [function("f")], "tool_choice": "none"}), "tool_choice"),
        (json!({"requestMetadata": "x"}), "requestMetadata"),
        (json!({"stop": [1]}), "stop"),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": ""}}]}]}),
            "messages[0].content[0]",
        ),
        (json!({"messages": [{"role": "system", "content": "a"}]}), "messages"),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}),
            "response_format.json_schema.schema",
        ),
        (json!({"functions": [], "seed": 1}), "functions seed"),
    ];
    for (fields, want) in rows {
        assert_eq!(refused(fields.clone()), want, "{fields}");
    }
}

#[test]
fn hosted_tools_may_be_dropped() {
    let sent = render(CLAUDE, json!({"tools": [{"type": "web_search_preview"}], "drop_params": true})).unwrap();
    assert_eq!(sent.dropped, ["tools[0]"]);
}

#[test]
fn the_assistants_blocks_stand_in_bedrocks_order_with_their_marks() {
    let mark = json!({"type": "ephemeral"});
    let messages = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [call("c")]},
        {"role": "assistant", "content": [{"type": "text", "text": "a", "cache_control": mark}],
            "thinking_blocks": [{"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "thinking", "thinking": "u"}]},
        {"role": "tool", "tool_call_id": "c", "content": "1"},
        {"role": "system", "content": "S"},
        {"role": "tool", "tool_call_id": "c", "content": "2"},
    ]);
    let sent = render(CLAUDE, json!({"messages": messages, "tools": [function("f")]})).unwrap();
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(
        body["messages"][1]["content"],
        json!([
            {"reasoningContent": {"reasoningText": {"text": "t", "signature": "s"}}},
            {"text": "a"},
            {"cachePoint": {"type": "default"}},
            {"toolUse": {"toolUseId": "c", "name": "f", "input": {}}},
        ])
    );
    // The first answer to a call counts; a late system message waits behind the answers.
    assert_eq!(
        body["messages"][2]["content"],
        json!([
            {"toolResult": {"toolUseId": "c", "content": [{"text": "1"}]}},
            {"text": crate::anthropic::request::messages::NOTE},
            {"text": "S"},
        ])
    );
    assert_eq!(sent.dropped, ["messages.thinking_blocks", "messages[5]"]);
}

#[test]
fn a_guardrail_reads_what_the_user_said_last() {
    let config = json!({"guardrailIdentifier": "g", "guardrailVersion": "1"});
    let messages = json!([
        {"role": "user", "content": "old"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": [{"type": "guarded_text", "text": "this"}, {"type": "text", "text": "not this"}]},
        {"role": "user", "content": "and this"},
    ]);
    let body = body(CLAUDE, json!({"messages": messages, "guardrailConfig": config}));
    assert_eq!(body["guardrailConfig"], config);
    assert_eq!(body["messages"][0]["content"], json!([{"text": "old"}]));
    assert_eq!(
        body["messages"][2]["content"],
        json!([
            {"guardContent": {"text": {"text": "this"}}},
            {"text": "not this"},
            {"guardContent": {"text": {"text": "and this"}}},
        ])
    );
}

#[test]
fn without_tools_their_history_is_told() {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    let messages = json!([
        {"role": "assistant", "content": "So:", "tool_calls": [call("c")]},
        {"role": "tool", "tool_call_id": "c", "content": [image]},
    ]);
    let body = body(CLAUDE, json!({"messages": messages}));
    assert_eq!(body["messages"][0]["content"], json!([{"text": "So:\n[tool call c: f({})]"}]));
    assert_eq!(
        body["messages"][1]["content"],
        json!([
            {"text": "[tool result for c: <non-text tool result omitted>]"},
            {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
        ])
    );
}

#[test]
fn models_are_marked_for_their_caches() {
    let content = json!([{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]);
    let fields = json!({"messages": [{"role": "user", "content": content}]});
    let point = |model: &str, info: ModelInfo| {
        let sent = with_cx(model, info, &Files::default(), |cx| ConverseChat.request(cx, &request(fields.clone())));
        let body: Value = serde_json::from_slice(&sent.unwrap().body).unwrap();
        body["messages"][0]["content"][1]["cachePoint"].clone()
    };
    let lasting = ModelInfo { hour_cache: Some(true), ..info() };
    let uncached = ModelInfo { hour_cache: Some(false), ..ModelInfo::default() };
    let refusing =
        ModelInfo { supports: Supports { prompt_cache_breakpoint: Some(false), ..info().supports }, ..info() };
    assert_eq!(point(CLAUDE, lasting), json!({"type": "default", "ttl": "1h"}));
    assert_eq!(point(CLAUDE, info()), json!({"type": "default"}));
    assert_eq!(point("moonshotai.kimi-k3", refusing), Value::Null);
    assert_eq!(point("meta.llama3-3-70b", uncached), Value::Null);
    assert_eq!(point("openai.gpt-oss-120b-1:0", info()), Value::Null);
    assert_eq!(point("anthropic.claude-new", ModelInfo::default()), json!({"type": "default"}));
}

#[test]
fn makers_are_told_of_effort_in_their_own_words() {
    let rows = [
        ("us.amazon.nova-2-lite-v1:0", json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}})),
        ("openai.gpt-oss-120b-1:0", json!({"reasoning_effort": "low"})),
        ("us.openai.gpt-5.5", json!({"reasoning": {"effort": "low"}})),
        ("deepseek.v3-v1:0", json!({"reasoning_effort": "low"})),
        (CLAUDE, json!({"thinking": {"type": "enabled", "budget_tokens": 1024}})),
    ];
    for (model, want) in rows {
        let body = body(model, json!({"reasoning_effort": "low"}));
        assert_eq!(body["additionalModelRequestFields"], want, "{model}");
    }
    assert!(render("us.deepseek.r1-v1:0", json!({"reasoning_effort": "low"})).is_err());
    assert_eq!(body("us.openai.gpt-5.5", json!({"max_tokens": 1}))["inferenceConfig"], json!({"maxTokens": 16}));
}

#[test]
fn claudes_own_tools_go_to_claude() {
    let tools = json!([function("f"), {"type": "bash_20250124"},
        {"type": "computer_20250124", "function": {"name": "computer", "parameters": {"display_width_px": 9}}}]);
    let body = body(CLAUDE, json!({"tools": tools}));
    assert_eq!(body["toolConfig"]["tools"].as_array().unwrap().len(), 1);
    assert_eq!(
        body["additionalModelRequestFields"],
        json!({
            "tools": [
                {"type": "bash_20250124", "name": "bash"},
                {"type": "computer_20250124", "name": "computer", "display_width_px": 9},
            ],
            "anthropic_beta": ["computer-use-2025-01-24"],
        })
    );
}

#[test]
fn images_of_tools_stand_apart_where_the_model_wants_them_so() {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    let messages = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [call("c")]},
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "t"}, image], "is_error": true},
    ]);
    let supports = Supports { bedrock_converse_tool_result_images: Some(false), ..info().supports };
    let fields = json!({"messages": messages, "tools": [function("f")]});
    let sent = with_cx("us.openai.gpt-5.5", ModelInfo { supports, ..info() }, &Files::default(), |cx| {
        ConverseChat.request(cx, &request(fields)).unwrap()
    });
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(
        body["messages"][2]["content"],
        json!([
            {"toolResult": {"toolUseId": "c", "content": [{"text": "t"}], "status": "error"}},
            {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
        ])
    );
}

#[test]
fn extra_body_is_merged_last_and_one_level_deep() {
    let extra = json!({"additionalModelRequestFields": {"b": 2}, "trace": "on"});
    let body = body(CLAUDE, json!({"a": 1, "extra_body": extra}));
    assert_eq!(body["additionalModelRequestFields"], json!({"a": 1, "b": 2}));
    assert_eq!(body["trace"], "on");
}

#[test]
fn schemas_that_need_themselves_keep_their_definitions() {
    let parameters = json!({"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}},
        "$defs": {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}}}});
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": parameters}});
    let body = body(CLAUDE, json!({"tools": [tool]}));
    let schema = &body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"];
    assert_eq!(schema["properties"]["n"], json!({"$ref": "#/$defs/N"}));
    assert_eq!(schema["$defs"], parameters["$defs"]);
}

fn event(name: &str, payload: &Value) -> Vec<u8> {
    frame(&[text(":message-type", "event"), text(":event-type", name)].concat(), payload.to_string().as_bytes())
}

fn chunks(events: &[(&str, Value)]) -> Vec<Value> {
    with_cx(CLAUDE, info(), &Files::default(), |cx| {
        let (mut stream, mut out) = (ConverseChat.stream(cx), Vec::<ChatChunk>::new());
        for (name, payload) in events {
            stream.push(&event(name, payload), &mut out).unwrap();
        }
        stream.finish(&mut out).unwrap();
        out.iter().map(|it| serde_json::to_value(it).unwrap()).collect()
    })
}

#[test]
fn a_call_without_arguments_has_an_empty_object() {
    let chunks = chunks(&[
        ("contentBlockStart", json!({"start": {"toolUse": {"toolUseId": "x", "name": "ping"}}})),
        ("contentBlockStop", json!({})),
        ("messageStop", json!({"stopReason": "tool_use"})),
    ]);
    assert_eq!(chunks[1]["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"], "{}");
    assert_eq!(chunks[2]["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn an_answer_by_tool_is_text_and_stops() {
    let chunks = chunks(&[
        ("contentBlockStart", json!({"start": {"toolUse": {"toolUseId": "x", "name": "json_tool_call"}}})),
        ("contentBlockDelta", json!({"delta": {"toolUse": {"input": "{\"a\":1}"}}})),
        ("contentBlockStop", json!({})),
        ("messageStop", json!({"stopReason": "tool_use"})),
        ("metadata", json!({"usage": {"inputTokens": 1, "outputTokens": 2}, "trace": {"guardrail": {}}})),
    ]);
    assert_eq!(chunks[0]["choices"][0]["delta"]["content"], "{\"a\":1}");
    assert_eq!(chunks[1]["choices"][0]["finish_reason"], "stop");
    assert_eq!(chunks[1]["trace"], json!({"guardrail": {}}));
    assert_eq!(chunks[2]["usage"]["total_tokens"], 3);
}

#[test]
fn thinking_is_counted_where_the_model_counts_it() {
    let chunks = chunks(&[
        ("contentBlockDelta", json!({"delta": {"reasoningContent": {"text": "hm"}}})),
        (
            "messageStop",
            json!({"stopReason": "end_turn",
            "additionalModelResponseFields": {"usage": {"output_tokens_details": {"thinking_tokens": 40}}}}),
        ),
        ("metadata", json!({"usage": {"inputTokens": 1, "outputTokens": 50}})),
    ]);
    let details = &chunks[2]["usage"]["completion_tokens_details"];
    assert_eq!(*details, json!({"reasoning_tokens": 40, "text_tokens": 10}));
}
