//! The hub's own promises: which provider a name means, what an event stream is, what passes untouched.

use bytes::BytesMut;
use serde_json::{Value, json};

use crate::catalog::all;
use crate::chat::chunk::Delta;
use crate::sse::{Decoder, LineTooLong, MAX_LINE};
use crate::{ChatChunk, ChatRequest, Cx, Files, ModelInfo, Object, Settings, TransformError, find, resolve};

#[test]
fn provider_rows_are_sorted() {
    let slugs: Vec<&str> = all().map(|it| it.slug).collect();
    assert!(slugs.is_sorted_by(|it, next| it < next), "{slugs:?}");
    assert!(slugs.iter().all(|it| find(it).is_some_and(|found| found.slug == *it)));
    assert!(all().all(|it| !it.base_url.ends_with('/')));
}

#[test]
fn names_of_models() {
    let cases = [
        ("openai/gpt-4o", None, None, Some(("openai", "gpt-4o"))),
        ("openai/org/model", None, None, Some(("openai", "org/model"))),
        ("claude-sonnet-4-5", None, None, Some(("anthropic", "claude-sonnet-4-5"))),
        ("o3-mini", None, None, Some(("openai", "o3-mini"))),
        ("ft:gpt-4o:org::id", None, None, Some(("openai", "ft:gpt-4o:org::id"))),
        ("m", Some("anthropic"), None, Some(("anthropic", "m"))),
        ("anthropic/m", Some("anthropic"), None, Some(("anthropic", "m"))),
        ("m", None, Some("https://api.anthropic.com/v1"), Some(("anthropic", "m"))),
        ("m", None, Some("https://api.anthropic.com.evil.example"), None),
        ("m", None, Some("https://api.groq.com/openai/v1"), Some(("groq", "m"))),
        ("m", None, Some("http://localhost:1234/v1"), None),
        ("vercel_ai_gateway/openai/gpt-5", None, None, Some(("vercel_ai_gateway", "openai/gpt-5"))),
        ("nosuch/m", None, None, None),
        ("m", None, None, None),
        ("m", Some("nosuch"), None, None),
    ];
    for (model, custom, base, want) in cases {
        let found = resolve(model, custom, base);
        let found = found.as_ref().map(|(provider, name)| (provider.slug, name.as_str())).ok();
        assert_eq!(found, want, "{model} {custom:?} {base:?}");
    }
}

#[test]
fn events() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("data: a\n\n", &[("", "a")]),
        ("data:a\r\n\r\ndata: b\r\r", &[("", "a"), ("", "b")]),
        ("event: e\ndata: a\ndata:b\nid: 1\n: note\n\n", &[("e", "a\nb")]),
        ("\u{feff}data: a\n\n", &[("", "a")]),
        ("event: e\n\ndata: a", &[("", "a")]),
        ("data\n\n", &[("", "")]),
        (": ping\n\n\n\n", &[]),
    ];
    for (text, want) in cases {
        let (mut decoder, mut found) = (Decoder::default(), Vec::new());
        let mut keep =
            |name: &str, data: &[u8]| found.push((name.to_owned(), String::from_utf8_lossy(data).into_owned()));
        decoder
            .push::<LineTooLong>(text.as_bytes(), |it| {
                keep(it.name, it.data);
                Ok(())
            })
            .unwrap();
        decoder
            .finish::<LineTooLong>(|it| {
                keep(it.name, it.data);
                Ok(())
            })
            .unwrap();
        let found: Vec<_> = found.iter().map(|(name, data)| (name.as_str(), data.as_str())).collect();
        assert_eq!(found, *want, "{text:?}");
    }
}

#[test]
fn a_line_without_end_is_an_error_not_a_grave() {
    let mut decoder = Decoder::default();
    let piece = vec![b'a'; MAX_LINE / 2];
    let mut push = || decoder.push::<LineTooLong>(&piece, |_| Ok(()));
    assert_eq!((push(), push(), push()), (Ok(()), Ok(()), Err(LineTooLong)));
}

#[test]
fn requests_that_are_none() {
    let cases =
        [("", "body"), ("[]", "body"), ("{}", "model"), (r#"{"model":"m"}"#, "messages"), (r#"{"model":1}"#, "model")];
    for (text, want) in cases {
        let found = match ChatRequest::parse(text.as_bytes()) {
            Err(TransformError::Invalid { param, .. }) => param,
            Err(TransformError::MalformedJson { .. }) => "body".into(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(found, want, "{text}");
    }
}

#[test]
fn inline_media_is_no_text() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "abc"},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{}", "A".repeat(100_000))}},
        {"type": "input_audio", "input_audio": {"data": "A".repeat(100_000), "format": "wav"}},
    ]}]});
    let chars = ChatRequest::parse(body.to_string().as_bytes()).unwrap().text_chars();
    assert!((3..200).contains(&chars), "{chars}");
}

/// What OpenAI takes reaches it as it was sent, key order included.
#[test]
fn equal_formats_pass_untouched() {
    let messages = r#"[{"content":"a","role":"user","name":"x"},{"role":"assistant","tool_calls":[{"type":"function","id":"c","function":{"arguments":"{ }","name":"f"}}],"brand_new":{"z":1,"a":[1.50,1e2]}}]"#;
    let params = r#""top_p":0.10,"brand_new":{"z":1,"a":2},"temperature":1.0"#;
    let body = format!(r#"{{"messages":{messages},"model":"openai/gpt-4o",{params}}}"#);
    let req = ChatRequest::parse(body.as_bytes()).unwrap();
    let (provider, model) = resolve(&req.model, None, None).unwrap();
    let params = Object::new();
    let cx = Cx {
        provider,
        model: &model,
        params: &params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        now: 0,
        files: &Files::default(),
        response_id: "r",
    };
    let sent = provider.chat.unwrap().request(&cx, &req).unwrap();
    let want = format!(
        r#"{{"model":"gpt-4o","messages":{messages},"top_p":0.1,"brand_new":{{"z":1,"a":2}},"temperature":1.0}}"#
    );
    assert_eq!(String::from_utf8_lossy(&sent.body), want.replace("1.50", "1.5").replace("1e2", "100.0"));
}

#[test]
fn chunks_as_events() {
    let chunk = ChatChunk::new("i", 1, "m").with_delta(Delta { content: Some("hé".into()), ..Delta::default() });
    assert!(chunk.has_content() && !chunk.is_usage_only());
    assert_eq!(chunk.text_len(), 2);
    let mut out = BytesMut::new();
    chunk.write_sse(&mut out).unwrap();
    let text = String::from_utf8(out.to_vec()).unwrap();
    let data: Value = serde_json::from_str(text.strip_prefix("data: ").unwrap().strip_suffix("\n\n").unwrap()).unwrap();
    assert_eq!(data["choices"][0], json!({"index": 0, "delta": {"content": "hé"}, "finish_reason": null}));
    assert!(ChatChunk::new("i", 1, "m").with_usage(Object::new()).is_usage_only());
    assert!(find("openai").is_some() && find("nosuch").is_none());
}
