//! Whether a verified token is for this gateway and for this moment.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// What a token must claim.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// Its issuer; any where there is none.
    pub issuer: Option<&'a str>,
    /// The audiences of which it must have one; any where there are none.
    pub audiences: &'a [String],
    /// How far clocks may lie apart, in seconds.
    pub leeway: u32,
}

/// Why a token does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// Its time has run out.
    Expired,
    /// Its time has not come.
    NotYet,
    /// A time in it is no number.
    Times,
    /// It is by another issuer.
    Issuer,
    /// It is for somebody else.
    Audience,
}

/// Checks the registered claims (RFC 7519, section 4.1).
///
/// # Errors
/// [`Invalid`].
pub fn check(claims: &Map<String, Value>, expected: &Expected<'_>, now: Timestamp) -> Result<(), Invalid> {
    let now = now.as_second() as f64;
    let leeway = f64::from(expected.leeway);
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(Invalid::Times),
    };
    if time("exp")?.is_some_and(|end| end + leeway <= now) {
        return Err(Invalid::Expired);
    }
    if [time("nbf")?, time("iat")?].into_iter().flatten().any(|begin| begin > now + leeway) {
        return Err(Invalid::NotYet);
    }
    if expected.issuer.is_some_and(|issuer| claims.get("iss").and_then(Value::as_str) != Some(issuer)) {
        return Err(Invalid::Issuer);
    }
    let is_for = |audience: &Value| audience.as_str().is_some_and(|it| expected.audiences.iter().any(|own| own == it));
    let is_for_us = match claims.get("aud") {
        Some(Value::Array(audiences)) => audiences.iter().any(is_for),
        Some(audience) => is_for(audience),
        None => false,
    };
    if expected.audiences.is_empty() || is_for_us { Ok(()) } else { Err(Invalid::Audience) }
}
