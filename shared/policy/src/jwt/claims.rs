//! Finds claims.

use serde_json::{Map, Value};

use crate::access::glob;
use crate::config::{RoutingOverride, Words};

/// The claim at a path: `a.b` is `b` within `a`; a dot that belongs to a name is written `\.`, or stands as it is where
/// the whole path is a name.
#[must_use]
pub fn value_at<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value).filter(|it| !it.is_null());
    }
    let names = names(path);
    let (first, rest) = names.split_first()?;
    let value = rest.iter().try_fold(claims.get(first)?, |value, name| value.get(name))?;
    Some(value).filter(|it| !it.is_null())
}

fn names(path: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = character == '\\' && characters.peek() == Some(&'.');
        if character == '.' {
            names.push(String::new());
        } else if let (Some(name), Some(character)) =
            (names.last_mut(), if escaped { characters.next() } else { Some(character) })
        {
            name.push(character);
        }
    }
    names
}

/// A claim as a text that is not empty: a string, a number, or the first of a list.
pub(super) fn text_at(claims: &Map<String, Value>, path: &str) -> Option<String> {
    match value_at(claims, path)? {
        Value::Array(items) => items.first().and_then(text),
        value => text(value),
    }
}

/// A claim as a list of texts.
pub(super) fn list_at(claims: &Map<String, Value>, path: &str) -> Vec<String> {
    match value_at(claims, path) {
        Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => Vec::new(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|it| !it.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The scopes of a token: a list, or one text with spaces between.
pub(super) fn scopes(claims: &Map<String, Value>) -> Vec<String> {
    match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(_)) => list_at(claims, if claims.contains_key("scope") { "scope" } else { "scp" }),
        _ => Vec::new(),
    }
}

/// Whether a token that nobody has verified yet is for the OAuth 2.0 endpoint, which will.
#[must_use]
pub fn routes_to_oauth2(claims: &Map<String, Value>, rules: &[RoutingOverride]) -> bool {
    let is_one = |words: &Words, values: &[String]| {
        words.0.iter().any(|pattern| values.iter().any(|value| glob::fits(pattern, value)))
    };
    let fits = |selector: &Option<Words>, values: Vec<String>| selector.as_ref().is_none_or(|it| is_one(it, &values));
    rules.iter().any(|rule| {
        is_one(&rule.iss, &list_at(claims, "iss"))
            && fits(&rule.client_id, list_at(claims, "client_id"))
            && fits(&rule.scope, scopes(claims))
            && fits(&rule.aud, list_at(claims, "aud"))
    })
}
