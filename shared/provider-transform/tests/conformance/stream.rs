//! A streamed answer, replayed as recorded and cut into small pieces: the chunks must be the same.

use provider_transform::{ChatChunk, ChatDialect, Cx, ErrorClass, ProviderError, Usage};
use serde_json::{Value, json};

use crate::case::{Case, Piece};
use crate::compare::Match;

const CUTS: &[usize] = &[1, 2, 3, 7, 64];

/// Chunks, the error that ended them, and what the provider counted.
pub(crate) type Outcome = (Vec<ChatChunk>, Option<ProviderError>, Option<Usage>);

/// The outcome of the recorded writes; differences of the cut ones are noted.
pub(crate) fn replay(cx: &Cx<'_>, dialect: &dyn ChatDialect, pieces: &[Piece], found: &mut Match) -> Outcome {
    let recorded = run(cx, dialect, pieces);
    let is_broken = matches!(pieces.last(), Some(Piece::Broken));
    let bytes: Vec<u8> =
        pieces.iter().flat_map(|it| if let Piece::Bytes(bytes) = it { &bytes[..] } else { &[] }).copied().collect();
    for cut in CUTS {
        let mut small: Vec<Piece> = bytes.chunks(*cut).map(|it| Piece::Bytes(it.to_vec())).collect();
        if is_broken {
            small.push(Piece::Broken);
        }
        if run(cx, dialect, &small) != recorded {
            found.expect(&format!("stream cut into {cut} bytes"), "the same", "another");
        }
    }
    recorded
}

fn run(cx: &Cx<'_>, dialect: &dyn ChatDialect, pieces: &[Piece]) -> Outcome {
    let (mut decoder, mut chunks) = (dialect.stream(cx), Vec::new());
    for piece in pieces {
        let pushed = match piece {
            Piece::Bytes(bytes) => decoder.push(bytes, &mut chunks),
            Piece::Broken => Err(ProviderError::new(cx.provider.slug, ErrorClass::ApiConnection, 500, "broken")),
        };
        if let Err(error) = pushed {
            return (chunks, Some(error), decoder.usage().cloned());
        }
    }
    let finished = decoder.finish(&mut chunks);
    (chunks, finished.err(), decoder.usage().cloned())
}

/// As the gateway shows them: usage only to clients that asked.
pub(crate) fn compare(case: &Case, chunks: &[ChatChunk], wants_usage: bool, found: &mut Match) {
    let Some(mut want) = case.chunks() else { return };
    // Usage of a provider that sent none is the gateway's estimate.
    let is_estimated = case.is_loose("chunks[usage]:");
    if is_estimated {
        want.retain(|it| it.get("usage").is_none());
    }
    let shown = chunks.iter().filter(|it| (wants_usage && !is_estimated) || !it.is_usage_only());
    let have: Vec<Value> = shown.map(|it| serde_json::to_value(it).unwrap()).collect();
    if want.len() != have.len() {
        found.expect("number of chunks", &outline(&want), &outline(&have));
        return;
    }
    found.free("chunk.model");
    if case.is_gateway() || case.is_loose("chunks[usage].completion_tokens_details") {
        found.free("chunk.usage.completion_tokens_details");
    }
    for (want, have) in want.iter().zip(&have) {
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
    if chunk.get("usage").is_some_and(Value::is_object) && chunk["choices"] == json!([{"index": 0, "delta": {}}]) {
        chunk["choices"] = json!([]);
    }
    chunk
}

fn outline(chunks: &[Value]) -> String {
    let deltas: Vec<String> = chunks
        .iter()
        .map(|it| match &it["choices"][0] {
            Value::Null => "usage".into(),
            choice if !choice["finish_reason"].is_null() => format!("{}", choice["finish_reason"]),
            choice => choice["delta"].to_string().chars().take(60).collect(),
        })
        .collect();
    format!("{}: {}", chunks.len(), deltas.join(" "))
}
