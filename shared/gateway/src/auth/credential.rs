use crate::{ApiError, App, Request};

/// Headers that may carry the key, first match wins.
const KEY_HEADERS: &[&str] =
    &["x-litellm-api-key", "authorization", "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"];

/// What the caller shows: a key or a token.
///
/// # Errors
/// 401 for a header that is no text: it does not make way for another one.
pub(super) fn credential<'a>(app: &App, req: &'a Request) -> Result<Option<&'a str>, ApiError> {
    let own = app.config.general_settings.litellm_key_header_name.as_deref();
    let names = own.as_ref().map_or(KEY_HEADERS, std::slice::from_ref);
    let mut given = names.iter().filter_map(|name| req.headers.get(*name)).filter(|it| !it.as_bytes().is_empty());
    let text = match given.next() {
        Some(value) => Some(value.to_str().map_err(|_| unreadable())?.trim()),
        None if own.is_some() => None,
        None => key_in_query(req),
    };
    Ok(text.and_then(secret))
}

fn unreadable() -> ApiError {
    ApiError::unauthorized("Authentication Error, The api key holds characters that are not ASCII.")
}

/// The key itself, with or without `Bearer` before it.
fn secret(text: &str) -> Option<&str> {
    let secret = match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        None if text.eq_ignore_ascii_case("bearer") => "",
        _ => text,
    };
    (!secret.is_empty()).then_some(secret)
}

/// `?key=`, where Google's clients may put it.
fn key_in_query(req: &Request) -> Option<&str> {
    let methods = [":generateContent", ":streamGenerateContent", ":countTokens"];
    let is_googles = req.path_param("id").is_some_and(|id| methods.iter().any(|it| id.ends_with(it)));
    req.query_param("key").map(str::trim).filter(|it| is_googles && !it.is_empty())
}
