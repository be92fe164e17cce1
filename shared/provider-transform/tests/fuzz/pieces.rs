//! Random strings of the pieces that bodies are made of, and noise.

use proptest::prelude::*;
use provider_transform::sse::{Decoder, LineTooLong};
use provider_transform::{Cx, Format, find};

use crate::call::{hello, parse, read_stream, read_whole, send, with_cx};
use crate::config;
use crate::events::frame;
use crate::seed::FORMATS;

/// A model of every protocol.
pub(crate) const MODELS: &[(&str, &str)] = &[
    ("anthropic", "claude-m"),
    ("bedrock", "anthropic.claude-m"),
    ("bedrock", "invoke/amazon.nova-m"),
    ("bedrock", "invoke/anthropic.m"),
    ("bedrock", "invoke/cohere.command-r-m"),
    ("bedrock", "invoke/deepseek.r1-m"),
    ("bedrock", "invoke/meta.llama3-m"),
    ("bedrock", "invoke/openai.m"),
    ("cohere_chat", "m"),
    ("gemini", "m"),
    ("ollama", "m"),
    ("ollama_chat", "m"),
    ("openai", "m"),
    ("openai", "responses/m"),
    ("vertex_ai", "claude-m"),
    ("vertex_ai", "meta/m"),
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
        let mut bytes: Vec<u8> = messages.into_iter().flat_map(|(name, payload)| message(name, payload)).collect();
        if let Some(at) = flipped.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] ^= 1;
        }
        bytes
    })
}

fn message(name: &str, payload: &str) -> Vec<u8> {
    let kind = if name.ends_with("Exception") { "exception" } else { "event" };
    let mut headers = Vec::new();
    for (header, value) in [(format!(":{kind}-type"), name), (":message-type".to_owned(), kind)] {
        headers.push(u8::try_from(header.len()).unwrap());
        headers.extend(header.bytes().chain([7]));
        headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend(value.bytes());
    }
    frame(&headers, payload.as_bytes())
}

/// Runs `run` for the plain question in every format to every protocol.
fn everywhere(run: impl Fn(&str, &dyn Format, &Cx<'_>)) {
    let params = [("vertex_project".to_owned(), "p".into())].into_iter().collect();
    for (slug, model) in MODELS {
        with_cx(find(slug).unwrap(), model, &params, |cx| {
            for format in FORMATS {
                run(format, parse(format, hello(format, model).to_string().as_bytes()).unwrap().as_ref(), cx);
            }
        });
    }
}

fn check_stream(format: &str, request: &dyn Format, cx: &Cx<'_>, bytes: &[u8], cut: usize) {
    let Some(whole) = read_stream(request, cx, bytes, bytes.len().max(1)) else { return };
    whole.check(format);
    assert_eq!(Some(whole), read_stream(request, cx, bytes, cut));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn streams_end_once_and_the_same_way(bytes in bytes(), cut in 1usize..70) {
        everywhere(|format, request, cx| check_stream(format, request, cx, &bytes, cut));
    }

    #[test]
    fn event_streams_end_once_and_the_same_way(bytes in frames(), cut in 1usize..70) {
        everywhere(|format, request, cx| check_stream(format, request, cx, &bytes, cut));
    }

    #[test]
    fn answers_and_errors_are_read_or_refused(bytes in bytes(), status in 300u16..700) {
        everywhere(|_, request, cx| read_whole(request, cx, &bytes, status));
    }

    #[test]
    fn requests_are_sent_or_refused(
        bytes in bytes(),
        messages in "(\\[|\\{\"role\":\"(user|tool|assistant|system)\",\"content\":(null|\"a\"|\\[\\{\"type\":\"text\"\\}\\])\\},?){0,6}",
    ) {
        let messages = messages.trim_end_matches(',');
        let whole = format!("{{\"model\":\"openai/m\",\"max_tokens\":1,\"messages\":[{messages}]}}");
        let input = format!("{{\"model\":\"openai/m\",\"input\":[{messages}]}}");
        for body in [bytes.as_slice(), whole.as_bytes(), input.as_bytes()] {
            for format in FORMATS.iter().filter_map(|it| parse(it, body).ok()) {
                everywhere(|_, _, cx| drop(send(format.as_ref(), cx)));
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
