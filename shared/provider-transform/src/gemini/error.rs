//! Google's errors ("Error model"): a status with a code and a message, alone or in a list.

use serde::Deserialize;

use crate::recognise::recognise;
use crate::{ErrorClass, ProviderError};

use super::wire::answer::Status;

/// Longest part of a body that is no error object and is shown as its message.
const MOST_TEXT: usize = 500;

#[derive(Deserialize)]
struct Failure {
    error: Status,
}

/// One failure, or the list that a stream without events is.
#[derive(Deserialize)]
#[serde(untagged)]
enum Failures {
    One(Failure),
    Many(Vec<Failure>),
}

/// An answer with an error status.
pub(crate) fn parse(provider: &'static str, status: u16, body: &[u8]) -> ProviderError {
    let failure = match serde_json::from_slice(body) {
        Ok(Failures::One(failure)) => Some(failure),
        Ok(Failures::Many(failures)) => failures.into_iter().next(),
        Err(_) => None,
    };
    let failure = failure.map_or_else(|| as_text(body), |it| it.error);
    typed(provider, Some(status), failure)
}

/// A failure with the status it came with, or (inside a stream) the one in its code.
pub(super) fn typed(provider: &'static str, status: Option<u16>, failure: Status) -> ProviderError {
    let message = failure.message.unwrap_or_default();
    let code = failure.code.as_ref().and_then(|it| it.as_u64()).and_then(|it| u16::try_from(it).ok());
    let status = status.or(code.filter(|it| (400..600).contains(it))).unwrap_or(500);
    let (class, status) = match recognise(Some(status), &message) {
        (ErrorClass::Api, status @ 400..=499) => (ErrorClass::BadRequest, status),
        recognised => recognised,
    };
    let mut error = ProviderError::new(provider, class, status, message);
    error.code = failure.code.map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
    error.kind = failure.status;
    error
}

fn as_text(body: &[u8]) -> Status {
    let text = String::from_utf8_lossy(body);
    Status { message: Some(text.trim().chars().take(MOST_TEXT).collect()), ..Status::default() }
}
