use serde_json::{Value, json};

use super::{AnthropicChat, host};
use crate::{
    ChatChunk, ChatDialect, ChatRequest, Cx, ErrorClass, Files, ModelInfo, Object, ProviderError, ProviderRequest,
    Settings, TransformError, find,
};

const CHAT: AnthropicChat = AnthropicChat(&host::ANTHROPIC);

/// A model that thinks by budget and answers in a schema.
pub(super) fn budget_model() -> ModelInfo {
    let mut info = ModelInfo { max_output_tokens: Some(64_000), ..ModelInfo::default() };
    info.supports.reasoning = Some(true);
    info.supports.native_structured_output = Some(true);
    info
}

/// A model that decides itself how much to think, takes system messages anywhere and fixes its sampling.
pub(super) fn adaptive_model() -> ModelInfo {
    let mut info = budget_model();
    info.max_output_tokens = Some(128_000);
    info.supports.adaptive_thinking = Some(true);
    info.supports.max_reasoning_effort = Some(true);
    info.supports.mid_conversation_system = Some(true);
    info.supports.sampling_params = Some(false);
    info
}

/// The surroundings of a call to `claude-test`.
pub(super) fn with_cx<T>(info: ModelInfo, params: Value, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    let params = params.as_object().cloned().unwrap_or_default();
    run(&Cx {
        provider: find("anthropic").unwrap(),
        model: "claude-test",
        params: &params,
        settings: Settings::default(),
        info,
        now: 7,
        files: &Files::default(),
        response_id: "chatcmpl-1",
    })
}

/// The provider request for these fields beside `model`.
pub(super) fn render(info: ModelInfo, params: Value, fields: Value) -> Result<ProviderRequest, TransformError> {
    let mut body = Object::new();
    body.insert("model".into(), "claude-test".into());
    body.extend(fields.as_object().cloned().unwrap());
    let req = ChatRequest::from_object(body).unwrap();
    with_cx(info, params, |cx| CHAT.request(cx, &req))
}

fn events(events: &[Value]) -> Vec<u8> {
    events.iter().flat_map(|it| format!("event: {}\ndata: {it}\n\n", it["type"]).into_bytes()).collect()
}

fn start() -> Value {
    json!({"type": "message_start", "message": {"usage": {"input_tokens": 10, "output_tokens": 1}}})
}

fn block(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn close(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}})
}

fn over() -> Value {
    json!({"type": "message_stop"})
}

fn tool(id: &str, name: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": {}})
}

/// Decodes the bytes cut to several lengths, which must all say the same.
fn decode(bytes: &[u8]) -> (Vec<ChatChunk>, Option<ProviderError>) {
    let run = |length: usize| {
        with_cx(budget_model(), json!({}), |cx| {
            let mut stream = CHAT.stream(cx);
            let mut out = Vec::new();
            let pushed = bytes.chunks(length).try_for_each(|it| stream.push(it, &mut out));
            let error = pushed.and_then(|()| stream.finish(&mut out)).err();
            (out, error)
        })
    };
    let whole = run(bytes.len().max(1));
    for length in [1, 2, 3, 7, 64] {
        assert_eq!(run(length), whole, "cut to {length} bytes");
    }
    whole
}

/// What the deltas say, one word each: `role`, text, `[reasoning]`, `call 0 name`, `0+arguments`, `=finish`, `usage`.
fn spoken(chunks: &[ChatChunk]) -> String {
    let mut words = Vec::new();
    for chunk in chunks {
        if chunk.is_usage_only() {
            words.push("usage".to_owned());
        }
        for choice in &chunk.choices {
            words.extend(choice.delta.role.clone());
            words.extend(choice.delta.reasoning_content.iter().map(|it| format!("[{it}]")));
            words.extend(choice.delta.content.clone().filter(|it| !it.is_empty()));
            for call in &choice.delta.tool_calls {
                let arguments = call.function.arguments.as_deref().unwrap_or_default();
                words.push(match &call.function.name {
                    Some(name) => format!("call {} {name}", call.index),
                    None => format!("{}+{arguments}", call.index),
                });
            }
            words.extend(choice.finish_reason.iter().map(|it| format!("={it}")));
        }
    }
    words.join(" | ")
}

