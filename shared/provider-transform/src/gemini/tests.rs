use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::wire::request::Content;

use crate::{
    ChatChunk, ChatRequest, Cx, ErrorClass, File, Files, ModelInfo, Object, ProviderError, ProviderRequest, Settings,
    TransformError, find,
};

const THIRD: &str = "gemini-3-pro-preview";
const SECOND: &str = "gemini-2.5-flash";

fn with_cx<T>(slug: &str, model: &str, files: &Files, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    let params: Object = [("vertex_project".to_owned(), json!("p"))].into_iter().collect();
    run(&Cx {
        provider: find(slug).unwrap(),
        model,
        params: &params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        now: 7,
        files,
        response_id: "chatcmpl-ab-cd",
    })
}

fn send_with(slug: &str, model: &str, files: &Files, body: Value) -> Result<ProviderRequest, TransformError> {
    let mut body = body;
    body["model"] = json!(model);
    let req = ChatRequest::parse(&serde_json::to_vec(&body).unwrap()).unwrap();
    with_cx(slug, model, files, |cx| cx.provider.chat.unwrap().request(cx, &req))
}

fn send(model: &str, body: Value) -> Result<(Value, ProviderRequest), TransformError> {
    let sent = send_with("gemini", model, &Files::default(), body)?;
    Ok((serde_json::from_slice(&sent.body).unwrap(), sent))
}

fn say(content: impl Into<Value>) -> Value {
    json!({"messages": [{"role": "user", "content": content.into()}]})
}

fn with_parameters(parameters: Value) -> Value {
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": parameters}});
    json!({"messages": [{"role": "user", "content": "hi"}], "tools": [tool]})
}

fn parameters(parameters: Value) -> Value {
    send(SECOND, with_parameters(parameters)).unwrap().0["tools"][0]["function_declarations"][0]["parameters"].clone()
}

fn stream(events: &[Value]) -> (Vec<ChatChunk>, Result<(), ProviderError>) {
    with_cx("gemini", SECOND, &Files::default(), |cx| {
        let (mut stream, mut out) = (cx.provider.chat.unwrap().stream(cx), Vec::new());
        for event in events {
            if let Err(error) = stream.push(format!("data: {event}\r\n\r\n").as_bytes(), &mut out) {
                return (out, Err(error));
            }
        }
        let end = stream.finish(&mut out);
        (out, end)
    })
}

fn answer(body: &Value) -> Result<Value, ProviderError> {
    with_cx("gemini", SECOND, &Files::default(), |cx| {
        let (answer, _) = cx.provider.chat.unwrap().response(cx, body.to_string().as_bytes())?;
        Ok(serde_json::to_value(answer).unwrap())
    })
}

fn candidate(index: u64, parts: Value, finish: Option<&str>) -> Value {
    json!({"candidates": [{"index": index, "content": {"role": "model", "parts": parts}, "finishReason": finish}]})
}

#[test]
fn references_are_written_out_within_bounds() {
    let doubling = |levels: usize| {
        let mut defs = Object::new();
        for level in 0..levels {
            let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
            defs.insert(format!("d{level}"), json!({"type": "object", "properties": {"a": next, "b": next}}));
        }
        defs.insert(format!("d{levels}"), json!({"type": "string"}));
        json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": defs})
    };
    assert_eq!(parameters(doubling(1))["properties"]["x"]["properties"]["b"], json!({"type": "string"}));
    assert!(matches!(send(SECOND, with_parameters(doubling(40))), Err(TransformError::Invalid { .. })));
    let mut deep = json!({"type": "string"});
    for _ in 0..100 {
        deep = json!({"type": "array", "items": deep});
    }
    assert!(matches!(send(SECOND, with_parameters(deep)), Err(TransformError::Invalid { .. })));
    let loops = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
    let (_, sent) = send(SECOND, with_parameters(loops.clone())).unwrap();
    assert_eq!(sent.dropped, ["tools[0].function.parameters.$ref"]);
    assert_eq!(parameters(loops)["properties"]["next"]["properties"]["next"], json!({"type": "object"}));
    let nowhere = with_parameters(json!({"$ref": "#/$defs/a~1b"}));
    assert!(matches!(send(SECOND, nowhere), Err(TransformError::Invalid { .. })));
}

