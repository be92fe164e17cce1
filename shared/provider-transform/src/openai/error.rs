//! OpenAI's error object, and the shapes that compatible servers give it.

use serde_json::Value;

use crate::recognise::recognise;
use crate::{Object, ProviderError};

/// Longest message taken from a body that is no error object, in characters.
const MAX_TEXT: usize = 2000;

/// An answer with an error status.
pub(crate) fn parse(provider: &'static str, status: u16, body: &[u8]) -> ProviderError {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(fields)) => from_fields(provider, Some(status), &fields),
        Ok(Value::Array(items)) => match items.first().and_then(Value::as_object) {
            Some(fields) => from_fields(provider, Some(status), fields),
            None => from_text(provider, status, body),
        },
        _ => from_text(provider, status, body),
    }
}

/// An error object inside a stream or a successful answer: it says what happened, no status does.
pub(crate) fn inline(provider: &'static str, fields: &Object) -> ProviderError {
    let error = fields.get("error");
    let code = error.and_then(|it| it.get("code"));
    let status = code.and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok()));
    let status = status.and_then(|it| u16::try_from(it).ok()).filter(|it| (400..600).contains(it));
    from_fields(provider, status, fields)
}

fn from_fields(provider: &'static str, status: Option<u16>, fields: &Object) -> ProviderError {
    let error = match fields.get("error") {
        Some(Value::Object(error)) => error,
        _ => fields,
    };
    let text = |name: &str| match error.get(name) {
        Some(Value::String(it)) if !it.is_empty() => Some(it.clone()),
        Some(Value::Number(it)) => Some(it.to_string()),
        _ => None,
    };
    let plain = fields.get("error").and_then(Value::as_str).map(str::to_owned);
    let message = text("message").or(plain).unwrap_or_else(|| shorten(&Value::Object(fields.clone()).to_string()));
    let (kind, code) = (text("type"), text("code"));
    let said = [Some(&message), kind.as_ref(), code.as_ref()].into_iter().flatten();
    let (class, status) = recognise(status, &said.map(String::as_str).collect::<Vec<_>>().join(" "));
    ProviderError { class, status, message, kind, param: text("param"), code, provider }
}

fn from_text(provider: &'static str, status: u16, body: &[u8]) -> ProviderError {
    let text = String::from_utf8_lossy(body);
    let (class, status) = recognise(Some(status), &text);
    ProviderError::new(provider, class, status, shorten(text.trim()))
}

fn shorten(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}
