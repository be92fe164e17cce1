use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::InvokeChat;
use crate::event_stream::tests::{frame, text};
use crate::{
    ChatChunk, ChatDialect, ChatRequest, Cx, File, Files, ModelInfo, Object, ProviderError, ProviderRequest, Settings,
    TransformError, find,
};

const CLAUDE: &str = "invoke/anthropic.claude-test-v1:0";
/// One model of every protocol.
const MODELS: &[&str] = &[
    CLAUDE,
    "invoke/amazon.nova-lite-v1:0",
    "invoke/amazon.titan-text-express-v1",
    "invoke/cohere.command-r-v1:0",
    "invoke/us.deepseek.r1-v1:0",
    "invoke/meta.llama3-8b-instruct-v1:0",
    "invoke/openai.gpt-oss-20b-1:0",
];

fn with_cx<T>(model: &str, files: &Files, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    run(&Cx {
        provider: find("bedrock").unwrap(),
        model,
        params: &Object::new(),
        settings: Settings::default(),
        info: ModelInfo::default(),
        now: 7,
        files,
        response_id: "chatcmpl-1",
    })
}

fn request(model: &str, fields: Value) -> ChatRequest {
    let mut body = fields.as_object().cloned().unwrap();
    body.insert("model".into(), model.into());
    ChatRequest::from_object(body).unwrap()
}

fn render(model: &str, files: &Files, fields: Value) -> Result<ProviderRequest, TransformError> {
    let req = request(model, fields);
    with_cx(model, files, |cx| InvokeChat.request(cx, &req))
}

fn body(sent: &ProviderRequest) -> Value {
    serde_json::from_slice(&sent.body).unwrap()
}

/// An event of the answer in its envelope.
fn chunk(json: &[u8]) -> Vec<u8> {
    let payload = json!({"bytes": STANDARD.encode(json), "p": "abc"}).to_string();
    frame(&[text(":message-type", "event"), text(":event-type", "chunk")].concat(), payload.as_bytes())
}

fn decode(model: &str, bytes: &[u8], cut: usize) -> (Vec<ChatChunk>, Result<(), ProviderError>) {
    with_cx(model, &Files::default(), |cx| {
        let (mut stream, mut out) = (InvokeChat.stream(cx), Vec::new());
        for piece in bytes.chunks(cut) {
            if let Err(error) = stream.push(piece, &mut out) {
                return (out, Err(error));
            }
        }
        let end = stream.finish(&mut out);
        (out, end)
    })
}

#[test]
fn what_bedrock_does_not_host_is_refused_by_name() {
    let with = |name: &str, value: Value| json!({"messages": [{"role": "user", "content": "Hi"}], name: value});
    let stored = json!([{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]);
    let table = [
        (with("web_search_options", json!({})), "web_search_options"),
        (with("tools", json!([{"type": "web_search_20250305", "name": "web_search"}])), "tools[0]"),
        (with("tools", json!([{"type": "mcp", "server_url": "https://a.example", "server_label": "a"}])), "tools[0]"),
        (with("mcp_servers", json!([{"type": "url", "url": "https://a.example", "name": "a"}])), "mcp_servers"),
        (json!({"messages": stored}), "messages[0].content[0].file.file_id"),
    ];
    for (fields, want) in table {
        match render(CLAUDE, &Files::default(), fields).unwrap_err() {
            TransformError::Unsupported { params, .. } => assert_eq!(params, [want]),
            TransformError::Invalid { param, .. } => assert_eq!(param, want),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn urls_become_bytes() {
    let content = json!([
        {"type": "image_url", "image_url": {"url": "http://a.example/x"}},
        {"type": "file", "file": {"file_id": "https://a.example/notes"}},
        {"type": "image_url", "image_url": "http://a.example/x"},
        {"type": "image", "source": {"type": "url", "url": "http://a.example/x"}},
    ]);
    let fields = json!({"messages": [{"role": "user", "content": content}]});
    let urls = ["http://a.example/x".to_owned(), "https://a.example/notes".to_owned()];
    let missing = render(CLAUDE, &Files::default(), fields.clone()).unwrap_err();
    assert_eq!(missing, TransformError::NeedsFiles { urls: urls.to_vec() });
    let mut files = Files::default();
    let [image, notes] = urls;
    files.insert(image, File { media_type: "application/octet-stream".into(), bytes: b"GIF89a".as_slice().into() });
    files.insert(notes, File { media_type: "text/markdown".into(), bytes: b"# Hi".as_slice().into() });
    let sent = body(&render(CLAUDE, &files, fields).unwrap());
    let gif = json!({"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "R0lGODlh"}});
    let notes = json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "# Hi"}});
    assert_eq!(sent["messages"][0]["content"], json!([gif, notes, gif, gif]));
}

#[test]
fn cache_marks_lose_their_scope() {
    let mark = json!({"type": "ephemeral", "scope": "global"});
    let fields = json!({
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "Be terse.", "cache_control": mark}]},
            {"role": "user", "content": "Hi", "cache_control": mark},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "cache_control": mark}}],
    });
    let sent = body(&render(CLAUDE, &Files::default(), fields).unwrap());
    let plain = json!({"type": "ephemeral"});
    for at in ["/system/0", "/messages/0/content/0", "/tools/0"] {
        assert_eq!(sent.pointer(at).unwrap()["cache_control"], plain, "{at}");
    }
}

