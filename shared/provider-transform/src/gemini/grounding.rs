//! What an answer rests on ("Grounding with Google Search"): OpenAI's annotations, and Google's own words beside them.

use serde_json::{Value, json};

use crate::Object;

use super::wire::answer::Candidate;

/// Queries that were sent to a search engine.
pub(super) fn searches(candidate: &Candidate) -> u64 {
    let queries = metadata(candidate).filter_map(|it| it.get("webSearchQueries")?.as_array());
    let asked = queries.flatten().filter(|it| it.as_str().is_some_and(|it| !it.is_empty()));
    asked.count() as u64
}

/// The supported stretches of the text as URL citations, each with its first source.
pub(super) fn annotations(candidate: &Candidate) -> Vec<Value> {
    metadata(candidate).flat_map(|it| supports(it).filter_map(|support| annotation(it, support))).collect()
}

/// Google's own words on grounding, fetched pages, safety and citations, in LiteLLM's names.
pub(super) fn collect(candidate: &Candidate, fields: &mut Object) {
    let named = [
        ("vertex_ai_grounding_metadata", &candidate.grounding_metadata),
        ("vertex_ai_url_context_metadata", &candidate.url_context_metadata),
        ("vertex_ai_safety_results", &candidate.safety_ratings),
        ("vertex_ai_citation_metadata", &candidate.citation_metadata),
    ];
    for (name, value) in named {
        let Some(value) = value else { continue };
        let list = fields.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            match value {
                Value::Array(values) if name == "vertex_ai_grounding_metadata" => list.extend(values.clone()),
                value => list.push(value.clone()),
            }
        }
    }
}

fn metadata(candidate: &Candidate) -> impl Iterator<Item = &Value> {
    let (one, many) = match &candidate.grounding_metadata {
        Some(Value::Array(many)) => (None, many.as_slice()),
        one => (one.as_ref(), &[][..]),
    };
    one.into_iter().chain(many)
}

fn supports(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata.get("groundingSupports").and_then(Value::as_array).into_iter().flatten()
}

/// An absent start is the text's start: Google leaves out zeros.
fn annotation(metadata: &Value, support: &Value) -> Option<Value> {
    let segment = support.get("segment")?;
    let start = segment.get("startIndex").and_then(Value::as_u64).unwrap_or_default();
    let end = segment.get("endIndex")?.as_u64()?;
    let source = support.get("groundingChunkIndices")?.as_array()?.first()?.as_u64()?;
    let chunk = metadata.get("groundingChunks")?.as_array()?.get(usize::try_from(source).ok()?)?;
    let web = chunk.get("web")?;
    let text = |name: &str| web.get(name).and_then(Value::as_str).unwrap_or_default();
    let citation = json!({"start_index": start, "end_index": end, "url": text("uri"), "title": text("title")});
    Some(json!({"type": "url_citation", "url_citation": citation}))
}
