//! Asks an OAuth 2.0 token endpoint, and reads its answer (RFC 6749, sections 5.1 and 5.2).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use policy::config::Secret;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::CredentialsError;
use crate::cache::Fetched;
use crate::cloud::Cloud;

/// The longest wait for a token, beside which a call's own limit counts.
const PATIENCE: Duration = Duration::from_secs(10);
/// Token endpoints answer a few kilobytes.
const LARGEST: usize = 256 << 10;
/// Where an endpoint does not say how long its token holds.
const USUAL_LIFE: Duration = Duration::from_secs(300);

/// What a token endpoint gave.
pub(super) type Token = Fetched<Arc<Secret>>;

/// Posts a form and reads the token.
pub(super) async fn post_form(
    cloud: &Cloud,
    by: &'static str,
    url: &str,
    fields: &[(&str, &str)],
) -> Result<Token, CredentialsError> {
    token(cloud, by, form(cloud, url, fields)).await
}

/// The posting of a form.
pub(super) fn form(cloud: &Cloud, url: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    cloud.client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form)
}

/// Sends a request and reads the token.
pub(super) async fn token(cloud: &Cloud, by: &'static str, request: RequestBuilder) -> Result<Token, CredentialsError> {
    let body = fetch(by, request).await?;
    let answer: Value = serde_json::from_slice(&body).map_err(|_| CredentialsError::Unreadable { by })?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    // "generateAccessToken" of Google's IAM Service Account Credentials API spells its answer in camel case.
    let value = text("access_token").or_else(|| text("accessToken")).filter(|it| !it.is_empty());
    let value = value.ok_or(CredentialsError::Unreadable { by })?;
    let expires = expiry(&answer, cloud.now());
    Ok(Fetched { value: Arc::new(Secret::new(value.to_owned())), expires })
}

/// Sends a request and reads its answer, refused unless its status is good.
pub(super) async fn fetch(by: &'static str, request: RequestBuilder) -> Result<Vec<u8>, CredentialsError> {
    let request = request.header("accept", "application/json");
    match tokio::time::timeout(PATIENCE, read(by, request)).await {
        Ok(read) => read,
        Err(_) => Err(CredentialsError::Unreachable { by, source: None }),
    }
}

async fn read(by: &'static str, request: RequestBuilder) -> Result<Vec<u8>, CredentialsError> {
    let failed = |source: reqwest::Error| {
        // The URL may hold what must not reach a log.
        let source = source.without_url();
        if source.is_builder() {
            CredentialsError::Unusable { what: "the address of the token endpoint is not a URL" }
        } else {
            CredentialsError::Unreachable { by, source: Some(Arc::new(source)) }
        }
    };
    let mut response = request.send().await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(failed)? {
        if body.len() + piece.len() > LARGEST {
            return Err(CredentialsError::Unreadable { by });
        }
        body.extend_from_slice(&piece);
    }
    match response.status().as_u16() {
        200..=299 => Ok(body),
        408 | 429 | 500.. => Err(CredentialsError::Unreachable { by, source: None }),
        status => Err(CredentialsError::Refused { by, status, code: code(&body) }),
    }
}

/// When a token expires: `expires_in` seconds from now, `expires_on` seconds since 1970 (Azure's managed identities), or
/// `expireTime` as a date (Google's impersonation).
fn expiry(answer: &Value, now: SystemTime) -> SystemTime {
    let seconds = |name: &str| {
        let value = answer.get(name)?;
        let number = value.as_u64().or_else(|| value.as_f64().map(|it| it as u64));
        number.or_else(|| value.as_str()?.parse().ok()).map(Duration::from_secs)
    };
    let date = || answer.get("expireTime")?.as_str()?.parse::<Timestamp>().ok().map(SystemTime::from);
    let expires = match seconds("expires_in") {
        Some(left) => now.checked_add(left),
        None => seconds("expires_on").and_then(|it| SystemTime::UNIX_EPOCH.checked_add(it)).or_else(date),
    };
    expires.unwrap_or(now + USUAL_LIFE)
}

/// The error code of a refusal: only what is plainly a code is taken, since the rest may quote a credential. Azure's own
/// is the number at the start of its description ("Microsoft Entra authentication and authorization error codes").
fn code(body: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = answer.get("error").and_then(|it| it.as_str().or_else(|| it.get("status")?.as_str()));
    let is_code = |it: &&str| it.len() <= 40 && it.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let description = answer.get("error_description").and_then(Value::as_str);
    let number = description.and_then(|it| it.split(':').next()).filter(|it| {
        it.strip_prefix("AADSTS")
            .is_some_and(|digits| digits.len() <= 9 && digits.bytes().all(|it| it.is_ascii_digit()))
    });
    [error.filter(is_code), number].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
