//! Arbitrary bytes never panic a parser or a decoder, and a stream's cuts never change what it says.

#![expect(clippy::unwrap_used, reason = "a test program")]

use proptest::prelude::*;
use provider_transform::openai_responses::for_messages;
use provider_transform::sse::{Decoder, LineTooLong};
use provider_transform::{
    ChatChunk, ChatDialect, ChatRequest, Cx, Files, ModelInfo, Object, ProviderError, Settings, find,
};

const PROVIDERS: &[&str] = &[
    "anthropic",
    "bedrock",
    "bedrock/invoke/amazon.nova-m",
    "bedrock/invoke/anthropic.m",
    "bedrock/invoke/cohere.command-r-m",
    "bedrock/invoke/deepseek.r1-m",
    "bedrock/invoke/openai.m",
    "cohere_chat",
    "gemini",
    "ollama",
    "ollama_chat",
    "openai",
    "openai/responses/m",
    "vertex_ai/claude-m",
    "vertex_ai/meta/m",
];

/// Pieces that real bodies are made of, so that random ones get past the first byte.
const WORDS: &[&str] = &[
    "data: ",
    "data:",
    "event: error\n",
    "event: message_delta\n",
    "\n\n",
    "\r\n",
    "\n",
    ":",
    "[DONE]",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "null",
    "true",
    "1e9",
    "-1",
    "18446744073709551615",
    "\u{1f980}",
    "\"choices\":",
    "\"delta\":",
    "\"index\":",
    "\"content\":",
    "\"tool_calls\":",
    "\"function\":",
    "\"arguments\":",
    "\"finish_reason\":\"stop\"",
    "\"usage\":",
    "\"prompt_tokens\":",
    "\"error\":",
    "\"code\":\"429\"",
    "\"type\":\"content_block_delta\"",
    "\"type\":\"content_block_start\"",
    "\"content_block\":",
    "\"type\":\"message_start\"",
    "\"message\":",
    "\"type\":\"text_delta\"",
    "\"type\":\"tool_use\"",
    "\"text\":\"a\"",
    "\"messages\":",
    "\"role\":\"user\"",
    "\"model\":\"m\"",
    "\"tools\":",
    "\"id\":\"x\"",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"c\",\"function\":{\"arguments\":\"{\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":1}}\n\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\",\"thoughtSignature\":\"c2ln\"}]}}]}\n\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{}}}]},\"index\":1}]}\n\n",
    "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":1}}\n\n",
    "\"candidates\":",
    "\"promptFeedback\":{\"blockReason\":\"SAFETY\"}",
    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":1}}}\n\n",
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n",
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n",
    "data: {\"type\":\"message_stop\"}\n\n",
    "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\n",
    "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n",
    "data: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\",\"call_id\":\"c\"}}\n\n",
    "data: {\"type\":\"response.function_call_arguments.delta\",\"delta\":\"{\"}\n\n",
    "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1}}}\n\n",
    "\"output\":",
    "\"type\":\"reasoning\"",
];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..40).prop_map(|it| it.concat().into_bytes());
    let noise = prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![3 => words, 1 => noise]
}

