//! Signs a request for AWS ("AWS Signature Version 4 for API requests").

use std::time::SystemTime;

use aws_credential_types::Credentials as AwsKeys;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4;
use policy::config::Secret;

/// What is signed: exactly what is sent.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    /// The headers that the signature covers besides `host` and its own.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

/// The headers that the signature adds; `None` for a request that cannot be one.
pub(crate) fn sign(
    keys: &AwsKeys,
    service: &str,
    region: &str,
    asked: &Asked<'_>,
    now: SystemTime,
) -> Option<Vec<(&'static str, Secret)>> {
    let identity = keys.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let body = SignableBody::Bytes(asked.body);
    let request = SignableRequest::new(asked.method, asked.url, asked.headers.iter().copied(), body).ok()?;
    let (instructions, _) = aws_sigv4::http_request::sign(request, &params).ok()?.into_parts();
    let (headers, _) = instructions.into_parts();
    Some(headers.iter().map(|it| (it.name(), Secret::new(it.value().to_owned()))).collect())
}

#[cfg(test)]
mod tests;
