//! What a provider's failure is: by its words first, then by its status; protocols add their own words before asking.

use crate::ErrorClass;

/// Words of a prompt that is too long, lower case; each list of words must occur together.
static CONTEXT_WINDOW: &[&[&str]] = &[
    &["context_length_exceeded"],
    &["exceed context limit"],
    &["this model's maximum context length is"],
    &["model's maximum context limit"],
    &["is longer than the model's context length"],
    &["input tokens exceed the configured limit"],
    &["`inputs` tokens + `max_new_tokens` must be"],
    &["exceeds the available context size"],
    &["exceeds the maximum number of tokens allowed"],
    &["maximum input length is", "tokens"],
    &["current length is", "while limit is"],
    &["prompt is too long"],
    &["prompt: length"],
    &["too many tokens"],
    &["too many input tokens"],
    &["input is too long"],
    &["expected maxlength:"],
    &["request payload size exceeds"],
];

static CONTENT_POLICY: &[&[&str]] = &[
    &["content_policy_violation"],
    &["responsibleaipolicyviolation"],
    &["content_filter_policy"],
    &["content filtering policy"],
    &["content management policy"],
    &["rejected as a result of our safety system"],
    &["rejected by the safety system"],
    &["the response was blocked."],
];

static RATE_LIMIT: &[&[&str]] = &[
    &["rate limit"],
    &["rate_limit"],
    &["rate-limit"],
    &["ratelimit"],
    &["service tier capacity exceeded"],
    &["quota exceeded"],
    &["resource exhausted"],
    &["throttlingexception"],
    &["insufficient_quota"],
];

static AUTHENTICATION: &[&[&str]] = &[
    &["incorrect api key provided"],
    &["invalid api key"],
    &["invalid_api_key"],
    &["api key not valid"],
    &["unable to locate credentials"],
    &["security token", "invalid"],
];

/// The class of a failure and the status to answer with. `status` is the provider's, `None` for errors inside streams
/// and answers; `text` is everything it said.
#[must_use]
pub fn recognise(status: Option<u16>, text: &str) -> (ErrorClass, u16) {
    let text = text.to_lowercase();
    let says = |table: &[&[&str]]| table.iter().any(|words| words.iter().all(|it| text.contains(it)));
    let is_client_fault = status.is_none_or(|it| matches!(it, 400 | 413 | 422 | 500));
    let client_status = status.filter(|it| (400..500).contains(it)).unwrap_or(400);
    if is_client_fault && says(CONTEXT_WINDOW) && !text.contains("string_above_max_length") {
        return (ErrorClass::ContextWindow, client_status);
    }
    if is_client_fault && says(CONTENT_POLICY) {
        return (ErrorClass::ContentPolicy, client_status);
    }
    if status.is_none_or(|it| matches!(it, 400 | 401)) && says(AUTHENTICATION) {
        return (ErrorClass::Authentication, 401);
    }
    if status.is_none() && (says(RATE_LIMIT) || has_word(&text, "429")) {
        return (ErrorClass::RateLimit, 429);
    }
    status.map_or((ErrorClass::ApiConnection, 500), by_status)
}

/// The class of a status; the status itself is kept, so that a caller sees what the provider meant.
#[must_use]
pub fn by_status(status: u16) -> (ErrorClass, u16) {
    let class = match status {
        400 | 413 | 422 => ErrorClass::BadRequest,
        401 => ErrorClass::Authentication,
        402 => ErrorClass::PaymentRequired,
        403 => ErrorClass::PermissionDenied,
        404 => ErrorClass::NotFound,
        408 | 504 => ErrorClass::Timeout,
        429 => ErrorClass::RateLimit,
        500 => ErrorClass::InternalServer,
        502 => ErrorClass::BadGateway,
        503 | 529 => ErrorClass::ServiceUnavailable,
        400..=599 => ErrorClass::Api,
        _ => return (ErrorClass::Api, 500),
    };
    (class, status)
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|it: char| !it.is_ascii_alphanumeric()).any(|it| it == word)
}
