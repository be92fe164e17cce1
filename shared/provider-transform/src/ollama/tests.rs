//! What recorded cases do not show of Ollama's protocol.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{ChatRequest, Cx, File, Files, ModelInfo, Object, Settings, TransformError, find};

fn with_cx<T>(slug: &str, files: &Files, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    run(&Cx {
        provider: find(slug).unwrap(),
        model: "m",
        params: &Object::new(),
        settings: Settings::default(),
        info: ModelInfo::default(),
        now: 7,
        files,
        response_id: "r",
    })
}

fn sent(slug: &str, request: &Value, files: &Files) -> Result<(String, Value), TransformError> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "u"}]});
    body.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    let req = ChatRequest::parse(body.to_string().as_bytes()).unwrap();
    with_cx(slug, files, |cx| {
        let request = cx.provider.chat.unwrap().request(cx, &req)?;
        Ok((request.url, serde_json::from_slice(&request.body).unwrap()))
    })
}

#[test]
fn images_behind_urls_are_downloaded_first() {
    let url = "https://h.example/a.png";
    let part = json!({"type": "image_url", "image_url": {"url": url}});
    let request = json!({"messages": [{"role": "user", "content": [part, part]}]});
    let want = TransformError::NeedsFiles { urls: vec![url.into()] };
    assert_eq!(sent("ollama_chat", &request, &Files::default()), Err(want));
    let mut files = Files::default();
    files.insert(url.into(), File { media_type: "image/png".into(), bytes: Bytes::from_static(b"png") });
    let (_, body) = sent("ollama_chat", &request, &files).unwrap();
    assert_eq!(body["messages"][0]["images"], json!(["cG5n", "cG5n"]));
}

#[test]
fn choices_of_tools() {
    let tool = json!({"type": "function", "function": {"name": "f"}});
    let cases = [
        (json!({"tools": [tool]}), Some(json!([tool]))),
        (json!({"tools": [tool], "tool_choice": "auto"}), Some(json!([tool]))),
        (json!({"tools": [tool], "tool_choice": "none"}), None),
        (json!({"functions": [{"name": "f"}]}), Some(json!([tool]))),
    ];
    for (request, want) in cases {
        let (_, body) = sent("ollama_chat", &request, &Files::default()).unwrap();
        assert_eq!(body.get("tools"), want.as_ref(), "{request}");
        assert_eq!(body["options"], json!({}), "{request}");
    }
    let forced = json!({"tools": [tool], "tool_choice": "required"});
    let want = TransformError::Unsupported { params: vec!["tool_choice".into()], provider: "ollama_chat" };
    assert_eq!(sent("ollama_chat", &forced, &Files::default()), Err(want));
}

#[test]
fn what_ollama_has_no_form_for_is_refused_by_name() {
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "[1]"}});
    let cases = [
        (json!({"role": "assistant", "tool_calls": [call]}), "messages[0].tool_calls[0].function.arguments"),
        (json!({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}), "messages[0].content[0]"),
    ];
    for (message, want) in cases {
        match sent("ollama_chat", &json!({"messages": [message]}), &Files::default()) {
            Err(TransformError::Invalid { param, .. }) => assert_eq!(param, want),
            other => panic!("{message}: {other:?}"),
        }
    }
}

#[test]
fn prompts_are_for_text_alone() {
    let tool = json!({"type": "function", "function": {"name": "f"}});
    let (url, body) = sent("ollama", &json!({}), &Files::default()).unwrap();
    assert_eq!((url.as_str(), &body["prompt"]), ("http://localhost:11434/api/generate", &json!("### User:\nu\n\n")));
    let (url, body) = sent("ollama", &json!({"tools": [tool]}), &Files::default()).unwrap();
    assert_eq!((url.as_str(), &body["tools"]), ("http://localhost:11434/api/chat", &json!([tool])));
}

#[test]
fn streams_end_as_ollama_says() {
    let said = "{\"message\":{\"role\":\"assistant\",\"content\":\"a\"},\"done\":false}\n";
    let done = "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"length\"}";
    let cases = [
        (format!("{said}{done}"), Ok(Some("length"))),
        (said.to_owned(), Err(500)),
        (format!("{said}{{\"error\":\"rate limit\"}}\n"), Err(429)),
        ("{".to_owned(), Err(500)),
        (String::new(), Err(500)),
    ];
    for (text, want) in cases {
        let found = with_cx("ollama_chat", &Files::default(), |cx| {
            let (mut stream, mut out) = (cx.provider.chat.unwrap().stream(cx), Vec::new());
            let end = stream.push(text.as_bytes(), &mut out).and_then(|()| stream.finish(&mut out));
            let reason = out.iter().flat_map(|it| &it.choices).find_map(|it| it.finish_reason.clone());
            end.map(|()| reason).map_err(|it| it.status)
        });
        assert_eq!(found, want.map(|it| it.map(str::to_owned)), "{text}");
    }
}
