//! What recorded cases do not show of Cohere's protocol.

use serde_json::{Value, json};

use crate::{ChatChunk, ChatRequest, Cx, Files, ModelInfo, Object, ProviderError, Settings, find};

fn with_cx<T>(params: &Object, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    run(&Cx {
        provider: find("cohere_chat").unwrap(),
        model: "command-a",
        params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        now: 7,
        files: &Files::default(),
        response_id: "r",
    })
}

fn sent(request: &Value, deployment: &Value) -> (String, Value) {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "u"}]});
    body.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    let req = ChatRequest::parse(body.to_string().as_bytes()).unwrap();
    with_cx(deployment.as_object().unwrap(), |cx| {
        let request = cx.provider.chat.unwrap().request(cx, &req).unwrap();
        (request.url, serde_json::from_slice(&request.body).unwrap())
    })
}

fn streamed(events: &[Value]) -> (Vec<ChatChunk>, Result<(), ProviderError>) {
    let events: Vec<String> = events.iter().map(|it| format!("event: x\ndata: {it}\n\n")).collect();
    with_cx(&Object::new(), |cx| {
        let (mut stream, mut out) = (cx.provider.chat.unwrap().stream(cx), Vec::new());
        let end = stream.push(events.concat().as_bytes(), &mut out).and_then(|()| stream.finish(&mut out));
        (out, end)
    })
}

#[test]
fn addresses() {
    for base in ["https://h.example", "https://h.example/v1", "https://h.example/v2/", "https://h.example/v2/chat"] {
        assert_eq!(sent(&json!({}), &json!({"api_base": base})).0, "https://h.example/v2/chat", "{base}");
    }
}

#[test]
fn choices_of_tools() {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
    let tools = json!([tool("f"), tool("g")]);
    let cases = [
        (json!("auto"), None, tools.clone()),
        (json!("none"), Some("NONE"), tools.clone()),
        (json!("required"), Some("REQUIRED"), tools.clone()),
        (tool("g"), Some("REQUIRED"), json!([tool("g")])),
    ];
    for (choice, word, offered) in cases {
        let (_, body) = sent(&json!({"tools": tools, "tool_choice": choice, "stop": "x"}), &json!({}));
        assert_eq!((body.get("tool_choice").and_then(Value::as_str), &body["tools"]), (word, &offered), "{choice}");
        assert_eq!(body["stop_sequences"], json!(["x"]));
    }
}

#[test]
fn a_stream_of_everything() {
    let message = |kind: &str, message: Value| json!({"type": kind, "delta": {"message": message}});
    let source = json!({"type": "document", "id": "d", "document": {"url": "https://h.example", "title": "T"}});
    let cited = json!({"citations": {"start": 0, "end": 2, "text": "Hi", "sources": [source]}});
    let usage = json!({"tokens": {"input_tokens": 1}});
    let (chunks, end) = streamed(&[
        json!({"type": "message-start", "id": "i", "delta": {"message": {"role": "assistant"}}}),
        message("content-delta", json!({"content": {"thinking": "hm"}})),
        message("content-delta", json!({"content": {"text": "Hi"}})),
        message("citation-start", cited),
        message("tool-call-start", json!({"tool_calls": {"id": "a", "function": {"name": "f", "arguments": ""}}})),
        message("tool-call-delta", json!({"tool_calls": {"function": {"arguments": "{}"}}})),
        message("tool-call-start", json!({"tool_calls": {"id": "b", "function": {"name": "g", "arguments": "{}"}}})),
        json!({"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": usage}}),
    ]);
    end.unwrap();
    let choices: Vec<_> = chunks.iter().flat_map(|it| &it.choices).collect();
    let deltas: Vec<_> = choices.iter().map(|it| &it.delta).collect();
    assert_eq!(deltas[0].role.as_deref(), Some("assistant"));
    assert_eq!(deltas.iter().find_map(|it| it.reasoning_content.as_deref()), Some("hm"));
    assert_eq!(deltas.iter().find_map(|it| it.content.as_deref()), Some("Hi"));
    let annotation = &deltas[2].rest["annotations"][0]["url_citation"];
    assert_eq!(*annotation, json!({"start_index": 0, "end_index": 2, "title": "T", "url": "https://h.example"}));
    let calls: Vec<_> = deltas.iter().flat_map(|it| &it.tool_calls).map(|it| (it.index, it.id.as_deref())).collect();
    assert_eq!(calls, [(0, Some("a")), (0, None), (1, Some("b"))]);
    assert_eq!(choices.iter().find_map(|it| it.finish_reason.as_deref()), Some("tool_calls"));
    assert!(chunks.last().unwrap().is_usage_only());
}

#[test]
fn streams_that_fail() {
    let said = json!({"type": "content-delta", "delta": {"message": {"content": {"text": "Hi"}}}});
    let failed = json!({"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "rate limit exceeded"}});
    assert_eq!(streamed(&[said.clone(), failed]).1.unwrap_err().status, 429);
    assert_eq!(streamed(&[said]).1.unwrap_err().status, 500);
}
