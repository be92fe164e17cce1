//! Documents to rank, and the ranking that comes back, in Cohere's shape ("Rerank API v2").

use serde_json::{Value, json};

use super::params::invalid;
use super::{Ask, Outcome, Units};
use crate::{Object, TransformError, Usage};

/// Documents that one search ranks at most (Cohere "Pricing", search units).
const DOCUMENTS_A_SEARCH: u64 = 100;

/// The request's `documents`.
pub(crate) fn documents(ask: &Ask) -> Result<&[Value], TransformError> {
    let documents = ask.fields.get("documents").and_then(Value::as_array);
    documents.map(Vec::as_slice).ok_or_else(|| invalid("documents", "must be a list"))
}

/// A document of the request as answers show it.
pub(crate) fn shown(ask: &Ask, index: u64) -> Option<Value> {
    let document = ask.fields.get("documents")?.get(usize::try_from(index).ok()?)?;
    Some(if document.is_object() { document.clone() } else { json!({"text": document}) })
}

/// Whether the caller wants the documents back.
pub(crate) fn returns_documents(ask: &Ask) -> bool {
    ask.fields.get("return_documents") == Some(&Value::Bool(true))
}

/// Searches of a provider that bills them and does not say how many.
pub(crate) fn searches(ask: &Ask) -> u64 {
    let documents = ask.fields.get("documents").and_then(Value::as_array).map_or(0, Vec::len);
    (documents as u64).div_ceil(DOCUMENTS_A_SEARCH).max(1)
}

/// One result.
pub(crate) fn result(index: u64, score: &Value, document: Option<Value>) -> Value {
    let mut result = json!({"index": index, "relevance_score": score});
    if let (Some(result), Some(document)) = (result.as_object_mut(), document) {
        result.insert("document".into(), document);
    }
    result
}

/// The answer.
pub(crate) fn outcome(id: &str, model: &str, results: Vec<Value>, meta: Value, usage: Usage) -> Outcome {
    let search_units = meta.pointer("/billed_units/search_units").and_then(Value::as_u64).unwrap_or(0);
    let units = Units { search_units, ..Units::default() };
    let body: Object = [("id", id.into()), ("results", results.into()), ("meta", meta)]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Outcome { usage, units, ..Outcome::json(&body, model) }
}