#[test]
fn a_broken_envelope_is_told_from_a_missing_end() {
    let event = [text(":message-type", "event"), text(":event-type", "chunk")].concat();
    let whole = chunk(br#"{"type":"ping"}"#);
    let mut corrupt = whole.clone();
    *corrupt.last_mut().unwrap() ^= 1;
    let table = [
        (frame(&event, b"no json"), 500),
        (frame(&event, br#"{"bytes": "%"}"#), 500),
        (b"HTTP/1.1 200 OK and more".to_vec(), 500),
        (corrupt, 500),
        (whole[..whole.len() - 1].to_vec(), 502),
        (Vec::new(), 502),
    ];
    for (bytes, status) in table {
        let (said, end) = decode(CLAUDE, &bytes, 7);
        assert_eq!((said.len(), end.unwrap_err().status), (0, status));
    }
    let unknown = frame(&[text(":message-type", "event"), text(":event-type", "new")].concat(), b"{}");
    assert_eq!(decode(CLAUDE, &unknown, 7).1.unwrap_err(), ProviderError::cut("bedrock"));
}

fn said(chunks: &[ChatChunk]) -> Vec<(Option<&str>, Option<&str>, Option<&str>)> {
    let choices = chunks.iter().flat_map(|it| &it.choices);
    choices
        .map(|it| (it.delta.reasoning_content.as_deref(), it.delta.content.as_deref(), it.finish_reason.as_deref()))
        .collect()
}

#[test]
fn models_that_complete_get_one_prompt() {
    let talk = json!([
        {"role": "system", "content": "Be terse."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": [{"type": "text", "text": "2+2?"}]},
    ]);
    let table = [
        ("amazon.titan-text-express-v1", "inputText", "Be terse.\n\nUser: Hi\nBot: Hello\nUser: 2+2?\nBot:"),
        ("ai21.j2-mid-v1", "prompt", "Be terse.\n\nHi\n\nHello\n\n2+2?\n\n"),
        (
            "invoke/us.deepseek.r1-v1:0",
            "prompt",
            "<｜begin▁of▁sentence｜>Be terse.<｜User｜>Hi<｜Assistant｜>Hello<｜end▁of▁sentence｜><｜User｜>2+2?<｜Assistant｜><think>\n",
        ),
        (
            "meta.llama2-13b-chat-v1",
            "prompt",
            "<s>[INST] <<SYS>>\nBe terse.\n<</SYS>>\n\nHi [/INST] Hello </s><s>[INST] 2+2? [/INST]",
        ),
        (
            "invoke/us.meta.llama3-3-70b-instruct-v1:0",
            "prompt",
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe terse.<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\n2+2?<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        (
            "mistral.mixtral-8x7b-instruct-v0:1",
            "prompt",
            "<s>[INST] Be terse.\n\nHi [/INST] Hello</s>[INST] 2+2? [/INST]",
        ),
        (
            "qwen3/arn:aws:bedrock:us-east-1:1:imported-model/x",
            "prompt",
            "<|im_start|>system\nBe terse.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
             <|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n",
        ),
    ];
    for (model, field, want) in table {
        let sent = render(model, &Files::default(), json!({"messages": talk})).unwrap();
        assert_eq!(body(&sent), json!({field: want}), "{model}");
    }
}

#[test]
fn models_that_complete_have_names_of_their_own_for_parameters() {
    let hi = json!([{"role": "user", "content": "Hi"}]);
    let fields =
        json!({"messages": hi, "max_tokens": 1, "max_completion_tokens": 2, "stop": "x", "top_p": 0.5, "topK": 3});
    let titan = body(&render("amazon.titan-text-lite-v1", &Files::default(), fields).unwrap());
    let config = json!({"maxTokenCount": 2, "stopSequences": ["x"], "topP": 0.5, "topK": 3});
    assert_eq!(titan["textGenerationConfig"], config);
    let refused = [
        json!({"messages": hi, "tools": [{"type": "function", "function": {"name": "f"}}]}),
        json!({"messages": hi, "stop": "x"}),
        json!({"messages": [{"role": "user", "content": "<|eot_id|>"}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "https://a.example"}]}]}),
        json!({"messages": [{"role": "tool", "content": "a", "tool_call_id": "b"}]}),
        json!({"messages": []}),
    ];
    for fields in refused {
        render("meta.llama3-8b-instruct-v1:0", &Files::default(), fields.clone()).expect_err(&fields.to_string());
    }
}

#[test]
fn completions_are_answers() {
    let table = [
        (
            "amazon.titan-text-lite-v1",
            json!({"inputTextTokenCount": 3, "results": [{"tokenCount": 4, "outputText": "a", "completionReason": "LENGTH"}]}),
            ("a", None, "length", (3, 4)),
        ),
        (
            "meta.llama3-8b-instruct-v1:0",
            json!({"generation": "a", "prompt_token_count": 3, "generation_token_count": 4, "stop_reason": "stop"}),
            ("a", None, "stop", (3, 4)),
        ),
        (
            "invoke/us.deepseek.r1-v1:0",
            json!({"choices": [{"text": "Hm.</think>\n\na", "stop_reason": "stop"}]}),
            ("a", Some("Hm."), "stop", (0, 0)),
        ),
        (
            "invoke/mistral.pixtral-large-2502-v1:0",
            json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "stop_reason": "length"}]}),
            ("a", None, "length", (0, 0)),
        ),
    ];
    for (model, answer, (text, thought, reason, counts)) in table {
        let answer = answer.to_string();
        let read = with_cx(model, &Files::default(), |cx| InvokeChat.response(cx, answer.as_bytes()));
        let (response, usage) = read.unwrap();
        let choice = &response.choices[0];
        assert_eq!(choice.message.content.as_deref(), Some(text), "{model}");
        assert_eq!(choice.message.reasoning_content.as_deref(), thought, "{model}");
        assert_eq!(choice.finish_reason.as_deref(), Some(reason), "{model}");
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), counts, "{model}");
        let broken = with_cx(model, &Files::default(), |cx| InvokeChat.response(cx, b"{}"));
        assert_eq!(broken.unwrap_err().status, 500, "{model}");
    }
}

