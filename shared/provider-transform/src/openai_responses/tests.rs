//! What recorded cases do not show of the Responses API as a protocol for chat.

use serde_json::{Value, json};

use super::{FOR_CHAT, for_messages};
use crate::{
    ChatChunk, ChatDialect, ChatRequest, Cx, ErrorClass, Files, ModelInfo, Object, ProviderError, ProviderRequest,
    Settings, TransformError, find,
};

fn with_cx<T>(model: &str, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    run(&Cx {
        provider: find("openai").unwrap(),
        model,
        params: &Object::new(),
        settings: Settings::default(),
        info: ModelInfo::default(),
        files: &Files::default(),
        now: 7,
        response_id: "r",
    })
}

fn sent(dialect: &dyn ChatDialect, request: Value) -> Result<(Value, ProviderRequest), TransformError> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "u"}]});
    body.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    let req = ChatRequest::parse(body.to_string().as_bytes()).unwrap();
    with_cx("gpt-4o", |cx| {
        let request = dialect.request(cx, &req)?;
        Ok((serde_json::from_slice(&request.body).unwrap(), request))
    })
}

fn chat(request: Value) -> Value {
    sent(&FOR_CHAT, request).unwrap().0
}

fn streamed(text: &str) -> (Vec<ChatChunk>, Result<(), ProviderError>) {
    with_cx("gpt-4o", |cx| {
        let (mut stream, mut out) = (FOR_CHAT.stream(cx), Vec::new());
        let end = stream.push(text.as_bytes(), &mut out).and_then(|()| stream.finish(&mut out));
        (out, end)
    })
}

fn event(event: Value) -> String {
    format!("data: {event}\n\n")
}

#[test]
fn what_has_no_place_is_refused_in_chat_and_told_of_in_messages() {
    for (param, value) in [("stop", json!(["x"])), ("seed", json!(1)), ("logit_bias", json!({}))] {
        let mut request = json!({});
        request[param] = value;
        let want = TransformError::Unsupported { params: vec![param.into()], provider: "openai" };
        assert_eq!(sent(&FOR_CHAT, request.clone()).unwrap_err(), want);
        let (body, request) = sent(for_messages(false), request).unwrap();
        assert!(body.get(param).is_none());
        assert_eq!(request.dropped, [param]);
    }
}

#[test]
fn leading_system_text_is_the_instructions() {
    let system = |text: &str| json!({"role": "system", "content": text});
    let user = json!({"role": "user", "content": "u"});
    let body = chat(json!({"messages": [system("a"), system("b"), user, system("c")]}));
    assert_eq!(body["instructions"], "a\nb");
    assert_eq!(body["input"][1]["role"], "system");
    let messages = json!({"messages": [system("a"), user]});
    let (inside, _) = sent(for_messages(false), messages.clone()).unwrap();
    let (own, _) = sent(for_messages(true), messages).unwrap();
    assert_eq!((inside.get("instructions"), &own["instructions"]), (None, &json!("a")));
}

#[test]
fn reasoning_goes_back_only_where_it_came_from() {
    let block = |signature: &str| json!({"type": "thinking", "thinking": "t", "signature": signature});
    let history = json!({"messages": [
        {"role": "assistant", "content": "a", "thinking_blocks": [block("gAAAAx"), block("EqoB")]},
    ]});
    let (body, request) = sent(for_messages(false), history).unwrap();
    let summary = json!([{"type": "summary_text", "text": "t"}]);
    assert_eq!(body["input"][0], json!({"type": "reasoning", "summary": summary, "encrypted_content": "gAAAAx"}));
    assert_eq!(body["input"][1]["type"], "message");
    assert_eq!(request.dropped, ["messages[0].thinking_blocks"]);
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    let body = chat(json!({"messages": [{"role": "assistant", "content": "a", "reasoning_items": [item]}]}));
    assert_eq!(body["input"][0], item);
}

