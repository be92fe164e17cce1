//! A streamed answer, replayed as recorded and cut into small pieces: the chunks must be the same.

use provider_transform::format::Reader;
use provider_transform::{Cx, ErrorClass, Frames, ProviderError, Usage};
use serde_json::{Value, json};

use crate::case::{Case, Piece};
use crate::compare::Match;

const CUTS: &[usize] = &[1, 2, 3, 7, 64];

/// One event as a client reads it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) event: Option<String>,
    /// JSON, or a text such as `[DONE]`.
    pub(crate) data: Value,
}

/// Events, the error that ended them, and what the provider counted.
pub(crate) type Outcome = (Vec<Frame>, Option<ProviderError>, Option<Usage>);

/// The outcome of the recorded writes; differences of the cut ones are noted.
pub(crate) fn replay(
    cx: &Cx<'_>,
    reader: &dyn Fn() -> Box<dyn Reader>,
    pieces: &[Piece],
    found: &mut Match,
) -> Outcome {
    let recorded = run(cx, reader, pieces);
    let is_broken = matches!(pieces.last(), Some(Piece::Broken));
    let bytes: Vec<u8> =
        pieces.iter().flat_map(|it| if let Piece::Bytes(bytes) = it { &bytes[..] } else { &[] }).copied().collect();
    for cut in CUTS {
        let mut small: Vec<Piece> = bytes.chunks(*cut).map(|it| Piece::Bytes(it.to_vec())).collect();
        if is_broken {
            small.push(Piece::Broken);
        }
        if run(cx, reader, &small) != recorded {
            found.expect(&format!("stream cut into {cut} bytes"), "the same", "another");
        }
    }
    recorded
}

fn run(cx: &Cx<'_>, reader: &dyn Fn() -> Box<dyn Reader>, pieces: &[Piece]) -> Outcome {
    let (mut decoder, mut out) = (reader().stream(cx), Frames::default());
    for piece in pieces {
        let pushed = match piece {
            Piece::Bytes(bytes) => decoder.push(bytes, &mut out),
            Piece::Broken => Err(ProviderError::new(cx.provider.slug, ErrorClass::ApiConnection, 500, "broken")),
        };
        if let Err(error) = pushed {
            return (frames(&out), Some(error), decoder.usage().cloned());
        }
    }
    let finished = decoder.finish(&mut out);
    (frames(&out), finished.err(), decoder.usage().cloned())
}

/// The events that were written; ours have one `data:` line each.
fn frames(out: &Frames) -> Vec<Frame> {
    let text = std::str::from_utf8(&out.bytes).unwrap();
    let blocks = text.split("\n\n").filter(|it| !it.is_empty());
    let frame = |block: &str| {
        let line = |name: &str| block.lines().find_map(|it| it.strip_prefix(name));
        let data = line("data: ").unwrap();
        Frame {
            event: line("event: ").map(str::to_owned),
            data: serde_json::from_str(data).unwrap_or_else(|_| data.into()),
        }
    };
    blocks.map(frame).collect()
}

/// As the gateway shows them: usage only to clients that asked.
pub(crate) fn compare(case: &Case, frames: &[Frame], found: &mut Match) {
    let Some(mut want) = case.chunks() else { return };
    // Usage of a provider that sent none is the gateway's estimate.
    let is_estimated = case.is_loose("chunks[usage]:");
    let is_usage = |it: &Value| it.get("usage").is_some_and(Value::is_object);
    let is_usage_only = |it: &Value| is_usage(it) && it["choices"].as_array().is_none_or(Vec::is_empty);
    if is_estimated {
        want.retain(|it| it.get("usage").is_none());
    }
    let chunks = frames.iter().map(|it| &it.data).filter(|it| it.is_object());
    let have: Vec<&Value> = chunks.filter(|it| !(is_estimated && is_usage_only(it))).collect();
    if want.len() != have.len() {
        found.expect("number of chunks", &outline(&want), &outline(have));
        return;
    }
    found.free("chunk.model");
    if case.is_gateway() || case.is_loose("chunks[usage].completion_tokens_details") {
        found.free("chunk.usage.completion_tokens_details");
    }
    for (want, have) in want.iter().zip(have) {
        found.answer("chunk", &usage_without_choices(want), &usage_without_choices(have));
    }
}

/// What is billed: the counts of LiteLLM's reassembled answer, unless it guessed them.
pub(crate) fn counts(case: &Case, usage: Option<&Usage>, found: &mut Match) {
    let want = &case.0["assembled"]["usage"];
    if !want.is_object() || case.is_loose("assembled.usage") || case.is_loose("chunks[usage]:") {
        return;
    }
    let have = usage.map(|it| {
        let write = it.cache_write_5m_tokens + it.cache_write_1h_tokens;
        [it.prompt_tokens, it.completion_tokens, it.cache_read_tokens, write]
    });
    let paths = [
        "/prompt_tokens",
        "/completion_tokens",
        "/prompt_tokens_details/cached_tokens",
        "/prompt_tokens_details/cache_creation_tokens",
    ];
    let want = paths.map(|it| want.pointer(it).and_then(Value::as_u64).unwrap_or(0));
    found.expect("stream usage", &format!("{want:?}"), &have.map_or("none".into(), |it| format!("{it:?}")));
}

/// LiteLLM puts an empty choice into the usage chunk, OpenAI none.
fn usage_without_choices(chunk: &Value) -> Value {
    let mut chunk = chunk.clone();
    if chunk["object"] == "text_completion" {
        said(&mut chunk);
    }
    if chunk.get("usage").is_some_and(Value::is_object) && chunk["choices"] == json!([{"index": 0, "delta": {}}]) {
        chunk["choices"] = json!([]);
    }
    chunk
}

/// LiteLLM counts zero tokens in every text chunk and leaves empty text out, which OpenAI's clients require.
fn said(chunk: &mut Value) {
    if chunk["usage"]["total_tokens"] == 0 {
        chunk["usage"] = Value::Null;
    }
    for choice in chunk["choices"].as_array_mut().into_iter().flatten() {
        if choice.get("text").is_none() {
            choice["text"] = "".into();
        }
    }
}

fn outline<'a>(chunks: impl IntoIterator<Item = &'a Value>) -> String {
    let deltas: Vec<String> = chunks
        .into_iter()
        .map(|it| match &it["choices"][0] {
            Value::Null => "usage".into(),
            choice if !choice["finish_reason"].is_null() => format!("{}", choice["finish_reason"]),
            choice => choice["delta"].to_string().chars().take(60).collect(),
        })
        .collect();
    format!("{}: {}", deltas.len(), deltas.join(" "))
}
