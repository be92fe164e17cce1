//! OpenAI's chat answer, read forgivingly; what is not acted on stays in `rest`.

use serde_json::{Number, Value, json};

use super::{error, structured};
use crate::chat::response::{Answer, ChatResponse, Choice, FunctionCall, ToolCall};
use crate::finish::{finish_reason, is_openai_reason};
use crate::provider::ReasoningField;
use crate::{Cx, Object, ProviderError, Usage};

pub(super) fn parse(cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
    let slug = cx.provider.slug;
    let unreadable = |message: &str| ProviderError::unreadable(slug, message);
    let mut body: Object = serde_json::from_slice(body).map_err(|_| unreadable("the answer is no JSON object"))?;
    if body.get("error").is_some_and(|it| !it.is_null()) {
        return Err(error::inline(slug, &body));
    }
    let Some(Value::Array(choices)) = body.shift_remove("choices") else {
        return Err(unreadable("the answer has no list of choices"));
    };
    let choices = choices.into_iter().enumerate().map(|(at, it)| choice(cx, at, it)).collect::<Option<Vec<_>>>();
    let choices = choices.ok_or_else(|| unreadable("the answer has a choice that is none"))?;
    let wire_usage = match body.shift_remove("usage") {
        Some(Value::Object(mut usage)) => {
            include_reasoning(&mut usage);
            Some(usage)
        }
        _ => None,
    };
    let mut usage = wire_usage.as_ref().and_then(Usage::from_openai).unwrap_or_default();
    if cx.provider.quirks.states_cost {
        usage.stated_cost = wire_usage.as_ref().and_then(stated_cost);
    }
    usage.service_tier = body.get("service_tier").and_then(Value::as_str).map(str::to_owned);
    let response = ChatResponse {
        id: take_text(&mut body, "id").unwrap_or_else(|| cx.response_id.into()),
        created: take_seconds(&mut body).unwrap_or(cx.now),
        model: take_text(&mut body, "model").unwrap_or_else(|| cx.model.into()),
        object: take_text(&mut body, "object").unwrap_or_else(|| "chat.completion".into()),
        choices,
        usage: wire_usage,
        rest: body,
    };
    Ok((response, usage))
}

/// Some servers count reasoning beside the completion, which shows in their total (xAI docs, "Reasoning"); some give it
/// no place of its own (Perplexity's "Create chat completion").
pub(super) fn include_reasoning(usage: &mut Object) {
    if let Some(reasoning) = usage.get("reasoning_tokens").and_then(Value::as_u64)
        && !usage.get("completion_tokens_details").is_some_and(Value::is_object)
    {
        let completion = usage.get("completion_tokens").and_then(Value::as_u64).unwrap_or(0);
        let details = json!({"reasoning_tokens": reasoning, "text_tokens": completion.saturating_sub(reasoning)});
        usage.shift_remove("reasoning_tokens");
        usage.insert("completion_tokens_details".into(), details);
    }
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let details = usage.get("completion_tokens_details");
    let reasoning = details.and_then(|it| it.get("reasoning_tokens")).and_then(Value::as_u64).unwrap_or(0);
    let (Some(prompt), Some(completion), Some(total)) =
        (count("prompt_tokens"), count("completion_tokens"), count("total_tokens"))
    else {
        return;
    };
    let both = completion.saturating_add(reasoning);
    if reasoning > 0 && prompt.saturating_add(both) == total {
        usage.insert("completion_tokens".into(), both.into());
    }
}

/// The provider's own bill: a sum, an object with one, or ticks of which ten billion make a dollar (OpenRouter "Usage
/// accounting", Perplexity "Pricing", xAI "Consumption and rate limits").
pub(super) fn stated_cost(usage: &Object) -> Option<Number> {
    if let Some(ticks) = usage.get("cost_in_usd_ticks").and_then(Value::as_u64) {
        return Number::from_f64(ticks as f64 / 1e10);
    }
    let cost = usage.get("cost")?;
    cost.get("total_cost").unwrap_or(cost).as_number().cloned()
}

