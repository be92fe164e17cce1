//! What recorded cases do not show of OpenAI's protocol.

use serde_json::{Value, json};

use super::address;
use crate::{
    Auth, ChatChunk, ChatRequest, Cx, ErrorClass, Files, ModelInfo, Object, ProviderError, Settings, TransformError,
    find,
};

fn with_cx<T>(slug: &str, model: &str, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    let params = Object::new();
    let mut info = ModelInfo::default();
    info.supports.none_reasoning_effort = Some(model == "gpt-5.1");
    info.default_reasoning_effort = (model == "gpt-5.1").then_some("none");
    let settings = Settings::default();
    run(&Cx {
        provider: find(slug).unwrap(),
        model,
        params: &params,
        settings,
        info,
        now: 7,
        files: &Files::default(),
        response_id: "r",
    })
}

fn sent(slug: &str, model: &str, request: Value) -> Result<Value, TransformError> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "u"}]});
    body.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    let req = ChatRequest::parse(body.to_string().as_bytes()).unwrap();
    with_cx(slug, model, |cx| {
        let request = cx.provider.chat.unwrap().request(cx, &req)?;
        Ok(serde_json::from_slice(&request.body).unwrap())
    })
}

fn streamed(text: &str) -> (Vec<ChatChunk>, Result<(), ProviderError>) {
    with_cx("openai", "m", |cx| {
        let (mut stream, mut out) = (cx.provider.chat.unwrap().stream(cx), Vec::new());
        let end = stream.push(text.as_bytes(), &mut out).and_then(|()| stream.finish(&mut out));
        (out, end)
    })
}

fn event(choices: Value) -> String {
    format!("data: {}\n\n", json!({"id": "i", "choices": choices}))
}

#[test]
fn reasoning_models_have_their_own_rules() {
    let refused = [
        ("o3", json!({"temperature": 0.5}), "temperature"),
        ("o3", json!({"top_p": 0.5}), "top_p"),
        ("gpt-5", json!({"temperature": 0}), "temperature"),
        ("gpt-5", json!({"logprobs": true}), "logprobs"),
        ("gpt-5.1", json!({"top_p": 0.5, "reasoning_effort": "low"}), "top_p"),
        ("gpt-5", json!({"stop": "x"}), "stop"),
        ("gpt-4o", json!({"reasoning_effort": "low"}), "reasoning_effort"),
        ("ft:gpt-4o:org::id", json!({"verbosity": "low"}), "verbosity"),
    ];
    for (model, request, param) in refused {
        let want = TransformError::Unsupported { params: vec![param.into()], provider: "openai" };
        assert_eq!(sent("openai", model, request.clone()), Err(want), "{model} {request}");
        let dropping =
            [("drop_params".to_owned(), json!(true))].into_iter().chain(request.as_object().unwrap().clone());
        let body = sent("openai", model, Value::Object(dropping.collect())).unwrap();
        assert!(body.get(param).is_none() && body.get("drop_params").is_none(), "{body}");
    }
    let taken = [
        ("o3", json!({"temperature": 1})),
        ("gpt-5.1", json!({"top_p": 0.5, "temperature": 0})),
        ("gpt-5.1", json!({"temperature": 0, "reasoning_effort": "none"})),
        ("gpt-5-chat-latest", json!({"temperature": 0, "stop": "x", "max_tokens": 1})),
    ];
    for (model, request) in taken {
        let body = sent("openai", model, request.clone()).unwrap();
        assert!(request.as_object().unwrap().iter().all(|(name, value)| body.get(name) == Some(value)), "{body}");
    }
}

#[test]
fn limits_have_one_name() {
    let body = sent("openai", "o3", json!({"max_tokens": 1, "max_completion_tokens": 2})).unwrap();
    assert_eq!((&body["max_completion_tokens"], body.get("max_tokens")), (&json!(2), None));
    let body = sent("groq", "m", json!({"max_tokens": 1, "max_completion_tokens": 2})).unwrap();
    assert_eq!((&body["max_tokens"], body.get("max_completion_tokens")), (&json!(2), None));
}

