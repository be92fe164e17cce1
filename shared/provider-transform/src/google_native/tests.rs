//! What callers of generateContent say and hear: to Google as it is, to others over the hub, and from them in pieces.

use serde_json::{Value, json};

use crate::google_native::GoogleFormat;
use crate::{
    Cx, Fault, Files, Format, Frames, ModelInfo, Object, Plan, ProviderError, Settings, Supports, TransformError, View,
    find,
};

fn view() -> View<'static> {
    View { model: "shown", shows_usage: false, prompt_tokens: 5, provider: "openai", model_id: None }
}

fn with_cx<T>(slug: &str, model: &str, params: &Value, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    let mut own = json!({"vertex_project": "p", "vertex_location": "us-east5", "aws_region_name": "us-east-1"});
    own.as_object_mut().unwrap().extend(object(params));
    run(&Cx {
        provider: find(slug).unwrap(),
        model,
        params: own.as_object().unwrap(),
        settings: Settings::default(),
        info: ModelInfo { supports: Supports { reasoning: Some(true), ..Supports::default() }, ..ModelInfo::default() },
        now: 7,
        files: &Files::default(),
        response_id: "chatcmpl-7",
    })
}

fn object(value: &Value) -> Object {
    value.as_object().unwrap().clone()
}

fn body(more: &Value) -> Object {
    let mut body = object(&json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}));
    body.extend(object(more));
    body
}

fn hub(more: &Value) -> Value {
    let format = GoogleFormat::parse("m", false, body(more)).unwrap();
    let chat = format.chat();
    let mut hub = chat.params.clone();
    hub.insert("messages".into(), serde_json::to_value(&chat.messages).unwrap());
    hub.into()
}

fn plan(slug: &str, model: &str, is_stream: bool, more: &Value) -> Result<Plan, TransformError> {
    let format = GoogleFormat::parse(model, is_stream, body(more))?;
    with_cx(slug, model, &json!({}), |cx| crate::plan(&format, cx, &view()))
}

fn sent(plan: &Plan) -> Value {
    serde_json::from_slice(&plan.request.body).unwrap()
}

fn whole(slug: &str, model: &str, answer: &Value) -> Value {
    let plan = plan(slug, model, false, &json!({})).unwrap();
    let whole = with_cx(slug, model, &json!({}), |cx| plan.reader.whole(cx, answer.to_string().as_bytes())).unwrap();
    serde_json::from_slice(&whole.body).unwrap()
}

fn stream(slug: &str, model: &str, bytes: &[u8], step: usize) -> Result<Vec<Value>, ProviderError> {
    let plan = plan(slug, model, true, &json!({})).unwrap();
    with_cx(slug, model, &json!({}), |cx| {
        let mut stream = plan.reader.stream(cx);
        let mut out = Frames::default();
        for piece in bytes.chunks(step) {
            stream.push(piece, &mut out)?;
        }
        stream.finish(&mut out)?;
        let text = std::str::from_utf8(&out.bytes).unwrap();
        assert!(!text.contains("[DONE]") && !text.contains("event:"));
        let events = text.lines().filter_map(|it| it.strip_prefix("data: "));
        Ok(events.map(|it| serde_json::from_str(it).unwrap()).collect())
    })
}

fn events(list: &[Value]) -> Vec<u8> {
    let event = |it: &Value| match it["type"].as_str() {
        Some(name) => format!("event: {name}\ndata: {it}\n\n"),
        None => format!("data: {it}\n\n"),
    };
    list.iter().map(event).collect::<String>().into_bytes()
}

#[test]
fn requests_in_the_hubs_form() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("tests/requests.json")).unwrap();
    assert!(cases.len() > 15);
    for case in cases {
        let hub = hub(&case["sent"]);
        for (name, expected) in object(&case["hub"]) {
            assert_eq!(hub.get(&name).unwrap_or(&Value::Null), &expected, "{name} of {}", case["about"]);
        }
    }
}

