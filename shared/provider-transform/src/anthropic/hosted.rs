//! Blocks that OpenAI's shape has no place for (hosted tools, citations, thinking), kept in
//! `provider_specific_fields` so that they can go back in the next request.

use serde_json::{Value, json};

use crate::Object;

/// Whether a block is the result of a tool that Anthropic runs, and where its kind is kept.
pub(super) fn result_list(kind: &str) -> Option<&'static str> {
    match kind {
        "web_search_tool_result" | "web_fetch_tool_result" => Some("web_search_results"),
        // The model's own look-up of deferred tools.
        "tool_search_tool_result" => None,
        kind if kind.ends_with("_tool_result") => Some("tool_results"),
        _ => None,
    }
}

/// A search in the form of OpenAI's `web_search_call`.
pub(super) fn web_search_call(id: &str, query: &str, result: Option<&Object>) -> Value {
    let found = result.and_then(|it| it.get("content")).and_then(Value::as_array);
    let urls = found.into_iter().flatten().filter_map(|it| it.get("url"));
    let sources: Vec<_> = urls.map(|url| json!({"type": "url", "url": url})).collect();
    let queries: Vec<_> = Some(query).filter(|it| !it.is_empty()).into_iter().collect();
    json!({
        "id": format!("ws_{id}"),
        "type": "web_search_call",
        "status": if result.is_some() { "completed" } else { "in_progress" },
        "action": {"type": "search", "query": query, "queries": queries, "sources": sources},
    })
}

/// A run of code in the form of OpenAI's `code_interpreter_call`; `None` for results of other tools.
pub(super) fn code_interpreter_call(input: &Object, result: &Object, container: Option<&Value>) -> Option<Value> {
    let code = ["code", "command"].into_iter().find_map(|it| input.get(it)?.as_str())?;
    let output = result.get("content")?;
    let text = |name: &str| output.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    let logs: Vec<_> = [text("stdout"), text("stderr")].into_iter().flatten().collect();
    let outputs = if logs.is_empty() { json!([]) } else { json!([{"type": "logs", "logs": logs.join("\n")}]) };
    Some(json!({
        "type": "code_interpreter_call",
        "id": result.get("tool_use_id"),
        "code": code,
        "container_id": container.and_then(|it| it.get("id")),
        "status": "completed",
        "outputs": outputs,
    }))
}

/// The citations of a text block, each with the text it supports.
pub(super) fn citations(block: &Object) -> Option<Value> {
    let list = block.get("citations")?.as_array()?;
    let text = block.get("text").cloned().unwrap_or_default();
    let supported = list.iter().map(|citation| {
        let mut citation = citation.clone();
        if let Some(fields) = citation.as_object_mut() {
            fields.insert("supported_text".into(), text.clone());
        }
        citation
    });
    Some(Value::Array(supported.collect()))
}
