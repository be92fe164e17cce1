use crate::{App, Request};

/// Headers that may carry the key, first match wins.
const KEY_HEADERS: &[&str] =
    &["x-litellm-api-key", "authorization", "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"];

/// What the caller shows: a key or a token.
pub(super) fn credential<'a>(app: &App, req: &'a Request) -> Option<&'a str> {
    let own = app.config.general_settings.litellm_key_header_name.as_deref();
    let text = match own {
        Some(name) => req.header(name)?,
        None => KEY_HEADERS.iter().find_map(|name| req.header(name)).or_else(|| key_in_query(req))?,
    };
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
