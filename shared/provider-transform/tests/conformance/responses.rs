//! What is compared of an answer in the shape of the Responses API.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::case::Case;
use crate::compare::Match;
use crate::stream::Frame;

/// How the recordings show ids that LiteLLM wraps; some lack the closing bracket.
const WRAPPED: &str = "<WRAPPED resp ";
/// How the wrapped text begins.
const PAYLOAD: &str = "litellm:";

/// A recorded answer with the texts of wrapped ids.
pub(crate) fn wanted(want: &Value) -> Value {
    each_text(want, &|text| {
        let inner = text.strip_prefix(WRAPPED)?;
        let is_closed = inner.matches('>').count() > inner.matches('<').count();
        Some(if is_closed { inner.strip_suffix('>')? } else { inner }.to_owned())
    })
}

/// Our answer with the texts of wrapped ids.
pub(crate) fn shown(case: &Case, have: &Value) -> Value {
    let model_id = wrapped_model(case);
    each_text(have, &|text| {
        let bytes = STANDARD.decode(text.strip_prefix("resp_")?).ok()?;
        let text = String::from_utf8(bytes).ok().filter(|it| it.starts_with(PAYLOAD))?;
        // The proxy's deployments have ids, the library's have none.
        Some(text.replace("model_id:None", &model_id))
    })
}

/// Paths that differ on purpose.
pub(crate) fn free(found: &mut Match) {
    // LiteLLM leaves out what the API requires of a reasoning item (OpenAI API reference, "Reasoning", summary).
    found.free("response.output[*].summary");
    found.free("event.response.output[*].summary");
    found.free("event.model");
    found.free("event.response.model");
}

/// The events of a stream. Of an answer that came through chat LiteLLM numbers few events, leaves out that a summary's
/// part begins, ends its items in another order and cuts arguments into pieces of its own: there the events of each
/// item are compared, in their order, and ours must be numbered.
pub(crate) fn frames(case: &Case, frames: &[Frame], found: &mut Match) {
    let Some(want) = case.chunks() else { return };
    let is_object = |it: &&Value| it.is_object();
    let want: Vec<Value> = want.iter().map(wanted).collect();
    let have: Vec<Value> = frames.iter().map(|it| &it.data).filter(is_object).map(|it| shown(case, it)).collect();
    let numbers: Vec<Option<u64>> = have.iter().map(|it| it["sequence_number"].as_u64()).collect();
    let terminal = |it: &&Value| {
        let kind = it["type"].as_str().unwrap_or_default();
        matches!(kind, "response.completed" | "response.incomplete" | "response.failed" | "error")
    };
    let has_failed = !case.0["stream_error"].is_null();
    found.expect(
        "terminal events",
        if has_failed { "0" } else { "1" },
        &have.iter().filter(terminal).count().to_string(),
    );
    for frame in frames.iter().filter(|it| it.data.is_object()) {
        let kind = frame.data["type"].as_str().unwrap_or_default();
        found.expect("event name", kind, frame.event.as_deref().unwrap_or_default());
    }
    free(found);
    let is_native = want.first().is_some_and(|it| it.get("sequence_number").is_some());
    if is_native {
        compare(&want, &have, found);
        return;
    }
    let rising: Vec<Option<u64>> = (0..have.len() as u64).map(Some).collect();
    found.expect("sequence numbers", &format!("{rising:?}"), &format!("{numbers:?}"));
    compare(&by_item(want), &by_item(have), found);
}

fn compare(want: &[Value], have: &[Value], found: &mut Match) {
    if want.len() != have.len() {
        found.expect("events", &outline(want), &outline(have));
        return;
    }
    for (want, have) in want.iter().zip(have) {
        found.answer("event", want, have);
    }
}

/// Events without numbers, item by item, with a call's arguments in one piece.
fn by_item(events: Vec<Value>) -> Vec<Value> {
    let mut events: Vec<Value> = events
        .into_iter()
        .filter(|it| it["type"] != "response.reasoning_summary_part.added")
        .map(|mut it| {
            let fields = it.as_object_mut().unwrap();
            fields.shift_remove("sequence_number");
            if let Some(Value::Object(item)) = fields.get_mut("item")
                && item["type"] == "reasoning"
            {
                item.retain(|name, _| matches!(name.as_str(), "id" | "type" | "summary"));
            }
            if fields["type"].as_str().unwrap_or_default().starts_with("response.reasoning_summary_text.delta") {
                fields.shift_remove("summary_index");
            }
            it
        })
        .collect();
    // What belongs to no item comes before or after them all.
    let place = |it: &Value| match (it["output_index"].as_u64(), it["type"].as_str().unwrap_or_default()) {
        (Some(at), _) => at + 1,
        (None, "response.created" | "response.in_progress") => 0,
        (None, _) => u64::MAX,
    };
    events.sort_by_key(place);
    let mut joined: Vec<Value> = Vec::new();
    for event in events {
        match joined.last_mut() {
            Some(last)
                if event["type"] == "response.function_call_arguments.delta"
                    && last["type"] == event["type"]
                    && last["item_id"] == event["item_id"] =>
            {
                last["delta"] = format!("{}{}", text(&last["delta"]), text(&event["delta"])).into();
            }
            _ => joined.push(event),
        }
    }
    joined
}

fn wrapped_model(case: &Case) -> String {
    let recorded = case.0.to_string();
    let start = recorded.find(WRAPPED).and_then(|at| recorded.get(at..)).unwrap_or_default();
    let model = start.split("model_id:").nth(1).and_then(|it| it.split(';').next()).unwrap_or("None");
    format!("model_id:{model}")
}

fn each_text(value: &Value, change: &dyn Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => change(text).map_or_else(|| value.clone(), Value::String),
        Value::Array(items) => items.iter().map(|it| each_text(it, change)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, it)| (name.clone(), each_text(it, change))).collect())
        }
        _ => value.clone(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn outline(events: &[Value]) -> String {
    let kinds = events.iter().map(|it| text(&it["type"]).trim_start_matches("response.").to_owned());
    json!(kinds.collect::<Vec<_>>()).to_string()
}
