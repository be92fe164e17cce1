//! Why an answer ended, in OpenAI's words.

/// OpenAI's word for a provider's reason; `stop` for reasons nobody knows.
#[must_use]
pub fn finish_reason(native: &str) -> &'static str {
    match native {
        "length"
        | "LENGTH"
        | "max_tokens"
        | "MAX_TOKENS"
        | "compaction"
        | "model_context_window_exceeded"
        | "model_length" => "length",
        "tool_calls" | "tool_use" | "TOOL_CALL" => "tool_calls",
        "function_call" => "function_call",
        "content_filter"
        | "refusal"
        | "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "OTHER"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "NO_IMAGE"
        | "ESCALATION"
        | "ERROR_TOXIC"
        | "guardrail_intervened"
        | "content_filtered"
        | "CONTENT_FILTERED"
        | "sensitive" => "content_filter",
        image if image.starts_with("IMAGE_") => "content_filter",
        _ => "stop",
    }
}

/// Whether the provider's reason is OpenAI's own word, so that nothing is lost by writing OpenAI's.
#[must_use]
pub fn is_openai_reason(native: &str) -> bool {
    matches!(native, "stop" | "length" | "tool_calls" | "function_call" | "content_filter")
}