#[test]
fn metadata_goes_out_with_stored_answers_only() {
    let metadata = json!({"a": "b"});
    assert!(sent("openai", "gpt-4o", json!({"metadata": metadata})).unwrap().get("metadata").is_none());
    assert_eq!(sent("openai", "gpt-4o", json!({"metadata": metadata, "store": true})).unwrap()["metadata"], metadata);
}

#[test]
fn fields_of_other_providers_stay_here() {
    let message =
        json!({"role": "assistant", "content": "a", "thinking_blocks": [], "provider_specific_fields": {}, "x": 1});
    let body = sent("openai", "gpt-4o", json!({"messages": [message]})).unwrap();
    assert_eq!(body["messages"], json!([{"role": "assistant", "content": "a", "x": 1}]));
}

#[test]
fn streams_end_as_their_provider_says() {
    let said = event(json!([{"index": 0, "delta": {"content": "a"}}]));
    let calls = event(json!([{"index": 0, "delta": {"tool_calls": [{"id": "c", "function": {"name": "f"}}]}}]));
    let done = "data: [DONE]\n\n";
    let stop = event(json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]));
    let odd = event(json!([{"index": 0, "delta": {}, "finish_reason": "odd"}]));
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";
    let cases = [
        (format!("{said}{stop}{usage}{done}"), Some("stop"), true, true),
        (format!("{said}{usage}{stop}"), Some("stop"), true, true),
        (format!("{said}{odd}{done}"), Some("stop"), true, false),
        (format!("{said}{done}"), Some("stop"), true, false),
        (format!("{calls}{done}"), Some("tool_calls"), true, false),
        (said.clone(), None, false, false),
        (format!("{said}{usage}"), None, false, false),
        (format!("{usage}{done}"), None, false, false),
        (String::new(), None, false, false),
        (done.to_owned(), None, false, false),
    ];
    for (text, reason, is_whole, has_usage) in cases {
        let (chunks, end) = streamed(&text);
        let reasons = chunks.iter().flat_map(|it| &it.choices).find_map(|it| it.finish_reason.as_deref());
        assert_eq!((reasons, end.is_ok()), (reason, is_whole), "{text}");
        assert_eq!(chunks.last().is_some_and(ChatChunk::is_usage_only), has_usage, "{text}");
    }
}

#[test]
fn failures_inside_streams_keep_their_meaning() {
    let cases = [
        ("data: {\"error\":{\"message\":\"m\",\"code\":\"rate_limit_exceeded\"}}\n\n", ErrorClass::RateLimit, 429),
        ("data: {\"error\":{\"message\":\"m\",\"code\":503}}\n\n", ErrorClass::ServiceUnavailable, 503),
        ("event: error\ndata: {\"message\":\"m\"}\n\n", ErrorClass::ApiConnection, 500),
        ("{\"error\":{\"message\":\"m\",\"code\":\"429\"}}", ErrorClass::RateLimit, 429),
        ("data: {\n\n", ErrorClass::Api, 500),
        ("<html></html>", ErrorClass::ApiConnection, 500),
    ];
    for (text, class, status) in cases {
        let error = streamed(text).1.unwrap_err();
        assert_eq!((error.class, error.status, error.provider), (class, status, "openai"), "{text}: {error}");
    }
}

#[test]
fn calls_without_numbers_are_numbered() {
    let call = |id: &str, more: &str| json!([{"index": 0, "delta": {"tool_calls": [{"id": id, "function": {"arguments": more}}]}}]);
    let text = [call("a", "{"), call("a", "}"), call("b", "{}")].map(event).concat();
    let indices: Vec<u64> = streamed(&text).0.iter().map(|it| it.choices[0].delta.tool_calls[0].index).collect();
    assert_eq!(indices, [0, 0, 1]);
}