#[test]
fn tools_and_schemas_lose_their_inner_objects() {
    let schema = json!({"type": "object", "properties": {}});
    let body = chat(json!({
        "tools": [
            {"type": "function", "function": {"name": "f", "strict": true, "cache_control": {}}},
            {"type": "custom", "custom": {"name": "c"}},
            {"type": "web_search"},
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": schema, "strict": true}},
        "logprobs": true,
        "n": null,
    }));
    let function = json!({"type": "function", "name": "f", "strict": true, "parameters": schema});
    assert_eq!(body["tools"], json!([function, {"type": "custom", "name": "c"}, {"type": "web_search"}]));
    assert_eq!(body["tool_choice"], json!({"type": "function", "name": "f"}));
    assert_eq!(body["text"]["format"], json!({"type": "json_schema", "name": "s", "schema": schema, "strict": true}));
    assert_eq!(body["include"], json!(["message.output_text.logprobs"]));
}

#[test]
fn answers_keep_what_chat_has_no_place_for() {
    let answer = json!({"id": "i", "model": "m", "output": [
        {"type": "web_search_call", "id": "ws_1"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"text": "a"}, {"text": "b"}], "encrypted_content": "gAAAAx"},
        {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ], "usage": {"input_tokens": 3, "output_tokens": 2}});
    let (response, usage) = with_cx("m", |cx| FOR_CHAT.response(cx, answer.to_string().as_bytes())).unwrap();
    let message = &response.choices[0].message;
    assert_eq!(message.reasoning_content.as_deref(), Some("a\n\nb"));
    assert_eq!(message.rest["thinking_blocks"][0]["signature"], "gAAAAx");
    assert_eq!(message.rest["refusal"], "no");
    assert_eq!(message.rest["provider_specific_fields"]["output"][0]["id"], "ws_1");
    assert_eq!((message.tool_calls[0].id.as_str(), message.content.as_deref()), ("c", None));
    assert_eq!(response.choices[0].finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.web_search_requests), (3, 2, 1));
}

#[test]
fn streams_end_as_their_provider_says() {
    let said = event(json!({"type": "response.output_text.delta", "delta": "a"}));
    let done = event(json!({"type": "response.completed", "response": {"output": []}}));
    let cut = json!({"output": [], "incomplete_details": {"reason": "max_output_tokens"}});
    let short = event(json!({"type": "response.incomplete", "response": cut}));
    let cases = [
        (format!("{said}{done}"), Some("stop"), true),
        (format!("{said}{short}"), Some("length"), true),
        (said.clone(), None, false),
        (String::new(), None, false),
    ];
    for (text, reason, is_whole) in cases {
        let (chunks, end) = streamed(&text);
        let found = chunks.iter().flat_map(|it| &it.choices).find_map(|it| it.finish_reason.as_deref());
        assert_eq!((found, end.is_ok()), (reason, is_whole), "{text}");
    }
}

#[test]
fn calls_that_come_whole_are_said_once() {
    let call = |arguments: &str| json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": arguments});
    let added = event(json!({"type": "response.output_item.added", "output_index": 2, "item": call("")}));
    let more = event(json!({"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "{}"}));
    let done = event(json!({"type": "response.output_item.done", "output_index": 2, "item": call("{}")}));
    for text in [format!("{added}{done}"), format!("{added}{more}{done}")] {
        let calls = streamed(&text).0.into_iter().flat_map(|it| it.choices).flat_map(|it| it.delta.tool_calls);
        let said: String = calls.filter_map(|it| it.function.arguments).collect();
        assert_eq!(said, "{}");
    }
}

#[test]
fn failures_inside_streams_keep_their_meaning() {
    let failed = json!({"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "slow down"}});
    let cases = [
        json!({"type": "error", "code": "rate_limit_exceeded", "message": "slow down"}),
        json!({"type": "response.failed", "response": failed}),
    ];
    for case in cases {
        let error = streamed(&event(case)).1.unwrap_err();
        assert_eq!((error.class, error.status), (ErrorClass::RateLimit, 429), "{error}");
    }
}