/// A non-empty string field, taken out.
pub(super) fn take_text(fields: &mut Object, name: &str) -> Option<String> {
    match fields.shift_remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// `created`, taken out.
fn take_seconds(fields: &mut Object) -> Option<u64> {
    seconds(&fields.shift_remove("created")?)
}

/// A time; some servers count in fractions.
pub(super) fn seconds(created: &Value) -> Option<u64> {
    created.as_u64().or_else(|| created.as_f64().map(|it| it as u64)).filter(|it| *it > 0)
}

/// The provider's own word for why an answer ended, kept beside OpenAI's when it is another.
pub(crate) fn keep_native_reason(native: &str, choice: &mut Object) {
    if native.is_empty() || is_openai_reason(native) {
        return;
    }
    let kept = choice.entry("provider_specific_fields").or_insert_with(|| Value::Object(Object::new()));
    if let Some(kept) = kept.as_object_mut() {
        kept.insert("native_finish_reason".into(), native.into());
    }
}

fn choice(cx: &Cx<'_>, at: usize, value: Value) -> Option<Choice> {
    let Value::Object(mut fields) = value else { return None };
    let mut message = match fields.shift_remove("message") {
        Some(Value::Object(message)) => answer(cx, message)?,
        _ => return None,
    };
    let is_form = structured::unwrap(cx, &mut message);
    let native = take_text(&mut fields, "finish_reason").unwrap_or_default();
    keep_native_reason(&native, &mut fields);
    let reason = match finish_reason(&native) {
        "stop" if !message.tool_calls.is_empty() => "tool_calls",
        "tool_calls" if is_form => "stop",
        reason => reason,
    };
    Some(Choice {
        index: fields.shift_remove("index").and_then(|it| it.as_u64()).unwrap_or(at as u64),
        message,
        finish_reason: Some(reason.into()),
        rest: fields,
    })
}

fn answer(cx: &Cx<'_>, mut fields: Object) -> Option<Answer> {
    let (content, thought) = match fields.shift_remove("content") {
        Some(Value::String(text)) => split_think(text),
        Some(Value::Array(parts)) => split_parts(&parts),
        Some(Value::Null) | None => (None, None),
        Some(_) => return None,
    };
    let given = take_text(&mut fields, "reasoning_content");
    let is_renamed = given.is_none() && cx.provider.quirks.reasoning != ReasoningField::KeptInWhole;
    let renamed = if is_renamed { take_text(&mut fields, "reasoning") } else { None };
    let calls = match fields.shift_remove("tool_calls") {
        Some(Value::Array(calls)) => calls,
        _ => Vec::new(),
    };
    let tool_calls = calls.into_iter().enumerate().map(|(at, it)| tool_call(cx, at, it)).collect::<Option<_>>()?;
    Some(Answer {
        role: take_text(&mut fields, "role").unwrap_or_else(|| "assistant".into()),
        content,
        reasoning_content: given.or(renamed).or(thought),
        tool_calls,
        rest: fields,
    })
}

pub(crate) fn tool_call(cx: &Cx<'_>, at: usize, value: Value) -> Option<ToolCall> {
    let Value::Object(mut fields) = value else { return None };
    let Some(Value::Object(mut function)) = fields.shift_remove("function") else { return None };
    let arguments = match function.shift_remove("arguments") {
        Some(Value::String(text)) => text,
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    Some(ToolCall {
        id: take_text(&mut fields, "id").unwrap_or_else(|| format!("call_{}_{at}", cx.response_id)),
        kind: take_text(&mut fields, "type").unwrap_or_else(|| "function".into()),
        function: FunctionCall {
            name: take_text(&mut function, "name").unwrap_or_default(),
            arguments,
            rest: function,
        },
        rest: fields,
    })
}

/// Servers without a field for reasoning put it before the text, in tags.
pub(crate) fn split_think(text: String) -> (Option<String>, Option<String>) {
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>")] {
        if let Some((thought, rest)) = text.strip_prefix(open).and_then(|it| it.split_once(close)) {
            return (Some(rest.into()), Some(thought.into()));
        }
    }
    (Some(text), None)
}

/// Content as a list of parts: text, and reasoning in one of two shapes (Mistral "Reasoning", Databricks "Query
/// reasoning models").
fn split_parts(parts: &[Value]) -> (Option<String>, Option<String>) {
    let (mut text, mut thought) = (String::new(), String::new());
    for part in parts {
        let inner = ["thinking", "summary"].iter().find_map(|name| part.get(name));
        match inner {
            Some(Value::String(it)) => thought.push_str(it),
            Some(Value::Array(items)) => items.iter().filter_map(text_of).for_each(|it| thought.push_str(it)),
            _ => text.push_str(text_of(part).unwrap_or_default()),
        }
    }
    (Some(text), Some(thought).filter(|it| !it.is_empty()))
}

fn text_of(part: &Value) -> Option<&str> {
    part.as_str().or_else(|| part.get("text")?.as_str())
}