#[test]
fn completions_are_streamed() {
    let metrics = json!({"inputTokenCount": 3, "outputTokenCount": 4});
    let events = [
        json!({"choices": [{"text": "Hm.</th", "stop_reason": null}]}),
        json!({"choices": [{"text": "ink>\n\n4", "stop_reason": null}]}),
        json!({"choices": [{"text": "2", "stop_reason": "stop"}], "amazon-bedrock-invocationMetrics": metrics}),
    ];
    let bytes: Vec<u8> = events.iter().flat_map(|it| chunk(it.to_string().as_bytes())).collect();
    let (chunks, end) = decode("invoke/us.deepseek.r1-v1:0", &bytes, 11);
    end.unwrap();
    let want =
        [(Some("Hm."), None, None), (None, Some("4"), None), (None, Some("2"), None), (None, None, Some("stop"))];
    assert_eq!(said(&chunks), want);
    assert_eq!(chunks.last().unwrap().usage.as_ref().unwrap()["total_tokens"], 7);
    let (_, cut) = decode("invoke/us.deepseek.r1-v1:0", &chunk(events[0].to_string().as_bytes()), 11);
    assert_eq!(cut.unwrap_err(), ProviderError::cut("bedrock"));
    let events = [
        json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "stop_reason": null}]}),
        json!({
            "choices": [{"index": 0, "message": {"content": ""}, "stop_reason": "stop"}],
            "amazon-bedrock-invocationMetrics": metrics,
        }),
    ];
    let bytes: Vec<u8> = events.iter().flat_map(|it| chunk(it.to_string().as_bytes())).collect();
    let (chunks, end) = decode("invoke/mistral.pixtral-large-2502-v1:0", &bytes, 11);
    end.unwrap();
    assert_eq!(said(&chunks).first(), Some(&(None, Some("a"), None)));
    assert!(said(&chunks).contains(&(None, None, Some("stop"))));
    assert_eq!(chunks.last().unwrap().usage.as_ref().unwrap()["prompt_tokens"], 3);
}

