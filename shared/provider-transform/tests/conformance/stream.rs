//! A streamed answer, replayed as recorded and cut into small pieces: the chunks must be the same.

use provider_transform::{ChatChunk, ChatDialect, Cx, ErrorClass, ProviderError};
use serde_json::{Value, json};

use crate::case::{Case, Piece};
use crate::compare::Match;

const CUTS: &[usize] = &[1, 2, 3, 7, 64];

type Outcome = (Vec<ChatChunk>, Option<ProviderError>);

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
            return (chunks, Some(error));
        }
    }
    let finished = decoder.finish(&mut chunks);
    (chunks, finished.err())
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
