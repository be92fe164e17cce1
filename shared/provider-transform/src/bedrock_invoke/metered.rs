//! Bedrock's own counts, which end every stream of `InvokeModelWithResponseStream`.

use serde_json::{Value, json};

use crate::{Object, Usage};

/// The field of the counts.
pub(super) const FIELD: &str = "amazon-bedrock-invocationMetrics";

/// The counts of an event, if it is the one that carries them.
pub(super) fn usage(event: &Value) -> Option<Usage> {
    let metrics = event.get(FIELD)?;
    let count = |name: &str| metrics.get(name).and_then(Value::as_u64);
    let (prompt_tokens, completion_tokens) = (count("inputTokenCount")?, count("outputTokenCount")?);
    let cache_read_tokens = count("cacheReadInputTokenCount").unwrap_or_default();
    let cache_write_5m_tokens = count("cacheWriteInputTokenCount").unwrap_or_default();
    let prompt_tokens = prompt_tokens.saturating_add(cache_read_tokens).saturating_add(cache_write_5m_tokens);
    Some(Usage { prompt_tokens, completion_tokens, cache_read_tokens, cache_write_5m_tokens, ..Usage::default() })
}

/// Counts in OpenAI's words.
pub(super) fn wire(usage: &Usage) -> Object {
    let (prompt, completion) = (usage.prompt_tokens, usage.completion_tokens);
    let mut wire = Object::new();
    wire.insert("prompt_tokens".into(), prompt.into());
    wire.insert("completion_tokens".into(), completion.into());
    wire.insert("total_tokens".into(), prompt.saturating_add(completion).into());
    if usage.cache_read_tokens > 0 {
        wire.insert("prompt_tokens_details".into(), json!({"cached_tokens": usage.cache_read_tokens}));
    }
    wire
}
