//! What is compared of an answer in the shape of the messages API.

use provider_transform::messages::error_object;
use provider_transform::{Fault, ProviderError};
use serde_json::{Value, json};

use crate::case::Case;
use crate::compare::Match;
use crate::stream::Frame;

/// A message as recorded, with the provider's own id in place of the one that LiteLLM wraps around it.
pub(crate) fn wanted(want: &Value) -> Value {
    let mut want = want.clone();
    let id =
        want["id"].as_str().and_then(|it| it.strip_prefix("<WRAPPED")?.strip_suffix('>')?.rsplit_once("response_id:"));
    if let Some((_, inner)) = id {
        want["id"] = json!(inner);
    }
    want
}

/// A failure by its status and type; one that is recorded inside a stream by its type alone, in Anthropic's words.
/// Answers whether that was all.
pub(crate) fn errors(case: &Case, have: Option<&ProviderError>, found: &mut Match) -> bool {
    let ours = have.map(|it| error_object(&Fault { status: it.status, ..Fault::default() }));
    let ours = ours.as_ref().and_then(|it| it["error"]["type"].as_str()).unwrap_or("none");
    let recorded = recorded(case);
    if let Some(failure) = recorded.last().filter(|it| it.data["type"] == "error") {
        found.expect("stream error", failure.data["error"]["type"].as_str().unwrap(), ours);
        return true;
    }
    if case.is_gateway() {
        found.expect("error type", case.error().map_or("none", |(_, kind)| kind), ours);
        let status = case.error().map_or(0, |(status, _)| status);
        found.expect("status", &status.to_string(), &have.map_or(0, |it| it.status).to_string());
    }
    case.is_gateway()
}

/// The events of a stream up to a failure: names and data.
pub(crate) fn frames(case: &Case, have: &[Frame], found: &mut Match) {
    let mut want = recorded(case);
    want.retain(|it| it.data["type"] != "error");
    let outline = |frames: &[Frame]| frames.iter().map(|it| it.data["type"].to_string()).collect::<Vec<_>>().join(" ");
    if want.len() != have.len() {
        found.expect("events", &outline(&want), &outline(have));
        return;
    }
    found.free("frame.message.model");
    for (want, have) in want.iter().zip(have) {
        found.expect("event", want.event.as_deref().unwrap_or_default(), have.event.as_deref().unwrap_or_default());
        found.answer("frame", &want.data, &have.data);
    }
}

/// As bytes (named events) or as objects, whichever LiteLLM yields.
fn recorded(case: &Case) -> Vec<Frame> {
    let list = ["sse", "chunks"].into_iter().find_map(|it| case.0[it].as_array());
    let frame = |it: &Value| match it["event"].as_str() {
        Some(event) => Frame { event: Some(event.to_owned()), data: it["data"].clone() },
        None => Frame { event: it["type"].as_str().map(str::to_owned), data: it.clone() },
    };
    list.into_iter().flatten().map(frame).collect()
}
