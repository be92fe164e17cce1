//! A recorded `provider_response` of the conformance data as an answer, write by write.

use bytes::Bytes;
use serde_json::Value;

use super::answer::{Answer, Silence, Step};
use crate::Result;

/// Reads `{status, headers, body | body_text | stream_events}` or `{"raise": …}`.
pub(super) fn answer(recorded: &Value) -> Result<Answer> {
    let mut answer = Answer::default();
    match recorded["raise"].as_str() {
        Some("timeout") => answer.silence = Some(Silence::Hang),
        Some(_) => answer.silence = Some(Silence::Reset),
        None => {}
    }
    answer.status = recorded["status"].as_u64().unwrap_or(200).try_into()?;
    for (name, value) in recorded["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().ok_or("a header's value is not text")?;
        answer.headers.push((name.clone(), value.to_owned()));
    }
    let (content_type, steps) = match recorded {
        it if it["stream_events"].is_array() => ("text/event-stream", events(&it["stream_events"])?),
        it if it["body"].is_null() => ("text/plain", vec![text(&it["body_text"])]),
        it => ("application/json", vec![Step::Send(it["body"].to_string().into())]),
    };
    answer.steps = steps;
    let typed = answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !typed {
        answer.headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    Ok(answer)
}

fn events(events: &Value) -> Result<Vec<Step>> {
    let events = events.as_array().into_iter().flatten();
    events
        .map(|event| match event {
            Value::String(_) => Ok(text(event)),
            it if it["abort"] == true => Ok(Step::Cut),
            it if it["timeout"] == true => Ok(Step::Hang),
            it => Err(format!("unknown stream event {it}").into()),
        })
        .collect()
}

fn text(value: &Value) -> Step {
    Step::Send(Bytes::from(value.as_str().unwrap_or_default().to_owned()))
}
