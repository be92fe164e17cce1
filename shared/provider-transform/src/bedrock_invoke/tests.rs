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
const MODELS: &[&str] = &[CLAUDE];

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
    assert_eq!(sent["messages"][0]["content"], json!([gif, notes, gif]));
}

#[test]
fn a_broken_envelope_is_a_bad_gateway() {
    let event = [text(":message-type", "event"), text(":event-type", "chunk")].concat();
    let whole = chunk(br#"{"type":"ping"}"#);
    let table = [
        frame(&event, b"no json"),
        frame(&event, br#"{"bytes": "%"}"#),
        whole[..whole.len() - 1].to_vec(),
        b"HTTP/1.1 200 OK and more".to_vec(),
        Vec::new(),
    ];
    for bytes in table {
        let (said, end) = decode(CLAUDE, &bytes, 7);
        assert_eq!((said.len(), end.unwrap_err().status), (0, 502));
    }
    let unknown = frame(&[text(":message-type", "event"), text(":event-type", "new")].concat(), b"{}");
    assert_eq!(decode(CLAUDE, &unknown, 7).1.unwrap_err(), ProviderError::cut("bedrock"));
}

const WORDS: &[&str] = &[
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
