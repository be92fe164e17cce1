use http::StatusCode;
use policy::key::Key;

use crate::error::Param;
use crate::{ApiError, Shape};

/// 403 of what concerns the caller and not the route.
pub(super) fn forbidden(message: impl Into<String>) -> ApiError {
    ApiError { param: Param::NoneText, ..ApiError::new(StatusCode::FORBIDDEN, "auth_error", message) }
}

/// 403 of a route, in the plain form.
pub(super) fn detail(message: impl Into<String>) -> ApiError {
    ApiError { shape: Shape::Detail, ..ApiError::new(StatusCode::FORBIDDEN, "permission_error", message) }
}

/// Something that is no key of this gateway's.
pub(super) fn no_key(secret: &str) -> ApiError {
    let is_token = policy::jwt::Token::looks_like(secret);
    let shown = if is_token { "****".to_owned() } else { masked(secret) };
    let hint = if is_token { " It looks like a JWT: `general_settings.enable_jwt_auth` is not set." } else { "" };
    ApiError::unauthorized(format!(
        "Authentication Error, LiteLLM Virtual Key expected. Received={shown}, expected to start with 'sk-'.{hint}"
    ))
}

pub(super) fn unknown_key(secret: &str, hash: &str) -> ApiError {
    let message = format!(
        "Authentication Error, Invalid proxy server token passed. Received API Key = {}, Key Hash (Token) ={hash}. \
         Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
        Key::name(secret)
    );
    ApiError::new(StatusCode::UNAUTHORIZED, "token_not_found_in_db", message).param("key")
}

/// At most the first and last four characters, and never half of the text.
pub(super) fn masked(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() < 16 {
        return "****".to_owned();
    }
    let head: String = characters.iter().take(4).collect();
    let tail: String = characters.iter().skip(characters.len() - 4).collect();
    format!("{head}****{tail}")
}

#[cfg(test)]
mod tests;