#[test]
fn models_with_messages_get_chat_completions_without_their_address() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let fields =
        json!({"messages": [{"role": "user", "content": "Hi"}], "stream": true, "tools": tools, "max_tokens": 5});
    let sent = render("invoke/openai.gpt-oss-20b-1:0", &Files::default(), fields).unwrap();
    assert!(sent.url.ends_with("/model/openai.gpt-oss-20b-1:0/invoke-with-response-stream"), "{}", sent.url);
    let want = json!({"messages": [{"role": "user", "content": "Hi"}], "tools": tools, "max_tokens": 5});
    assert_eq!(body(&sent), want);
}

#[test]
fn nova_has_converses_words() {
    let fields = json!({
        "messages": [{"role": "system", "content": "Be terse."}, {"role": "user", "content": "Hi"}],
        "max_tokens": 5,
        "inferenceConfig": {"topK": 3},
        "requestMetadata": {"team": "a"},
    });
    let sent = render("invoke/us.amazon.nova-lite-v1:0", &Files::default(), fields).unwrap();
    assert!(sent.url.ends_with("/model/us.amazon.nova-lite-v1:0/invoke"), "{}", sent.url);
    let want = json!({
        "schemaVersion": "messages-v1",
        "system": [{"text": "Be terse."}],
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
        "inferenceConfig": {"maxTokens": 5, "topK": 3},
    });
    assert_eq!(body(&sent), want);
    assert_eq!(sent.dropped, ["requestMetadata"]);
    let events = [
        json!({"messageStart": {"role": "assistant"}}),
        json!({"contentBlockDelta": {"delta": {"text": "a"}, "contentBlockIndex": 0}}),
        json!({"contentBlockStop": {"contentBlockIndex": 0}}),
        json!({"messageStop": {"stopReason": "max_tokens"}}),
        json!({"metadata": {"usage": {"inputTokens": 3, "outputTokens": 4, "cacheReadInputTokenCount": 2}}}),
    ];
    let bytes: Vec<u8> = events.iter().flat_map(|it| chunk(it.to_string().as_bytes())).collect();
    let (chunks, end) = decode("invoke/us.amazon.nova-lite-v1:0", &bytes, 11);
    end.unwrap();
    assert_eq!(said(&chunks), [(None, Some("a"), None), (None, None, Some("length"))]);
    assert_eq!(chunks.last().unwrap().usage.as_ref().unwrap()["prompt_tokens"], 5);
}