#[test]
fn json_schema_in_googles_words() {
    let table = [
        (
            json!({"oneOf": [{"const": "a"}, {"type": "integer"}]}),
            json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer"}]}),
        ),
        (json!({"enum": ["x", null]}), json!({"type": "string", "nullable": true, "enum": ["x"]})),
        (
            json!({"type": ["string", "null"], "enum": ["x", null]}),
            json!({"anyOf": [{"type": "string", "nullable": true, "enum": ["x"]}, {"type": "null"}]}),
        ),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "null"}], "description": "d", "default": null}),
            json!({"anyOf": [{"type": "string", "nullable": true, "description": "d"}]}),
        ),
        (
            json!({"allOf": [{"required": ["a"]}, {"properties": {"a": true}, "required": ["b"]}]}),
            json!({"required": ["a", "b"], "properties": {"a": {"type": "object"}}, "type": "object"}),
        ),
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}]}),
            json!({"type": "array", "items": {"anyOf": [{"type": "string"}]}}),
        ),
        (json!({"type": ["integer"], "format": "int64"}), json!({"type": "integer", "format": "int64"})),
        (json!({"type": "string", "format": "email"}), json!({"type": "string"})),
        (json!({"anyOf": [{"type": "null"}]}), json!({"type": "object"})),
    ];
    for (sent, want) in table {
        let have = parameters(json!({"type": "object", "properties": {"it": sent}}));
        assert_eq!(have["properties"]["it"], want, "{sent}");
    }
}

#[test]
fn signatures_go_out_and_come_back() {
    let parts = json!([
        {"text": "hm", "thought": true},
        {"functionCall": {"name": "f", "args": {}, "id": "x"}, "thoughtSignature": "c2ln"},
        {"functionCall": {"name": "g", "args": {"a": 1}}},
    ]);
    let body = answer(&candidate(0, parts, Some("STOP"))).unwrap();
    let message = &body["choices"][0]["message"];
    assert_eq!(message["tool_calls"][0]["id"], "x__thought__c2ln");
    assert_eq!(message["tool_calls"][1]["id"], "call_abcd_0");
    let results = [("x__thought__c2ln", "1"), ("call_abcd_0", "2")];
    let results = results.map(|(id, content)| json!({"role": "tool", "tool_call_id": id, "content": content}));
    // A client that keeps the ids alone.
    let mut calls = message["tool_calls"].clone();
    calls[0].as_object_mut().unwrap().shift_remove("provider_specific_fields");
    let assistant = json!({"role": "assistant", "content": null, "tool_calls": calls});
    let user = json!({"role": "user", "content": "go"});
    let history = json!({"messages": [user, assistant, results[0], results[1]]});
    let (body, _) = send(THIRD, history.clone()).unwrap();
    let calls = &body["contents"][1]["parts"];
    assert_eq!(calls[0], json!({"function_call": {"name": "f", "args": {}, "id": "x"}, "thoughtSignature": "c2ln"}));
    assert_eq!(calls[1], json!({"function_call": {"name": "g", "args": {"a": 1}, "id": "call_abcd_0"}}));
    assert_eq!(body["contents"][2]["parts"][0]["function_response"]["id"], "x");
    let (body, _) = send(SECOND, history).unwrap();
    assert_eq!(body["contents"][1]["parts"][0]["function_call"].get("id"), None);
}

#[test]
fn what_googles_tools_did_goes_back() {
    let parts = json!([{"executableCode": {"code": "1"}}, {"codeExecutionResult": {"output": "1"}}, {"text": "one"}]);
    let body = answer(&candidate(0, parts, Some("STOP"))).unwrap();
    let message = body["choices"][0]["message"].clone();
    let next = json!({"messages": [{"role": "user", "content": "a"}, message, {"role": "user", "content": "b"}]});
    let (body, _) = send(SECOND, next).unwrap();
    let want = json!([{"executableCode": {"code": "1"}}, {"codeExecutionResult": {"output": "1"}}, {"text": "one"}]);
    assert_eq!(body["contents"][1]["parts"], want);
}

#[test]
fn a_malformed_call_alone_is_a_failure() {
    let finish = Some("MALFORMED_FUNCTION_CALL");
    let silent = candidate(0, json!([]), finish);
    assert_eq!(answer(&silent).unwrap_err().class, ErrorClass::BadGateway);
    assert_eq!(stream(std::slice::from_ref(&silent)).1.unwrap_err().status, 502);
    let spoken = candidate(0, json!([{"text": "so"}]), finish);
    assert_eq!(answer(&spoken).unwrap()["choices"][0]["finish_reason"], "stop");
    let (chunks, end) = stream(&[candidate(0, json!([{"text": "so"}]), None), silent]);
    end.unwrap();
    assert_eq!(chunks.last().unwrap().choices[0].finish_reason.as_deref(), Some("stop"));
}

