//! Ollama's whole answer, of either operation.

use serde_json::{Value, json};

use crate::chat::response::{Answer, ChatResponse, Choice, FunctionCall, ToolCall};
use crate::finish::finish_reason;
use crate::openai::error;
use crate::openai::response::split_think;
use crate::{Cx, Object, ProviderError, Usage};

pub(super) fn parse(cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
    let slug = cx.provider.slug;
    let unreadable = |message: &str| ProviderError::unreadable(slug, message);
    let fields: Object = serde_json::from_slice(body).map_err(|_| unreadable("the answer is no JSON object"))?;
    if fields.get("error").is_some_and(|it| !it.is_null()) {
        return Err(error::inline(slug, &fields));
    }
    let said = said(&fields).ok_or_else(|| unreadable("the answer has no message"))?;
    let tool_calls: Vec<_> = said.calls.iter().enumerate().map(|(at, it)| tool_call(cx.response_id, at, it)).collect();
    let (content, thought) = split_think(said.text.into());
    let reason = reason(&fields, !tool_calls.is_empty());
    let message = Answer {
        role: "assistant".into(),
        content,
        reasoning_content: said.thought.map(str::to_owned).or(thought),
        tool_calls,
        rest: Object::new(),
    };
    let usage = usage(&fields);
    let response = ChatResponse {
        id: cx.response_id.into(),
        created: cx.now,
        model: cx.model.into(),
        object: "chat.completion".into(),
        choices: vec![Choice { index: 0, message, finish_reason: Some(reason.into()), rest: Object::new() }],
        usage: usage.as_ref().map(wire_usage),
        rest: Object::new(),
    };
    Ok((response, usage.unwrap_or_default()))
}

/// What an answer, or a line of a streamed one, says.
pub(super) struct Said<'a> {
    pub(super) text: &'a str,
    pub(super) thought: Option<&'a str>,
    pub(super) calls: &'a [Value],
}

/// `None` when it is neither operation's.
pub(super) fn said(fields: &Object) -> Option<Said<'_>> {
    match (fields.get("message"), fields.get("response")) {
        (Some(Value::Object(message)), _) => Some(Said {
            text: message.get("content").and_then(Value::as_str).unwrap_or_default(),
            thought: thought(message),
            calls: message.get("tool_calls").and_then(Value::as_array).map_or(&[], Vec::as_slice),
        }),
        (_, Some(Value::String(text))) => Some(Said { text, thought: thought(fields), calls: &[] }),
        _ => None,
    }
}

fn thought(fields: &Object) -> Option<&str> {
    fields.get("thinking").and_then(Value::as_str).filter(|it| !it.is_empty())
}

/// Why the answer ended. Ollama says `stop` after calls.
pub(super) fn reason(fields: &Object, has_calls: bool) -> &'static str {
    let native = fields.get("done_reason").and_then(Value::as_str).unwrap_or_default();
    match finish_reason(native) {
        "stop" if has_calls => "tool_calls",
        reason => reason,
    }
}

/// Ollama gives calls no id.
pub(super) fn tool_call(response_id: &str, at: usize, value: &Value) -> ToolCall {
    let function = value.get("function");
    let name = function.and_then(|it| it.get("name")).and_then(Value::as_str).unwrap_or_default();
    let arguments = match function.and_then(|it| it.get("arguments")) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "{}".into(),
        Some(arguments) => arguments.to_string(),
    };
    let id = value.get("id").and_then(Value::as_str).filter(|it| !it.is_empty());
    ToolCall {
        id: id.map_or_else(|| format!("call_{response_id}_{at}"), str::to_owned),
        kind: "function".into(),
        function: FunctionCall { name: name.into(), arguments, rest: Object::new() },
        rest: Object::new(),
    }
}

pub(super) fn usage(fields: &Object) -> Option<Usage> {
    let count = |name: &str| fields.get(name).and_then(Value::as_u64);
    let (prompt, completion) = (count("prompt_eval_count"), count("eval_count"));
    prompt.or(completion)?;
    Some(Usage { prompt_tokens: prompt.unwrap_or(0), completion_tokens: completion.unwrap_or(0), ..Usage::default() })
}

pub(super) fn wire_usage(usage: &Usage) -> Object {
    let counts = json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens.saturating_add(usage.completion_tokens),
    });
    counts.as_object().cloned().unwrap_or_default()
}
