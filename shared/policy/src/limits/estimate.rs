//! How many tokens a call may need, before anyone knows.

use serde_json::{Map, Value};

use super::TokenKind;

/// Output that is reserved for a call without a cap, unless the limit is low.
const USUAL_OUTPUT: u64 = 1024;

/// What a request says about its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// Characters of the messages' text (or the prompt, or the input).
    pub input_chars: u64,
    /// The caller's cap on the output, in tokens.
    pub max_tokens: Option<u64>,
    /// How many answers: `n`, `best_of`.
    pub choices: u64,
    /// Whether the call generates anything: an embedding does not.
    pub generates: bool,
}

/// The tokens that are reserved for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Of the prompt.
    pub input: u64,
    /// Of all answers.
    pub output: u64,
    /// Of all answers, at most: the cap may be lower than what is reserved for both together.
    pub longest: u64,
    /// The cap that the request must get (`max_tokens`), since the caller gave none and the limit is low.
    pub cap: Option<u64>,
}

impl Estimate {
    /// The tokens that count against a limit of this kind, at least 1.
    #[must_use]
    pub const fn counted(&self, kind: TokenKind) -> u64 {
        let tokens = match kind {
            TokenKind::Total => self.input.saturating_add(self.output),
            TokenKind::Input => self.input,
            TokenKind::Output => self.longest,
        };
        if tokens == 0 { 1 } else { tokens }
    }
}

/// Estimates a call under token limits, the lowest of which is `smallest_tpm`. `configured` is the key's own estimate
/// of an answer.
#[must_use]
pub fn estimate_tokens(ask: &Ask, smallest_tpm: Option<u64>, configured: Option<u64>) -> Estimate {
    let input = tokens_of_chars(ask.input_chars);
    if !ask.generates {
        return Estimate { input, output: 0, longest: 0, cap: None };
    }
    let floor = smallest_tpm.map_or(USUAL_OUTPUT, |tpm| (tpm / 4).min(USUAL_OUTPUT));
    let (answer, cap) = match (ask.max_tokens, configured) {
        (Some(explicit), _) => (explicit, None),
        (None, Some(configured)) => (configured, None),
        (None, None) => (input.max(floor), (floor < USUAL_OUTPUT).then_some(floor.max(1))),
    };
    let choices = ask.choices.max(1);
    let output = answer.saturating_mul(choices);
    Estimate { input, output, longest: cap.map_or(output, |cap| cap.saturating_mul(choices)), cap }
}

/// The estimate of an answer from `model` that a key's or a team's metadata states, in tokens.
#[must_use]
pub fn configured_output(metadata: &Map<String, Value>, model: &str) -> Option<u64> {
    let by_model = metadata.get("default_estimated_output_tokens_per_model");
    let one = by_model.and_then(|models| models.get(model));
    one.or_else(|| metadata.get("default_estimated_output_tokens")).and_then(Value::as_u64)
}

/// Tokens of a text by the usual four characters a token, at least 1.
#[must_use]
pub const fn tokens_of_chars(chars: u64) -> u64 {
    if chars < 4 { 1 } else { chars / 4 }
}

/// A high estimate of a prompt's tokens, for reserving budget: all text in the messages and in what else goes into the
/// prompt (tools, the schema of the answer), three bytes a token, and 8 tokens a message. Dense text can have more, so
/// a budget can be overspent by a call's estimate error, never by more.
///
/// Media do not have tokens by their bytes: an image, a sound or a file counts 2048, or a token for 32 bytes when that
/// is more.
#[must_use]
pub fn prompt_tokens_upper<'a>(
    messages: impl IntoIterator<Item = &'a Map<String, Value>>,
    params: &Map<String, Value>,
) -> u64 {
    let mut size = Size::default();
    for message in messages {
        size.messages += 1;
        message.iter().for_each(|(name, value)| size.add(name, value));
    }
    // A fallback may bring messages of its own.
    for name in ["tools", "functions", "response_format", "system", "messages"] {
        params.get(name).into_iter().for_each(|value| size.add(name, value));
    }
    size.bytes.div_ceil(3).saturating_add(size.media).saturating_add(8 * size.messages)
}

#[derive(Default)]
struct Size {
    bytes: u64,
    media: u64,
    messages: u64,
}

impl Size {
    fn add(&mut self, name: &str, value: &Value) {
        const LEAST: u64 = 2048;
        let length = |text: &str| u64::try_from(text.len()).unwrap_or(u64::MAX);
        match value {
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) => self.bytes += 4,
            Value::String(text) if is_media(name, text) => {
                self.media = self.media.saturating_add((length(text) / 32).max(LEAST));
            }
            Value::String(text) => self.bytes = self.bytes.saturating_add(length(text)),
            Value::Array(items) => items.iter().for_each(|item| self.add(name, item)),
            Value::Object(map) => {
                for (name, value) in map {
                    self.bytes = self.bytes.saturating_add(length(name));
                    self.add(name, value);
                }
            }
        }
    }
}

/// Whether a string is a picture, a sound or a file rather than text.
fn is_media(name: &str, text: &str) -> bool {
    text.starts_with("data:")
        || matches!(name, "file_data" | "file_id")
        || (matches!(name, "url" | "image_url") && text.starts_with("http"))
        || (name == "data" && !text.contains(' '))
}