#[test]
fn streams_say_the_same_as_their_events() {
    let text = |text: &str| json!({"type": "text_delta", "text": text});
    let json = |text: &str| json!({"type": "input_json_delta", "partial_json": text});
    let table = [
        (
            "text",
            vec![
                start(),
                json!({"type": "ping"}),
                block(0, json!({"type": "text", "text": ""})),
                delta(0, text("Hé")),
                delta(0, text("")),
                delta(0, text("llo")),
                close(0),
                end("end_turn"),
                over(),
            ],
            "assistant | Hé | llo | =stop | usage",
        ),
        (
            "a call without arguments",
            vec![start(), block(0, tool("a", "ping")), close(0), end("tool_use"), over()],
            "assistant | call 0 ping | 0+{} | =tool_calls | usage",
        ),
        (
            "arguments given with the start",
            vec![
                start(),
                block(0, json!({"type": "tool_use", "id": "a", "name": "f", "input": {"x": [1, 2]}})),
                close(0),
                end("tool_use"),
                over(),
            ],
            r#"assistant | call 0 f | 0+{"x": [1, 2]} | =tool_calls | usage"#,
        ),
        (
            "calls after thinking and text are numbered from 0",
            vec![
                start(),
                block(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
                delta(0, json!({"type": "thinking_delta", "thinking": "Hm"})),
                delta(0, json!({"type": "signature_delta", "signature": "s"})),
                close(0),
                block(1, json!({"type": "text", "text": "So"})),
                close(1),
                block(2, tool("a", "f")),
                delta(2, json(r#"{"x":"#)),
                delta(2, json("1}")),
                close(2),
                block(3, tool("b", "g")),
                delta(3, json("{}")),
                close(3),
                end("tool_use"),
                over(),
            ],
            r#"assistant | [Hm] | [] | So | call 0 f | 0+{"x": | 0+1} | call 1 g | 1+{} | =tool_calls | usage"#,
        ),
        (
            "the answer's tool is text",
            vec![
                start(),
                block(0, tool("a", "json_tool_call")),
                delta(0, json(r#"{"a":"#)),
                delta(0, json("1}")),
                close(0),
                end("tool_use"),
                over(),
            ],
            r#"assistant | {"a": | 1} | =stop | usage"#,
        ),
        (
            "a hosted tool's pieces do not leak into calls",
            vec![
                start(),
                block(0, json!({"type": "mcp_tool_use", "id": "m", "name": "echo", "input": {}})),
                delta(0, json("{}")),
                close(0),
                block(1, json!({"type": "text", "text": "ok"})),
                end("end_turn"),
                over(),
            ],
            "assistant | ok | =stop | usage",
        ),
        ("no content at all", vec![start(), end("max_tokens"), over()], "=length | usage"),
        ("a lost message_stop", vec![start(), end("refusal")], "=content_filter | usage"),
        ("events nobody knows", vec![json!({"type": "news", "x": 1}), start(), end("end_turn")], "=stop | usage"),
    ];
    for (name, stream, want) in table {
        let (chunks, error) = decode(&events(&stream));
        assert_eq!((spoken(&chunks).as_str(), error), (want, None), "{name}");
    }
}

#[test]
fn broken_streams_are_errors() {
    let overloaded = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let limited = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}});
    let hello = block(0, json!({"type": "text", "text": "Hello"}));
    let table = [
        ("nothing", vec![], ErrorClass::ApiConnection, ""),
        ("cut", vec![start(), hello.clone()], ErrorClass::ApiConnection, "assistant | Hello"),
        ("overload first", vec![overloaded.clone()], ErrorClass::ServiceUnavailable, ""),
        ("overload", vec![start(), hello.clone(), overloaded], ErrorClass::ServiceUnavailable, "assistant | Hello"),
        ("limit", vec![start(), limited], ErrorClass::RateLimit, ""),
    ];
    for (name, stream, want, said) in table {
        let (chunks, error) = decode(&events(&stream));
        assert_eq!((spoken(&chunks).as_str(), error.map(|it| it.class)), (said, Some(want)), "{name}");
    }
    let unreadable = [
        events(&[hello]),
        events(&[start(), delta(0, json!({"type": "text_delta", "text": "x"}))]),
        events(&[start(), json!({"type": "content_block_start", "index": 0})]),
        [events(&[start()]), b"data: {\"type\": \n\n".to_vec()].concat(),
    ];
    for bytes in unreadable {
        let (chunks, error) = decode(&bytes);
        let shape = with_cx(budget_model(), json!({}), |cx| ProviderError::unreadable(cx.provider.slug, ""));
        assert_eq!(error.map(|it| (it.class, it.status)), Some((shape.class, shape.status)));
        assert_eq!(spoken(&chunks), "");
    }
}

#[test]
fn stream_usage_merges_start_and_end() {
    let start = json!({"type": "message_start", "message": {"usage": {
        "input_tokens": 10, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 50, "output_tokens": 1,
        "cache_creation": {"ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40},
    }}});
    let bytes = events(&[start, end("end_turn"), over()]);
    let usage = with_cx(budget_model(), json!({}), |cx| {
        let mut stream = CHAT.stream(cx);
        stream.push(&bytes, &mut Vec::new()).unwrap();
        stream.usage().unwrap().clone()
    });
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (160, 9));
    assert_eq!((usage.cache_write_5m_tokens, usage.cache_write_1h_tokens, usage.cache_read_tokens), (60, 40, 50));
}

/// The answer to these blocks, as the client sees it.
fn answer(content: Value, stop_reason: Value, usage: Value) -> Value {
    let body = json!({"model": "claude-real", "content": content, "stop_reason": stop_reason, "usage": usage});
    let parsed = with_cx(budget_model(), json!({}), |cx| CHAT.response(cx, body.to_string().as_bytes()));
    serde_json::to_value(parsed.unwrap().0).unwrap()
}

#[test]
fn stop_reasons_in_openai_words() {
    let table = [
        (json!("end_turn"), "stop"),
        (json!("stop_sequence"), "stop"),
        (json!("pause_turn"), "stop"),
        (json!("max_tokens"), "length"),
        (json!("model_context_window_exceeded"), "length"),
        (json!("tool_use"), "tool_calls"),
        (json!("refusal"), "content_filter"),
        (json!("next_year"), "stop"),
        (Value::Null, "stop"),
    ];
    for (native, want) in table {
        let usage = json!({"input_tokens": 1, "output_tokens": 1});
        let have = answer(json!([{"type": "text", "text": "x"}]), native.clone(), usage);
        assert_eq!(have["choices"][0]["finish_reason"], want, "{native}");
    }
}

#[test]
fn compactions_are_paid_for() {
    let usage = json!({
        "input_tokens": 100, "output_tokens": 10,
        "iterations": [
            {"type": "compaction", "input_tokens": 5000, "output_tokens": 300},
            {"type": "message", "input_tokens": 100, "output_tokens": 10},
        ],
    });
    let have = answer(json!([{"type": "text", "text": "x"}]), json!("end_turn"), usage);
    assert_eq!((&have["usage"]["prompt_tokens"], &have["usage"]["completion_tokens"]), (&json!(5100), &json!(310)));
}

#[test]
fn reported_thinking_wins_over_the_estimate() {
    let thinking = json!([{"type": "thinking", "thinking": "12345678", "signature": "s"}]);
    let usage = json!({"input_tokens": 1, "output_tokens": 50, "output_tokens_details": {"thinking_tokens": 40}});
    let have = answer(thinking.clone(), json!("end_turn"), usage);
    let want = json!({"reasoning_tokens": 40, "text_tokens": 10});
    assert_eq!(have["usage"]["completion_tokens_details"], want);
    let have = answer(thinking, json!("end_turn"), json!({"input_tokens": 1, "output_tokens": 50}));
    assert_eq!(have["usage"]["completion_tokens_details"]["reasoning_tokens"], 2);
}

#[test]
fn answers_that_are_none() {
    let table = [
        ("", ErrorClass::Api, 500),
        ("[1, 2]", ErrorClass::Api, 500),
        (r#"{"content": []}"#, ErrorClass::Api, 500),
        (r#"{"usage": {"input_tokens": 1}}"#, ErrorClass::Api, 500),
        (
            r#"{"type": "error", "error": {"type": "overloaded_error", "message": "x"}}"#,
            ErrorClass::ServiceUnavailable,
            529,
        ),
    ];
    let unreadable = ProviderError::unreadable("anthropic", "");
    for (body, class, status) in table {
        let error = with_cx(budget_model(), json!({}), |cx| CHAT.response(cx, body.as_bytes()).unwrap_err());
        let want = if class == ErrorClass::Api { (unreadable.class, unreadable.status) } else { (class, status) };
        assert_eq!((error.class, error.status), want, "{body}");
    }
}

#[test]
fn errors_keep_their_status_and_type() {
    let text = |kind: &str, message: &str| json!({"type": "error", "error": {"type": kind, "message": message}});
    let table = [
        (400, text("invalid_request_error", "x"), ErrorClass::BadRequest, 400),
        (400, text("invalid_request_error", "prompt is too long: 210000 tokens"), ErrorClass::ContextWindow, 400),
        (400, text("invalid_request_error", "blocked by our content filtering policy"), ErrorClass::ContentPolicy, 400),
        (402, text("billing_error", "x"), ErrorClass::PaymentRequired, 402),
        (413, text("request_too_large", "x"), ErrorClass::BadRequest, 413),
        (418, json!("teapot"), ErrorClass::BadRequest, 418),
        (429, text("rate_limit_error", "x"), ErrorClass::RateLimit, 429),
        (504, text("timeout_error", "x"), ErrorClass::Timeout, 504),
        (529, text("overloaded_error", "x"), ErrorClass::ServiceUnavailable, 529),
    ];
    for (status, body, class, want) in table {
        let error = with_cx(budget_model(), json!({}), |cx| CHAT.error(cx, status, body.to_string().as_bytes()));
        assert_eq!((error.class, error.status), (class, want), "{status} {body}");
        assert_eq!(error.kind.as_deref(), body["error"]["type"].as_str());
    }
}
