//! Answers a chat request from a deployment's `mock_response`, with no provider: a text, or the name of an error.

use serde_json::{Value, json};

use crate::chat::chunk::Delta;
use crate::chat::response::{Answer, Choice};
use crate::{ChatChunk, ChatRequest, ChatResponse, Cx, ErrorClass, Object, ProviderError, Usage};

/// Prompt tokens that every mock answer reports, as LiteLLM does.
pub const PROMPT_TOKENS: u64 = 10;
/// Completion tokens that every mock answer reports, as LiteLLM does.
pub const COMPLETION_TOKENS: u64 = 20;

/// The most that all choices of a mock may hold together, in bytes: nobody pays for them.
const LONGEST: u64 = 128 << 10;

const ERRORS: &[(&str, ErrorClass, u16)] = &[
    ("litellm.AuthenticationError", ErrorClass::Authentication, 401),
    ("litellm.BadRequestError", ErrorClass::BadRequest, 400),
    ("litellm.ContentPolicyViolationError", ErrorClass::ContentPolicy, 400),
    ("litellm.ContextWindowExceededError", ErrorClass::ContextWindow, 400),
    ("litellm.InternalServerError", ErrorClass::InternalServer, 500),
    ("litellm.NotFoundError", ErrorClass::NotFound, 404),
    ("litellm.RateLimitError", ErrorClass::RateLimit, 429),
    ("litellm.ServiceUnavailableError", ErrorClass::ServiceUnavailable, 503),
    ("litellm.Timeout", ErrorClass::Timeout, 408),
];

/// The mock's token counts.
#[must_use]
pub fn usage() -> Usage {
    Usage { prompt_tokens: PROMPT_TOKENS, completion_tokens: COMPLETION_TOKENS, ..Usage::default() }
}

/// A whole answer.
///
/// # Errors
/// The error that `mock` names, such as `litellm.RateLimitError`; 400 for an answer that is too long.
pub fn response(cx: &Cx<'_>, req: &ChatRequest, mock: &Value) -> Result<ChatResponse, ProviderError> {
    let text = text(cx, mock, req.n())?;
    let choices = (0..req.n()).map(|index| Choice {
        index,
        message: Answer { role: "assistant".into(), content: Some(text.clone()), ..Answer::default() },
        finish_reason: Some("stop".into()),
        ..Choice::default()
    });
    Ok(ChatResponse {
        id: cx.response_id.into(),
        created: cx.now,
        model: cx.model.into(),
        object: "chat.completion".into(),
        choices: choices.collect(),
        usage: Some(wire_usage()),
        ..ChatResponse::default()
    })
}

/// The same answer as a stream: a chunk a word, the finish, the usage.
///
/// # Errors
/// As [`response`].
pub fn chunks(cx: &Cx<'_>, mock: &Value) -> Result<Vec<ChatChunk>, ProviderError> {
    let text = text(cx, mock, 1)?;
    let chunk = || ChatChunk::new(cx.response_id, cx.now, cx.model);
    let mut chunks: Vec<_> = text
        .split_inclusive(' ')
        .map(|word| chunk().with_delta(Delta { content: Some(word.into()), ..Delta::default() }))
        .collect();
    if let Some(first) = chunks.first_mut().and_then(|it| it.choices.first_mut()) {
        first.delta.role = Some("assistant".into());
    }
    chunks.push(chunk().with_finish("stop"));
    chunks.push(chunk().with_usage(wire_usage()));
    Ok(chunks)
}

fn text(cx: &Cx<'_>, mock: &Value, choices: u64) -> Result<String, ProviderError> {
    let text = match mock {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match ERRORS.iter().find(|(name, ..)| *name == text) {
        Some(&(_, class, status)) => Err(ProviderError::new(cx.provider.slug, class, status, "this is a mock error")),
        None if choices.saturating_mul(text.len().max(1024) as u64) > LONGEST => {
            let message = format!("the choices of a mock_response are longer than {LONGEST} bytes");
            Err(ProviderError::new(cx.provider.slug, ErrorClass::BadRequest, 400, message))
        }
        None => Ok(text),
    }
}

fn wire_usage() -> Object {
    let total = PROMPT_TOKENS + COMPLETION_TOKENS;
    let usage = json!({"prompt_tokens": PROMPT_TOKENS, "completion_tokens": COMPLETION_TOKENS, "total_tokens": total});
    match usage {
        Value::Object(usage) => usage,
        _ => Object::new(),
    }
}