#[test]
fn command_r_gets_one_question_and_its_history() {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}});
    let parameters = json!({"properties": {"a": {"type": "integer", "description": "A."}}, "required": ["a"]});
    let fields = json!({
        "messages": [
            {"role": "system", "content": "Be terse."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "What is f?"},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "two"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "F.", "parameters": parameters}}],
        "tool_choice": "auto",
        "top_p": 0.5,
        "stop": "x",
    });
    let sent = body(&render("cohere.command-r-v1:0", &Files::default(), fields.clone()).unwrap());
    let definitions = json!({"a": {"description": "A.", "type": "int", "required": true}});
    let want = json!({
        "preamble": "Be terse.",
        "message": "What is f?",
        "chat_history": [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello"}],
        "tools": [{"name": "f", "description": "F.", "parameter_definitions": definitions}],
        "tool_results": [{"call": {"name": "f", "parameters": {"a": 1}}, "outputs": [{"text": "two"}]}],
        "p": 0.5,
        "stop_sequences": ["x"],
    });
    assert_eq!(sent, want);
    let mut forced = fields;
    forced["tool_choice"] = "required".into();
    let refused = render("cohere.command-r-v1:0", &Files::default(), forced).unwrap_err();
    assert!(matches!(refused, TransformError::Unsupported { .. }), "{refused}");
}

#[test]
fn command_r_answers_with_text_and_calls() {
    let answer =
        json!({"text": "I ask.", "tool_calls": [{"name": "f", "parameters": {"a": 1}}], "finish_reason": "COMPLETE"});
    let read = with_cx("cohere.command-r-v1:0", &Files::default(), |cx| {
        InvokeChat.response(cx, answer.to_string().as_bytes())
    });
    let (response, _) = read.unwrap();
    assert_eq!(response.choices[0].finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(response.choices[0].message.tool_calls[0].function.arguments, "{\"a\":1}");
    let events = [
        json!({"event_type": "stream-start", "is_finished": false}),
        json!({"event_type": "text-generation", "text": "I ask.", "is_finished": false}),
        json!({"event_type": "tool-calls-generation", "tool_calls": [{"name": "f", "parameters": {"a": 1}}]}),
        json!({
            "event_type": "stream-end",
            "finish_reason": "COMPLETE",
            "amazon-bedrock-invocationMetrics": {"inputTokenCount": 3, "outputTokenCount": 4},
        }),
    ];
    let bytes: Vec<u8> = events.iter().flat_map(|it| chunk(it.to_string().as_bytes())).collect();
    let (chunks, end) = decode("cohere.command-r-v1:0", &bytes, 11);
    end.unwrap();
    assert_eq!(said(&chunks), [(None, Some("I ask."), None), (None, None, None), (None, None, Some("tool_calls"))]);
    assert_eq!(chunks[1].choices[0].delta.tool_calls[0].function.arguments.as_deref(), Some("{\"a\":1}"));
    assert_eq!(chunks.last().unwrap().usage.as_ref().unwrap()["completion_tokens"], 4);
}

const WORDS: &[&str] = &[
    r#"{"messageStart":{"role":"assistant"}}"#,
    r#"{"contentBlockDelta":{"delta":{"text":"a"}}}"#,
    r#"{"messageStop":{"stopReason":"end_turn"}}"#,
    r#"{"event_type":"text-generation","text":"a"}"#,
    r#"{"event_type":"stream-end","finish_reason":"COMPLETE"}"#,
    r#"{"type":"message_start","message":{"usage":{"input_tokens":1}}}"#,
    r#"{"type":"content_block_start","content_block":{"type":"text","text":""}}"#,
    "{\"type\":\"content_block_delta\",\n\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}",
    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
    r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":3,"outputTokenCount":4}}"#,
    r#"{"generation":"a","stop_reason":"stop"}"#,
    r#"{"outputs":[{"text":"a","stop_reason":"length"}]}"#,
    r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#,
    "[1]",
    "nothing",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn streams_say_the_same_however_they_are_cut(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..8),
        cut in 1usize..70,
    ) {
        let bytes: Vec<u8> = words.iter().flat_map(|it| chunk(it.as_bytes())).collect();
        for model in MODELS {
            assert_eq!(decode(model, &bytes, cut), decode(model, &bytes, bytes.len().max(1)));
        }
    }
}
