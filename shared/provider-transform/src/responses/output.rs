//! Output items of an answer.

use serde_json::{Value, json};

use super::thinking;
use super::tools::Names;
use crate::chat::response::{Choice, ToolCall};
use crate::openai_responses::item::{objects, text};
use crate::{ChatResponse, Object};

/// How ids begin of calls that Anthropic's own tools answer (Claude docs, "Server tools").
const HOSTED_CALL: &str = "srvtoolu_";

/// What is common to the items of one answer.
pub(super) struct Ids(String);

impl Ids {
    /// Of the answer `id`.
    pub(super) fn new(id: &str) -> Self {
        Self(id.strip_prefix("chatcmpl-").unwrap_or(id).to_owned())
    }

    /// Of the n-th item of a kind.
    pub(super) fn item(&self, prefix: &str, n: usize) -> String {
        let base = &self.0;
        if n == 0 { format!("{prefix}{base}") } else { format!("{prefix}{base}_{n}") }
    }
}

/// The status of an answer that ended for this reason, and why it is incomplete if it is.
pub(super) fn status(finish_reason: Option<&str>) -> (&'static str, Option<&'static str>) {
    match finish_reason {
        Some("length") => ("incomplete", Some("max_output_tokens")),
        Some("content_filter") => ("incomplete", Some("content_filter")),
        Some(_) => ("completed", None),
        None => ("incomplete", None),
    }
}

/// The items of a whole answer: reasoning, words and pictures, calls.
pub(super) fn items(response: &ChatResponse, names: &Names) -> Vec<Value> {
    let ids = Ids::new(&response.id);
    let mut output = Vec::new();
    for (n, choice) in response.choices.iter().enumerate() {
        output.extend(choice_reasoning(choice, &ids, n));
    }
    for (n, choice) in response.choices.iter().enumerate() {
        output.extend(choice_message(choice, &ids, n));
        let images = choice.message.rest.get("images").and_then(Value::as_array).into_iter().flatten();
        output.extend(images.enumerate().filter_map(|(at, it)| image(it, ids.item("ig_", n + at))));
    }
    for choice in &response.choices {
        let hosted = hosted_work(&choice.message.rest);
        let call = |it: &ToolCall| {
            let work = hosted.iter().find(|work| is_work_of(work, &it.id)).cloned();
            let is_hosted = it.id.starts_with(HOSTED_CALL);
            work.or_else(|| (!is_hosted).then(|| whole_call(it, names)))
        };
        output.extend(choice.message.tool_calls.iter().filter_map(call));
    }
    output
}

/// Whether the provider answers the call itself.
pub(super) fn is_hosted(call_id: &str) -> bool {
    call_id.starts_with(HOSTED_CALL)
}

/// Work of hosted tools that an answer or a chunk reports, as items.
pub(super) fn hosted_work(rest: &Object) -> Vec<Value> {
    let Some(fields) = rest.get("provider_specific_fields").and_then(Value::as_object) else { return Vec::new() };
    let lists = ["web_search_calls", "code_interpreter_results"];
    lists.into_iter().flat_map(|name| objects(fields, name)).cloned().map(Value::Object).collect()
}

fn is_work_of(work: &Value, call_id: &str) -> bool {
    let id = work.get("id").and_then(Value::as_str).unwrap_or_default();
    id.strip_prefix("ws_").unwrap_or(id) == call_id
}

/// A message with its parts.
pub(super) fn message(id: &str, status: &str, parts: Vec<Value>) -> Value {
    json!({"type": "message", "id": id, "status": status, "role": "assistant", "content": parts})
}

/// A part that says something.
pub(super) fn text_part(text: &str, annotations: &[Value]) -> Value {
    json!({"type": "output_text", "text": text, "annotations": annotations})
}

/// A part that says why nothing is said.
pub(super) fn refusal_part(refusal: &str) -> Value {
    json!({"type": "refusal", "refusal": refusal})
}