/// Names and payloads of messages that event streams of AWS are made of.
const MESSAGES: &[(&str, &str)] = &[
    ("messageStart", r#"{"role":"assistant"}"#),
    ("contentBlockStart", r#"{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"x","name":"f"}}}"#),
    ("contentBlockStart", r#"{"start":{"toolUse":{"name":"json_tool_call"}}}"#),
    ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"a"}}"#),
    ("contentBlockDelta", r#"{"delta":{"toolUse":{"input":"{"}}}"#),
    ("contentBlockDelta", r#"{"delta":{"reasoningContent":{"text":"a"}}}"#),
    ("contentBlockDelta", r#"{"delta":{"reasoningContent":{"redactedContent":"a"}}}"#),
    ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
    ("messageStop", r#"{"stopReason":"tool_use"}"#),
    ("metadata", r#"{"usage":{"inputTokens":18446744073709551615,"outputTokens":1,"cacheReadInputTokens":9}}"#),
    ("throttlingException", r#"{"message":"slow"}"#),
    ("contentBlockDelta", "null"),
    ("brandNewEvent", "[]"),
];

/// Messages in good frames; now and then a bit is flipped.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let messages = prop::collection::vec(prop::sample::select(MESSAGES), 0..12);
    (messages, prop::option::weighted(0.2, any::<prop::sample::Index>())).prop_map(|(messages, flipped)| {
        let mut bytes: Vec<u8> = messages.into_iter().flat_map(|(name, payload)| frame(name, payload)).collect();
        if let Some(at) = flipped.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] ^= 1;
        }
        bytes
    })
}

fn frame(name: &str, payload: &str) -> Vec<u8> {
    let kind = if name.ends_with("Exception") { "exception" } else { "event" };
    let mut headers = Vec::new();
    for (header, value) in [(format!(":{kind}-type"), name), (":message-type".to_owned(), kind)] {
        headers.push(u8::try_from(header.len()).unwrap());
        headers.extend(header.bytes().chain([7]));
        headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend(value.bytes());
    }
    let length = |it: usize| u32::try_from(it).unwrap().to_be_bytes();
    let mut frame = [length(headers.len() + payload.len() + 16), length(headers.len())].concat();
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload.bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// The surroundings of a call to a provider, and behind a slash the model where the protocol depends on it.
fn with_cx<T>(name: &str, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    let (slug, model) = name.split_once('/').unwrap_or((name, "m"));
    let provider = find(slug).unwrap();
    let mut params = Object::new();
    params.insert("vertex_project".into(), "p".into());
    run(&Cx {
        provider,
        model,
        params: &params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        now: 1,
        files: &Files::default(),
        response_id: "r",
    })
}

/// The provider's chat, or the Responses API in its place.
fn dialect(cx: &Cx<'_>) -> &'static dyn ChatDialect {
    if cx.model.starts_with("responses/") { for_messages(true) } else { cx.provider.chat.unwrap() }
}

fn decode(cx: &Cx<'_>, bytes: &[u8], cut: usize) -> (Vec<ChatChunk>, Result<(), ProviderError>) {
    let mut stream = dialect(cx).stream(cx);
    let mut out = Vec::new();
    for piece in bytes.chunks(cut) {
        if let Err(error) = stream.push(piece, &mut out) {
            return (out, Err(error));
        }
    }
    let end = stream.finish(&mut out);
    (out, end)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn streams_say_the_same_however_they_are_cut(bytes in bytes(), cut in 1usize..70) {
        for slug in PROVIDERS {
            with_cx(slug, |cx| assert_eq!(decode(cx, &bytes, cut), decode(cx, &bytes, bytes.len().max(1))));
        }
    }

    #[test]
    fn event_streams_say_the_same_however_they_are_cut(bytes in frames(), cut in 1usize..70) {
        with_cx("bedrock", |cx| assert_eq!(decode(cx, &bytes, cut), decode(cx, &bytes, bytes.len().max(1))));
    }

    #[test]
    fn answers_and_errors_of_any_bytes_are_read_or_refused(bytes in bytes(), status in 300u16..700) {
        for slug in PROVIDERS {
            with_cx(slug, |cx| {
                let dialect = dialect(cx);
                dialect.response(cx, &bytes).ok();
                let error = dialect.error(cx, status, &bytes);
                assert!((400..600).contains(&error.status), "{error:?}");
            });
        }
    }

    #[test]
    fn requests_of_any_bytes_are_sent_or_refused(
        bytes in bytes(),
        messages in "(\\[|\\{\"role\":\"(user|tool|assistant|system)\",\"content\":(null|\"a\"|\\[\\{\"type\":\"text\"\\}\\])\\},?){0,6}",
    ) {
        let whole = format!("{{\"model\":\"openai/m\",\"messages\":[{}]}}", messages.trim_end_matches(','));
        for body in [bytes.as_slice(), whole.as_bytes()] {
            if let Ok(req) = ChatRequest::parse(body) {
                req.text_chars();
                for slug in PROVIDERS {
                    with_cx(slug, |cx| dialect(cx).request(cx, &req).ok());
                }
            }
        }
    }

    #[test]
    fn events_are_the_same_however_they_are_cut(bytes in bytes(), cut in 1usize..9) {
        let events = |cut: usize| {
            let (mut decoder, mut found) = (Decoder::default(), Vec::new());
            for piece in bytes.chunks(cut) {
                decoder.push::<LineTooLong>(piece, |it| { found.push((it.name.to_owned(), it.data.to_vec())); Ok(()) }).unwrap();
            }
            decoder.finish::<LineTooLong>(|it| { found.push((it.name.to_owned(), it.data.to_vec())); Ok(()) }).unwrap();
            found
        };
        prop_assert_eq!(events(cut), events(bytes.len().max(1)));
    }
}
