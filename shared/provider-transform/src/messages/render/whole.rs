//! A whole answer.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::chat::response::{Answer, ToolCall};
use crate::format::Whole;
use crate::messages::names::Names;
use crate::{ChatResponse, Object, Usage};

use super::{counts, stop};

/// Writes an answer as a message; of several choices the first.
pub(super) fn render(
    response: ChatResponse,
    usage: Option<&Usage>,
    model: &str,
    prompt_tokens: u64,
    names: &Names,
) -> Whole {
    let text_len = response.text_len();
    let choice = response.choices.into_iter().next().unwrap_or_default();
    let refusal = choice.message.rest.get("refusal").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (reason, details) = stop(choice.finish_reason.as_deref(), &refusal);
    let estimated = Usage::estimated(prompt_tokens, text_len);
    let body = json!({
        "id": response.id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content(choice.message, refusal, names),
        "stop_reason": reason,
        "stop_sequence": null,
        "stop_details": details,
        "usage": counts(usage.unwrap_or(&estimated)),
    });
    Whole {
        body: Bytes::from(serde_json::to_vec(&body).unwrap_or_default()),
        usage: usage.cloned().unwrap_or_default(),
        id: response.id,
        model: response.model,
        text_len,
        keep: None,
    }
}

fn content(answer: Answer, refusal: String, names: &Names) -> Vec<Value> {
    let mut content = thoughts(&answer);
    let words = answer.content.or_else(|| Some(refusal).filter(|it| !it.is_empty()));
    content.extend(words.map(|it| json!({"type": "text", "text": it})));
    content.extend(answer.tool_calls.iter().map(|it| call(it, names)));
    content
}

/// Thinking with its signature where the provider signs it.
fn thoughts(answer: &Answer) -> Vec<Value> {
    let blocks = answer.rest.get("thinking_blocks").and_then(Value::as_array);
    let blocks: Vec<_> = blocks.into_iter().flatten().filter_map(Value::as_object).map(thought).collect();
    let unsigned = answer.reasoning_content.iter().filter(|it| !it.is_empty() && blocks.is_empty());
    let unsigned = unsigned.map(|it| json!({"type": "thinking", "thinking": it, "signature": null}));
    let unsigned: Vec<_> = unsigned.collect();
    blocks.into_iter().chain(unsigned).collect()
}

fn thought(block: &Object) -> Value {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "redacted_thinking" => json!({"type": "redacted_thinking", "data": text("data")}),
        _ => json!({"type": "thinking", "thinking": text("thinking"), "signature": text("signature")}),
    }
}

fn call(call: &ToolCall, names: &Names) -> Value {
    let arguments = call.function.arguments.trim();
    let input = serde_json::from_str::<Object>(if arguments.is_empty() { "{}" } else { arguments });
    // What is no object is kept where the caller can see it.
    let input = input.map_or_else(|_| json!({"arguments": arguments}), Value::Object);
    json!({"type": "tool_use", "id": call.id, "name": names.original(&call.function.name), "input": input})
}