#[test]
fn what_only_google_understands_is_named() {
    for (more, name) in [
        (json!({"tools": [{"codeExecution": {}}]}), "tools[0].codeExecution"),
        (json!({"tools": [{"url_context": {}}]}), "tools[0].url_context"),
        (json!({"cachedContent": "cachedContents/1"}), "cachedContent"),
        (json!({"generationConfig": {"responseMimeType": "text/x.enum"}}), "generationConfig.responseMimeType"),
        (json!({"contents": [{"parts": [{"executableCode": {}}]}]}), "contents[0].parts[0]"),
    ] {
        let refused = plan("openai", "gpt-4o", false, &more).err();
        let expected = TransformError::Unsupported { params: vec![name.into()], provider: "openai" };
        assert_eq!(refused, Some(expected));
        assert!(plan("gemini", "gemini-2.5-pro", false, &more).is_ok());
    }
    for (more, name) in [
        (json!({"safetySettings": [{"category": "c"}]}), "safetySettings"),
        (json!({"labels": {"a": "b"}}), "labels"),
        (json!({"generationConfig": {"mediaResolution": "x"}}), "generationConfig.mediaResolution"),
        (json!({"brandNew": 1}), "brandNew"),
    ] {
        let plan = plan("openai", "gpt-4o", false, &more).unwrap();
        assert_eq!(plan.request.dropped, [name]);
    }
}

#[test]
fn bad_requests_name_the_field() {
    for (more, at) in [
        (json!({"contents": []}), "contents"),
        (json!({"contents": "Hi"}), "contents"),
        (json!({"contents": [{"role": "system", "parts": []}]}), "contents[0].role"),
        (json!({"contents": [{"parts": ["Hi"]}]}), "contents[0].parts[0]"),
        (json!({"tools": {}}), "tools"),
        (json!({"tools": [{"functionDeclarations": [{}]}]}), "tools[0].functionDeclarations[0].name"),
        (json!({"generationConfig": 1}), "generationConfig"),
        (
            json!({"generationConfig": {"thinkingConfig": {"thinkingLevel": "x"}}}),
            "generationConfig.thinkingConfig.thinkingLevel",
        ),
        (
            json!({
                "tools": [{"functionDeclarations": [{"name": "f"}]}],
                "toolConfig": {"functionCallingConfig": {"mode": "MAYBE"}}
            }),
            "toolConfig.functionCallingConfig.mode",
        ),
    ] {
        let error = GoogleFormat::parse("m", false, body(&more)).unwrap_err();
        assert!(matches!(&error, TransformError::Invalid { param, .. } if param == at), "{error} instead of {at}");
    }
}

#[test]
fn google_gets_what_was_sent() {
    let more = json!({
        "brand_new": {"a": [1]}, "safetySettings": [], "generation_config": {"top_k": 3, "maxOutputTokens": 9},
        "tools": [{"urlContext": {}}], "model": "other", "drop_params": true
    });
    let mut format = GoogleFormat::parse("m", true, body(&more)).unwrap();
    format.set(&object(&json!({"max_tokens": 4})));
    let defaults = json!({"temperature": 0.5, "top_k": 1, "extra_body": {"labels": {"a": "b"}}});
    let plan = with_cx("gemini", "gemini-2.5-pro", &defaults, |cx| crate::plan(&format, cx, &view())).unwrap();
    let google = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro";
    assert_eq!(plan.request.url, format!("{google}:streamGenerateContent?alt=sse"));
    let expected = json!({
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "brand_new": {"a": [1]}, "safetySettings": [],
        "generation_config": {"top_k": 3, "maxOutputTokens": 4, "temperature": 0.5},
        "tools": [{"urlContext": {}}], "labels": {"a": "b"}
    });
    assert_eq!(sent(&plan), expected);
    let third = self::plan("gemini", "gemini-3-pro", false, &json!({})).unwrap();
    assert_eq!(sent(&third), json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}));
    let vertex = self::plan("vertex_ai", "gemini-2.5-pro", false, &json!({"cachedContent": "c"})).unwrap();
    let place = "https://us-east5-aiplatform.googleapis.com/v1beta1/projects/p/locations/us-east5";
    assert_eq!(vertex.request.url, format!("{place}/publishers/google/models/gemini-2.5-pro:generateContent"));
}