/// What the model thought: as a summary, which this API's clients read, as text, and signed, to be sent back.
pub(super) fn reasoning(id: &str, status: &str, thought: &str, blocks: &[Value]) -> Value {
    let said = !thought.is_empty();
    let content = if said { vec![text_part(thought, &[])] } else { Vec::new() };
    let summary = if said { vec![json!({"type": "summary_text", "text": thought})] } else { Vec::new() };
    let mut item = json!({
        "type": "reasoning", "id": id, "status": status, "role": "assistant", "summary": summary, "content": content,
    });
    if let (Some(sealed), Some(fields)) = (thinking::encode(blocks), item.as_object_mut()) {
        fields.insert("encrypted_content".into(), sealed.into());
    }
    item
}

/// A call of a function or of a free-form tool.
pub(super) fn call(call_id: &str, name: &str, arguments: &str, status: &str, names: &Names) -> Value {
    let id =
        |prefix: &str| if call_id.starts_with(prefix) { call_id.to_owned() } else { format!("{prefix}_{call_id}") };
    if names.is_custom(name) {
        let input = if status == "completed" { unwrap_custom(arguments) } else { String::new() };
        return json!({
            "type": "custom_tool_call", "id": id("ctc"), "call_id": call_id, "name": name, "input": input,
            "status": status,
        });
    }
    let (namespace, name) = names.split(name);
    let mut item = json!({
        "type": "function_call", "id": id("fc"), "call_id": call_id, "name": name, "arguments": arguments,
        "status": status,
    });
    if let (Some(namespace), Some(fields)) = (namespace, item.as_object_mut()) {
        fields.insert("namespace".into(), namespace.into());
    }
    item
}

/// The text of a free-form tool, which chat wraps into a function's arguments.
pub(super) fn unwrap_custom(arguments: &str) -> String {
    let parsed = serde_json::from_str::<Object>(arguments).ok();
    let content = parsed.as_ref().and_then(|it| it.get("content"));
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => arguments.to_owned(),
    }
}

/// A citation without chat's inner object ("Web search", citations).
pub(super) fn annotation(given: &Value) -> Value {
    let Some(fields) = given.as_object() else { return given.clone() };
    let kind = text(fields, "type");
    match fields.get(kind).and_then(Value::as_object) {
        Some(inner) => {
            let mut flat = Object::new();
            flat.insert("type".into(), kind.into());
            flat.extend(inner.clone());
            flat.into()
        }
        None => given.clone(),
    }
}

/// A picture as an item, without the head of its data URL.
pub(super) fn image(given: &Value, id: String) -> Option<Value> {
    let url = given.get("image_url")?.get("url")?.as_str()?;
    let data = if url.starts_with("data:") { url.split_once(',')?.1 } else { url };
    Some(json!({"type": "image_generation_call", "id": id, "status": "completed", "result": data}))
}

fn choice_reasoning(choice: &Choice, ids: &Ids, n: usize) -> Option<Value> {
    let thought = choice.message.reasoning_content.as_deref().unwrap_or_default();
    let blocks = choice.message.rest.get("thinking_blocks").and_then(Value::as_array);
    let blocks = blocks.map(Vec::as_slice).unwrap_or_default();
    let has_sealed = thinking::encode(blocks).is_some();
    let (status, _) = status(choice.finish_reason.as_deref());
    (!thought.is_empty() || has_sealed).then(|| reasoning(&ids.item(thinking::OWN_ID, n), status, thought, blocks))
}

fn choice_message(choice: &Choice, ids: &Ids, n: usize) -> Option<Value> {
    let said = &choice.message;
    let annotations = said.rest.get("annotations").and_then(Value::as_array).into_iter().flatten();
    let annotations: Vec<Value> = annotations.map(annotation).collect();
    let refusal = said.rest.get("refusal").and_then(Value::as_str).filter(|it| !it.is_empty());
    let text = said.content.as_deref().map(|it| text_part(it, &annotations));
    let parts: Vec<Value> = text.into_iter().chain(refusal.map(refusal_part)).collect();
    let (status, _) = status(choice.finish_reason.as_deref());
    (!parts.is_empty()).then(|| message(&ids.item("msg_", n), status, parts))
}

fn whole_call(given: &ToolCall, names: &Names) -> Value {
    let mut item = call(&given.id, &given.function.name, &given.function.arguments, "completed", names);
    let own = given.rest.get("provider_specific_fields").filter(|it| !it.is_null());
    if let (Some(own), Some(fields)) = (own, item.as_object_mut()) {
        fields.insert("provider_specific_fields".into(), own.clone());
    }
    item
}
