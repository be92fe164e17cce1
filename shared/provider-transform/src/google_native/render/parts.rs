//! What was said, as parts.

use serde_json::{Value, json};

use crate::Object;
use crate::chat::chunk::Delta;
use crate::chat::response::Answer;

/// The parts of a whole answer.
pub(super) fn of_answer(answer: Answer) -> Vec<Value> {
    let blocks = answer.rest.get("thinking_blocks").and_then(Value::as_array);
    let mut parts: Vec<_> = blocks.into_iter().flatten().filter_map(Value::as_object).map(block).collect();
    if parts.is_empty() {
        parts.extend(answer.reasoning_content.as_deref().filter(|it| !it.is_empty()).map(thought));
    }
    parts.extend(words(answer.content.as_deref(), &answer.rest));
    parts.extend(media(&answer.rest));
    let calls = answer.tool_calls.iter().map(|it| call(&it.id, &it.function.name, &it.function.arguments, &it.rest));
    parts.extend(calls);
    parts
}

/// The parts of a piece of an answer, without its calls.
pub(super) fn of_delta(delta: &Delta) -> Vec<Value> {
    let mut parts = Vec::new();
    parts.extend(delta.reasoning_content.as_deref().filter(|it| !it.is_empty()).map(thought));
    let blocks = delta.rest.get("thinking_blocks").and_then(Value::as_array);
    for mut part in blocks.into_iter().flatten().filter_map(Value::as_object).map(block) {
        if part.get("thoughtSignature").is_some() {
            // Its words are said piece by piece; the signature ends them.
            part["text"] = "".into();
            parts.push(part);
        }
    }
    parts.extend(words(delta.content.as_deref(), &delta.rest));
    parts.extend(media(&delta.rest));
    parts
}

/// A call with its arguments; what is no object is kept where the caller can see it.
pub(super) fn call(id: &str, name: &str, arguments: &str, fields: &Object) -> Value {
    let arguments = arguments.trim();
    let args = serde_json::from_str::<Object>(if arguments.is_empty() { "{}" } else { arguments });
    let args = args.map_or_else(|_| json!({"arguments": arguments}), Value::Object);
    let mut call = json!({"name": name, "args": args});
    if !id.is_empty() {
        call["id"] = id.into();
    }
    let mut part = json!({"functionCall": call});
    let signature = fields.get("provider_specific_fields").and_then(|it| it.get("thought_signature"));
    if let Some(signature) = signature {
        part["thoughtSignature"] = signature.clone();
    }
    part
}

/// `LogprobsResult` of OpenAI's `logprobs`.
pub(super) fn logprobs(logprobs: &Value) -> Option<Value> {
    let token = |it: &Value| json!({"token": it["token"], "logProbability": it["logprob"]});
    let content = logprobs.get("content")?.as_array()?;
    let chosen: Vec<_> = content.iter().map(token).collect();
    let top = |it: &Value| {
        let top = it["top_logprobs"].as_array().into_iter().flatten();
        json!({"candidates": top.map(token).collect::<Vec<_>>()})
    };
    let top: Vec<_> = content.iter().map(top).collect();
    Some(json!({"topCandidates": top, "chosenCandidates": chosen}))
}

/// `GroundingMetadata` of OpenAI's annotations.
pub(super) fn grounding(annotations: Option<&Value>) -> Option<Value> {
    let citations = annotations?.as_array()?.iter().filter_map(|it| it.get("url_citation"));
    let (mut chunks, mut supports) = (Vec::new(), Vec::new());
    for citation in citations {
        if let (Some(start), Some(end)) = (citation["start_index"].as_u64(), citation["end_index"].as_u64()) {
            let segment = json!({"startIndex": start, "endIndex": end});
            supports.push(json!({"segment": segment, "groundingChunkIndices": [chunks.len()]}));
        }
        chunks.push(json!({"web": {"uri": citation["url"], "title": citation["title"]}}));
    }
    (!chunks.is_empty()).then(|| json!({"groundingChunks": chunks, "groundingSupports": supports}))
}

fn thought(words: &str) -> Value {
    json!({"text": words, "thought": true})
}

/// A block of thoughts with its signature; of hidden ones there is nothing but what stands for them.
fn block(block: &Object) -> Value {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    let (words, signature) = match text("type") {
        "redacted_thinking" => ("", text("data")),
        _ => (text("thinking"), text("signature")),
    };
    let mut part = thought(words);
    if !signature.is_empty() {
        part["thoughtSignature"] = signature.into();
    }
    part
}

fn words<'a>(content: Option<&'a str>, rest: &'a Object) -> impl Iterator<Item = Value> + use<'a> {
    let refusal = rest.get("refusal").and_then(Value::as_str);
    [content, refusal].into_iter().flatten().filter(|it| !it.is_empty()).map(|it| json!({"text": it}))
}

/// Pictures, and a sound in the form in which Google speaks.
fn media(rest: &Object) -> Vec<Value> {
    let images = rest.get("images").and_then(Value::as_array).into_iter().flatten();
    let mut parts: Vec<_> = images.filter_map(|it| picture(it.get("image_url")?.get("url")?.as_str()?)).collect();
    let audio = rest.get("audio");
    let part = |name: &str| audio.and_then(|it| it.get(name)).and_then(Value::as_str).filter(|it| !it.is_empty());
    parts.extend(part("transcript").map(|it| json!({"text": it})));
    parts.extend(
        part("data").map(|it| json!({"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": it}})),
    );
    parts
}

fn picture(url: &str) -> Option<Value> {
    match url.strip_prefix("data:").and_then(|it| it.split_once(";base64,")) {
        Some((kind, data)) => Some(json!({"inlineData": {"mimeType": kind, "data": data}})),
        None => Some(json!({"fileData": {"fileUri": url}})),
    }
}