#[test]
fn answers_that_were_cut_say_so_beside_their_calls() {
    let call = json!([{"functionCall": {"name": "f", "args": {}}}]);
    let reason =
        |native| answer(&candidate(0, call.clone(), Some(native))).unwrap()["choices"][0]["finish_reason"].clone();
    assert_eq!(reason("MAX_TOKENS"), "length");
    assert_eq!(reason("SAFETY"), "content_filter");
    assert_eq!(reason("STOP"), "tool_calls");
    let filtered = answer(&candidate(0, json!([{"text": "par"}]), Some("RECITATION"))).unwrap();
    assert_eq!(filtered["choices"][0]["message"]["content"], "par");
}

#[test]
fn every_answer_of_a_stream_ends_once() {
    let text = |index, text: &str, finish| candidate(index, json!([{"text": text}]), finish);
    let (chunks, end) =
        stream(&[text(0, "a", None), text(1, "b", None), text(1, "c", Some("STOP")), text(0, "d", Some("MAX_TOKENS"))]);
    end.unwrap();
    let ends = chunks.iter().flat_map(|it| &it.choices);
    let ends: Vec<_> = ends.filter_map(|it| Some((it.index, it.finish_reason.as_deref()?))).collect();
    assert_eq!(ends, [(0, "length"), (1, "stop")]);
    let roles = chunks.iter().flat_map(|it| &it.choices).filter(|it| it.delta.role.is_some()).count();
    assert_eq!(roles, 2);
    let (_, end) = stream(&[text(0, "a", Some("STOP")), text(1, "b", None)]);
    assert_eq!(end, Err(ProviderError::cut("gemini")));
    assert_eq!(stream(&[]).1, Err(ProviderError::cut("gemini")));
    let many: Vec<_> = (0..1000).map(|index| text(index, "a", None)).collect();
    assert_eq!(stream(&many).1.unwrap_err().class, ErrorClass::Api);
}