#[test]
fn azure_addresses() {
    let base = "https://r.openai.azure.com";
    let dated = format!("{base}/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21");
    let own = format!("{base}/openai/v1/chat/completions");
    let cases = [
        (json!({"api_base": base, "api_version": "2024-10-21"}), dated.clone(), Auth::Azure),
        (
            json!({"api_base": format!("{base}/openai/deployments/gpt-4o/"), "api_version": "2024-10-21"}),
            dated,
            Auth::Azure,
        ),
        (json!({"api_base": base, "api_version": "v1"}), own.clone(), Auth::AzureBearer),
        (
            json!({"api_base": format!("{base}/openai/v1/"), "api_version": "2024-10-21"}),
            own.clone(),
            Auth::AzureBearer,
        ),
        (json!({"api_base": format!("{base}/openai/v1")}), own, Auth::AzureBearer),
    ];
    for (params, url, auth) in cases {
        let params = params.as_object().unwrap();
        let found = with_cx("azure", "gpt-4o", |cx| address::find(&Cx { params, ..*cx }, address::CHAT)).unwrap();
        assert_eq!(found, (url, auth), "{params:?}");
    }
}

#[test]
fn a_schema_answered_by_a_tool_is_text() {
    let schema = json!({"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}});
    let body = sent("groq", "m", json!({"response_format": schema})).unwrap();
    assert_eq!(body["tools"][0]["function"]["name"], "json_tool_call");
    assert!(body.get("response_format").is_none() && body["tool_choice"]["function"]["name"] == "json_tool_call");
    let call = |more: Value| json!([{"index": 0, "delta": {"content": null, "tool_calls": [more]}}]);
    let text = [
        event(call(json!({"index": 0, "id": "c", "function": {"name": "json_tool_call", "arguments": ""}}))),
        event(call(json!({"index": 0, "function": {"arguments": "{\"a\""}}))),
        event(call(json!({"index": 0, "function": {"arguments": ":1}"}}))),
        event(json!([{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])),
    ];
    with_cx("groq", "m", |cx| {
        let (mut stream, mut out) = (cx.provider.chat.unwrap().stream(cx), Vec::new());
        stream.push(text.concat().as_bytes(), &mut out).and_then(|()| stream.finish(&mut out)).unwrap();
        let said: String = out.iter().filter_map(|it| it.choices[0].delta.content.as_deref()).collect();
        let reason = out.last().and_then(|it| it.choices[0].finish_reason.as_deref());
        assert_eq!((said.as_str(), reason), ("{\"a\":1}", Some("stop")));
        assert!(out.iter().all(|it| it.choices[0].delta.tool_calls.is_empty()));
    });
}

#[test]
fn calls_made_together_follow_each_other_where_a_turn_holds_one() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let answer = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": id});
    let history = json!([
        {"role": "assistant", "content": "x", "tool_calls": [call("a"), call("b"), call("c")]},
        answer("b"), answer("a"), answer("z"), {"role": "user", "content": "u"}
    ]);
    let params = json!({"api_base": "https://h.example"});
    let req = ChatRequest::parse(json!({"model": "m", "messages": history}).to_string().as_bytes()).unwrap();
    let body: Value = with_cx("databricks", "m", |cx| {
        let cx = Cx { params: params.as_object().unwrap(), ..*cx };
        serde_json::from_slice(&cx.provider.chat.unwrap().request(&cx, &req).unwrap().body).unwrap()
    });
    let turn = |id: &str| json!({"role": "assistant", "tool_calls": [call(id)]});
    let first = json!({"role": "assistant", "content": "x", "tool_calls": [call("a")]});
    let user = json!({"role": "user", "content": "u"});
    let want = json!([first, answer("a"), turn("b"), answer("b"), turn("c"), answer("z"), user]);
    assert_eq!(body["messages"], want);
}
