//! Everything that comes of a call, as one JSON document.

use http::HeaderMap;
use serde_json::{Map, Value, json};
use tests::Result;
use tests::standin::Call;

use super::house::Answer;
use super::masks::Masks;

/// Headers of an answer that the transport adds, or that every answer has.
const BORING: &[&str] = &[
    "access-control-allow-origin",
    "content-security-policy",
    "llm_provider-content-length",
    "llm_provider-content-type",
    "llm_provider-date",
    "llm_provider-transfer-encoding",
    "vary",
    "x-content-type-options",
    "x-frame-options",
];

/// Headers towards the provider that the transport adds, or that stand elsewhere in the document.
const BORING_SENT: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-api-key",
    "x-client-request-id",
];

/// Fields of a spend row that say when and not what, or that the answer's headers say already.
const BORING_IN_ROW: &[&str] = &["v", "id", "started", "ended", "first_token", "call_id", "api_base"];

/// The document of a call: answer, what the provider received, the rows that follow.
pub(crate) fn document(
    answer: &Answer,
    look: &[String],
    sent: &[Call],
    rows: &[Value],
    masks: &Masks,
) -> Result<Value> {
    let mut document = Map::new();
    document.insert("status".to_owned(), answer.status.as_u16().into());
    document.insert("headers".to_owned(), headers(&answer.headers, masks));
    let is_stream =
        answer.headers.get("content-type").is_some_and(|it| it.as_bytes().starts_with(b"text/event-stream"));
    if is_stream {
        let frames = frames(std::str::from_utf8(&answer.body)?)?;
        document.insert("frames".to_owned(), masks.value(&frames));
    } else {
        let body = serde_json::from_slice(&answer.body)?;
        document.insert("body".to_owned(), masks.value(&part(&body, look)));
    }
    if !sent.is_empty() {
        document.insert("sent".to_owned(), sent.iter().map(|it| masks.value(&received(it))).collect());
    }
    if !rows.is_empty() {
        document.insert("rows".to_owned(), rows.iter().map(|it| masks.value(&row(it))).collect());
    }
    Ok(document.into())
}

/// The data of each event of a stream, which must be framed as OpenAI frames it: a name, if there is one, and one line
/// of data.
pub(crate) fn frames(text: &str) -> Result<Value> {
    let Some(whole) = text.strip_suffix("\n\n") else {
        return Err(format!("the stream does not end with a whole event: {text}").into());
    };
    let data = |event: &str| {
        let unnamed = event.strip_prefix("event: ").and_then(|it| it.split_once('\n')).map_or(event, |(_, rest)| rest);
        unnamed.strip_prefix("data: ").map(str::to_owned)
    };
    let frames = whole.split("\n\n").map(|event| match data(event).as_deref() {
        Some("[DONE]") => Ok(Value::from("[DONE]")),
        Some(data) => Ok(serde_json::from_str(data)?),
        None => Err(format!("no event: {event}").into()),
    });
    frames.collect()
}

fn headers(headers: &HeaderMap, masks: &Masks) -> Value {
    let mut names: Vec<&str> = headers.keys().map(|it| it.as_str()).filter(|it| !BORING.contains(it)).collect();
    names.sort_unstable();
    let shown = names.into_iter().map(|name| {
        let values: Vec<String> =
            headers.get_all(name).iter().map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned()).collect();
        let value = match name {
            "x-litellm-version" => "<version>".to_owned(),
            name if name.ends_with("-duration-ms") => "<ms>".to_owned(),
            _ => masks.text(&values.join(" | ")),
        };
        (name.to_owned(), Value::from(value))
    });
    shown.collect::<Map<_, _>>().into()
}

/// The parts that the pointers name, or all.
fn part(body: &Value, look: &[String]) -> Value {
    if look.is_empty() {
        return body.clone();
    }
    let parts = look.iter().map(|it| (it.clone(), body.pointer(it).cloned().unwrap_or("ABSENT".into())));
    parts.collect::<Map<_, _>>().into()
}

fn received(call: &Call) -> Value {
    let mut document = json!({"path": call.path, "credential": call.credential});
    let headers = call.headers.as_object().into_iter().flatten();
    let shown: Map<String, Value> = headers
        .filter(|(name, _)| !BORING_SENT.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !shown.is_empty() {
        document["headers"] = shown.into();
    }
    document["body"] = call.request.clone().unwrap_or_default();
    document
}

fn row(row: &Value) -> Value {
    let fields = row.as_object().into_iter().flatten();
    let shown = fields.filter(|(name, _)| !BORING_IN_ROW.contains(&name.as_str()));
    shown.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
}