#[test]
fn ratings_of_a_long_stream_are_not_collected() {
    let event = json!({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP", "safetyRatings": [{"category": "c"}]}]});
    let (chunks, end) = stream(&vec![event; 50]);
    end.unwrap();
    assert_eq!(chunks.last().unwrap().rest["vertex_ai_safety_results"], json!([[{"category": "c"}]]));
}

#[test]
fn streams_of_a_broken_provider_are_errors() {
    for data in ["data: {not json\n\n", "data: \"x\"\n\n", "data: {\"candidates\": 1}\n\n"] {
        let error = with_cx("gemini", SECOND, &Files::default(), |cx| {
            cx.provider.chat.unwrap().stream(cx).push(data.as_bytes(), &mut Vec::new())
        });
        assert_eq!(error.unwrap_err().class, ErrorClass::Api, "{data}");
    }
    let (_, end) = stream(&[json!({"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}})]);
    assert_eq!(end.unwrap_err().class, ErrorClass::RateLimit);
}

#[test]
fn no_name_leads_to_another_host_or_path() {
    let (_, sent) = send("gemini-2.5/../../x?y#z:w", say("hi")).unwrap();
    let want =
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5%2F..%2F..%2Fx%3Fy%23z%3Aw:generateContent";
    assert_eq!(sent.url, want);
}

#[test]
fn files_are_asked_for_once_and_all_at_once() {
    let image = |url: &str| json!({"type": "image_url", "image_url": url});
    let (a, b) = ("https://a.example/a", "http://b.example/b.png");
    let body = say(json!([image(a), image(b), image(a), image("gs://c/d.png"), image("https://youtu.be/x")]));
    let mut files = Files::default();
    let Err(TransformError::NeedsFiles { urls }) = send_with("gemini", SECOND, &files, body.clone()) else { panic!() };
    assert_eq!(urls, [a, b]);
    for url in urls {
        files.insert(url, File { media_type: String::new(), bytes: Bytes::from_static(b"GIF89a") });
    }
    let sent = send_with("gemini", SECOND, &files, body.clone()).unwrap();
    let sent: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(sent["contents"][0]["parts"][0]["inline_data"], json!({"data": "R0lGODlh", "mime_type": "image/gif"}));
    let unknown = json!([image("file:///etc/passwd")]);
    assert!(matches!(send(SECOND, say(unknown)), Err(TransformError::Invalid { .. })));
    // Vertex AI fetches what it is told the type of.
    let Err(TransformError::NeedsFiles { urls }) = send_with("vertex_ai", SECOND, &Files::default(), body) else {
        panic!()
    };
    assert_eq!(urls, [a, b]);
}

#[test]
fn tiers_have_a_header_at_vertex_ai() {
    let tier = |slug, tier| {
        let sent = send_with(
            slug,
            SECOND,
            &Files::default(),
            json!({"messages": [{"role": "user", "content": "hi"}], "service_tier": tier}),
        );
        let sent = sent.unwrap();
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        (body["serviceTier"].clone(), sent.headers.get("x-vertex-ai-llm-shared-request-type").cloned())
    };
    assert_eq!(tier("vertex_ai", "flex"), (Value::Null, Some("flex".parse().unwrap())));
    assert_eq!(tier("vertex_ai", "auto"), (Value::Null, None));
    assert_eq!(tier("gemini", "auto"), (Value::Null, None));
    assert_eq!(tier("gemini", "default"), (json!("standard"), None));
}

#[test]
fn searching_gives_way_to_functions() {
    let function = json!({"type": "function", "function": {"name": "f"}});
    let body = |more: Value| json!({"messages": [{"role": "user", "content": "hi"}], "tools": [function, more]});
    let (sent, request) = send(SECOND, body(json!({"type": "web_search", "search_context_size": "high"}))).unwrap();
    assert_eq!(sent["tools"], json!([{"function_declarations": [{"name": "f"}]}]));
    assert_eq!(request.dropped, ["tools[1].search_context_size", "tools.googleSearch"]);
    assert!(send(SECOND, body(json!({"type": "file_search", "vector_store_ids": ["v"]}))).is_err());
    let mut both = body(json!({"googleSearch": {}}));
    both["include_server_side_tool_invocations"] = json!(true);
    let (sent, _) = send(THIRD, both).unwrap();
    assert_eq!(sent["tools"][1], json!({"googleSearch": {}}));
    assert_eq!(sent["toolConfig"], json!({"includeServerSideToolInvocations": true}));
}

#[test]
fn both_spellings_are_read() {
    let calls = json!({"name": "f", "args": {"a": 1}});
    for (call, data, kind) in
        [("functionCall", "inlineData", "mimeType"), ("function_call", "inline_data", "mime_type")]
    {
        let sent = json!({"role": "model", "parts": [{call: calls, "thoughtSignature": "s"}, {data: {"data": "AA", kind: "image/png"}, "new": 1}]});
        let read: Content<'_> = serde_json::from_value(sent).unwrap();
        assert_eq!(read.parts[0].function_call.as_ref().unwrap().name, "f");
        assert_eq!(read.parts[0].thought_signature.as_deref(), Some("s"));
        assert_eq!(read.parts[1].inline_data.as_ref().unwrap().mime_type, "image/png");
        assert_eq!(read.parts[1].rest, *json!({"new": 1}).as_object().unwrap());
    }
}

/// Words of schemas, of messages and of tools with values of any type.
fn anything() -> impl Strategy<Value = Value> {
    const WORDS: &[&str] = &[
        "$defs",
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "content",
        "enum",
        "file",
        "file_data",
        "function",
        "image_url",
        "items",
        "name",
        "oneOf",
        "parameters",
        "prefixItems",
        "properties",
        "required",
        "text",
        "tool_calls",
        "type",
        "url",
    ];
    const TEXTS: &[&str] = &[
        "",
        "#",
        "#/$defs/type",
        "array",
        "data:a/b;base64,AA",
        "file",
        "image_url",
        "null",
        "object",
        "string",
        "text",
    ];
    let leaf = prop_oneof![
        prop::sample::select(TEXTS).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
        Just(Value::Bool(true)),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let fields = prop::collection::vec((prop::sample::select(WORDS), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            fields.prop_map(|it| it.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_is_sent_or_refused(schema in anything(), content in anything(), tools in anything(), assistant in anything()) {
        send(SECOND, with_parameters(schema.clone())).ok();
        let mut body = say(content);
        body["tools"] = tools;
        body["response_format"] = json!({"type": "json_object", "response_schema": schema});
        send("gemini-1.5-pro", body.clone()).ok();
        if let Value::Object(mut message) = assistant {
            message.insert("role".into(), json!("assistant"));
            body["messages"].as_array_mut().unwrap().push(Value::Object(message));
            send(THIRD, body).ok();
        }
    }
}
