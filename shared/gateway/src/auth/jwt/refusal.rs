//! Refusals of tokens. None of them repeats a token or a part of it.

use http::StatusCode;
use policy::jwt::{Denied, Invalid, Malformed};
use upstream::IdentityError;

use crate::ApiError;
use crate::auth::refusal::forbidden;
use crate::error::Param;

fn invalid_token(reason: &str) -> ApiError {
    ApiError::unauthorized(format!("Authentication Error, Validation fails: {reason}"))
}

pub(super) fn malformed(reason: Malformed) -> ApiError {
    invalid_token(match reason {
        Malformed::Form => "Invalid token",
        Malformed::Algorithm => "The specified alg value is not allowed",
        Malformed::Extension => "The token's header demands an extension (crit) that is not supported",
    })
}

pub(super) fn invalid(reason: Invalid) -> ApiError {
    match reason {
        Invalid::Expired => expired(),
        Invalid::NotYet => invalid_token("The token is not yet valid"),
        Invalid::Times => invalid_token("exp, nbf and iat must be numbers"),
        Invalid::Issuer => invalid_token("Invalid issuer"),
        Invalid::Audience => invalid_token("Audience doesn't match"),
    }
}

pub(in crate::auth) fn expired() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "expired_key", "Token Expired")
}

pub(super) fn signature() -> ApiError {
    invalid_token("Signature verification failed")
}

pub(super) fn no_key() -> ApiError {
    ApiError::unauthorized("Authentication Error, No matching public key found.")
}

pub(super) fn account() -> ApiError {
    ApiError::unauthorized("Authentication Error, The identity provider does not accept this token.")
}

pub(in crate::auth) fn unavailable(error: IdentityError) -> ApiError {
    let message = "Service Unavailable, the identity provider is temporarily unreachable, so the token could not be \
                   verified. Please retry shortly.";
    let unavailable = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "auth_provider_unavailable", message);
    ApiError { param: Param::NoneText, ..unavailable.because(error) }
}

pub(super) fn denied(reason: Denied, path: &str) -> ApiError {
    let message = match reason {
        Denied::NoRole => {
            "Unmatched token passed in. enforce_rbac is set to True. Token must belong to a proxy admin, team, or user."
                .to_owned()
        }
        Denied::RoleRoute(role) => format!("Role={} not allowed to call route={path}.", role.as_str()),
        Denied::RoleModel(role) => format!("Role={} not allowed to call this model.", role.as_str()),
        Denied::ScopeRoute => format!("The token's scopes do not allow route={path}."),
        Denied::ScopeModel => "The token's scopes do not allow this model.".to_owned(),
        Denied::AdminRoute => format!("Admin not allowed to access this route. Route={path}"),
        Denied::TeamRoute => format!("Team not allowed to access this route. Route={path}"),
    };
    forbidden(message)
}

/// What a token names does not exist.
pub(super) fn missing(message: impl Into<String>) -> ApiError {
    ApiError { param: Param::NoneText, ..ApiError::new(StatusCode::NOT_FOUND, "auth_error", message) }
}