#[test]
fn google_counts_what_was_sent() {
    let format = GoogleFormat::parse_to_count(
        "m",
        object(&json!({
            "generateContentRequest": {"model": "models/x", "contents": [{"parts": [{"text": "Hi"}]}], "newField": 1}
        })),
    );
    let format = format.unwrap();
    let at = |slug: &str| with_cx(slug, "gemini-2.5-pro", &json!({}), |cx| format.count(cx).unwrap().unwrap());
    let studio = at("gemini");
    assert!(studio.request.url.ends_with("/v1beta/models/gemini-2.5-pro:countTokens"));
    let asked: Value = serde_json::from_slice(&studio.request.body).unwrap();
    let contents = json!([{"parts": [{"text": "Hi"}]}]);
    let whole = json!({"contents": contents, "newField": 1, "model": "models/gemini-2.5-pro"});
    assert_eq!(asked, json!({"generateContentRequest": whole}));
    let asked: Value = serde_json::from_slice(&at("vertex_ai").request.body).unwrap();
    assert_eq!(asked, json!({"contents": contents}));
    assert_eq!((studio.read)(br#"{"totalTokens": 31}"#), Some(31));
    assert!(with_cx("openai", "gpt-4o", &json!({}), |cx| format.count(cx)).is_none());
}

#[test]
fn googles_answer_passes() {
    let answer = json!({
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Hi", "new": 1}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4},
        "modelVersion": "gemini-x", "responseId": "r", "brandNew": true
    });
    let mut expected = answer.clone();
    expected["modelVersion"] = "shown".into();
    assert_eq!(whole("gemini", "gemini-2.5-pro", &answer), expected);
    let bytes = events(&[json!({"candidates": [{"content": {"parts": [{"text": "H"}]}}]}), answer]);
    for step in [1, 2, 3, 7, 64, 4096] {
        let events = stream("vertex_ai", "gemini-2.5-pro", &bytes, step).unwrap();
        assert_eq!(events.last(), Some(&expected));
        assert_eq!(events.len(), 2);
    }
    let cut = events(&[json!({"candidates": [{"content": {"parts": [{"text": "H"}]}}]})]);
    assert!(stream("gemini", "gemini-2.5-pro", &cut, 9).is_err());
}

#[test]
fn thoughts_calls_and_refusals_of_whole_answers() {
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
    let message = json!({"role": "assistant", "content": "T", "reasoning_content": "R", "tool_calls": [call]});
    let usage = json!({
        "prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16,
        "prompt_tokens_details": {"cached_tokens": 2}, "completion_tokens_details": {"reasoning_tokens": 4}
    });
    let choice = json!({"index": 0, "message": message, "finish_reason": "tool_calls"});
    let answer = json!({"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage});
    let parts = json!([
        {"text": "R", "thought": true},
        {"text": "T"},
        {"functionCall": {"name": "f", "args": {"a": 1}, "id": "c"}}
    ]);
    let expected = json!({
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 16,
            "thoughtsTokenCount": 4, "cachedContentTokenCount": 2
        },
        "modelVersion": "shown", "responseId": "x"
    });
    assert_eq!(whole("groq", "m", &answer), expected);
    for (reason, googles) in [("stop", "STOP"), ("length", "MAX_TOKENS"), ("content_filter", "SAFETY")] {
        let choice = json!({"index": 0, "message": {"role": "assistant", "content": "T"}, "finish_reason": reason});
        let answer = whole("groq", "m", &json!({"choices": [choice]}));
        assert_eq!(answer["candidates"][0]["finishReason"], googles);
        assert_eq!(answer["usageMetadata"]["promptTokenCount"], 5);
    }
}

#[test]
fn streams_say_calls_whole_and_end_once() {
    let chunk = |delta: Value, finish: Value| json!({"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let call = |index: u64, id: Value, name: Value, piece: &str| json!({"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": piece}}]});
    let bytes = [
        events(&[
            chunk(json!({"role": "assistant", "content": "Hé"}), Value::Null),
            chunk(call(0, json!("a"), json!("f"), "{\"x\":"), Value::Null),
            chunk(call(1, json!("b"), json!("g"), ""), Value::Null),
            chunk(call(0, Value::Null, Value::Null, "1}"), Value::Null),
            chunk(json!({}), json!("tool_calls")),
            json!({"id": "x", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}),
        ]),
        b"data: [DONE]\n\n".to_vec(),
    ]
    .concat();
    let calls = json!([
        {"functionCall": {"name": "f", "args": {"x": 1}, "id": "a"}},
        {"functionCall": {"name": "g", "args": {}, "id": "b"}}
    ]);
    let text = json!({"content": {"role": "model", "parts": [{"text": "Hé"}]}, "index": 0});
    let end = json!({"content": {"role": "model", "parts": calls}, "finishReason": "STOP", "index": 0});
    let usage = json!({"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5});
    let expected = vec![
        json!({"candidates": [text], "modelVersion": "shown", "responseId": "x"}),
        json!({"candidates": [end], "usageMetadata": usage, "modelVersion": "shown", "responseId": "x"}),
    ];
    for step in [1, 2, 3, 7, 64, 4096] {
        assert_eq!(stream("groq", "m", &bytes, step).unwrap(), expected);
    }
}

#[test]
fn signed_thoughts_of_claude_come_back() {
    let bytes = events(&[
        json!({"type": "message_start", "message": {"id": "msg_1", "role": "assistant", "model": "c", "content": [], "usage": {"input_tokens": 3, "output_tokens": 0}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "m."}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "S"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"a\":2}"}}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]);
    for step in [1, 2, 3, 7, 64, 4096] {
        let answer = stream("anthropic", "claude-sonnet-4-5", &bytes, step).unwrap();
        let parts = answer.iter().flat_map(|it| it["candidates"][0]["content"]["parts"].as_array().unwrap().clone());
        let parts: Vec<Value> = parts.collect();
        assert_eq!(answer.iter().filter(|it| it["candidates"][0].get("finishReason").is_some()).count(), 1);
        let result = json!({"functionResponse": {"name": "f", "response": {"output": "ok"}}});
        let turns = json!({
            "contents": [
                {"role": "user", "parts": [{"text": "Hi"}]},
                {"role": "model", "parts": parts},
                {"role": "user", "parts": [result]}
            ],
            "tools": [{"functionDeclarations": [{"name": "f"}]}],
            "generationConfig": {"thinkingConfig": {"thinkingBudget": 2048}, "maxOutputTokens": 4096}
        });
        let next = sent(&plan("anthropic", "claude-sonnet-4-5", false, &turns).unwrap());
        let said = &next["messages"][1]["content"];
        assert_eq!(said[0], json!({"type": "thinking", "thinking": "Hmm.", "signature": "S"}));
        assert_eq!(said[1], json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 2}}));
        assert_eq!(next["messages"][2]["content"][0]["tool_use_id"], "t");
        assert_eq!(next["thinking"], json!({"type": "enabled", "budget_tokens": 2048}));
    }
}

#[test]
fn failures_have_googles_names() {
    for (status, name) in [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (408, "DEADLINE_EXCEEDED"),
        (413, "INVALID_ARGUMENT"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (502, "UNAVAILABLE"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ] {
        let fault = Fault { status, message: "No.".into(), ..Fault::default() };
        let expected = json!({"error": {"code": status, "message": "No.", "status": name}});
        assert_eq!(super::error_object(&fault), expected);
    }
}
