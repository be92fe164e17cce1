//! Answers a request that is sent again under the same `Idempotency-Key` with the answer it got, instead of asking a
//! provider twice. Without such a key nothing here runs.
//!
//! The first request claims its key, runs, and records its answer before the end of it goes out. Who comes meanwhile
//! waits for that answer. A failure is given up, not recorded, unless the request itself is at fault: then sending it
//! again has a purpose. When the store cannot be asked, nothing runs.

mod fingerprint;
mod lease;
mod recording;
mod replay;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use http::StatusCode;
use store::{Attempt, Claim};

use crate::{ApiError, App, Caller, Identity, Reply, Request};
pub(crate) use recording::Recording;

/// The header by which a client says that two requests are one.
const HEADER: &str = "idempotency-key";

/// The longest key, in characters.
const LONGEST_KEY: usize = 255;

/// The first wait for another attempt's answer; each is twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(25);
/// The longest wait before looking again.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// What must be left of an invocation to answer that nothing came.
const RESERVED_FOR_REPLY: Duration = Duration::from_secs(5);
/// How long to wait at most where nothing else is said, in seconds: as long as a call may take.
const USUAL_PATIENCE: f64 = 600.0;

/// The `type` of refusals.
const KIND: &str = "idempotency_error";

/// What a request with a key comes to.
pub(crate) enum Begun {
    /// It is to be carried out and recorded.
    Run(Box<Recording>),
    /// It was, and this is its answer.
    Replay(Reply),
}

/// Whether a request has a key that is to be taken notice of.
pub(crate) fn has_key(app: &App, req: &Request) -> bool {
    app.config.general_settings.idempotency_ttl > 0 && req.headers.contains_key(HEADER)
}

/// Looks at a request's key.
///
/// # Errors
/// 400 for a malformed key, 422 for one that was sent with another request, 409 when the answer does not come in time or
/// is too long to be given again, 503 when the store cannot be asked.
pub(crate) async fn begin(app: &App, req: &Request, caller: &Caller) -> Result<Begun, ApiError> {
    let lifetime = app.config.general_settings.idempotency_ttl;
    let key = key(req)?;
    let attempt = Attempt {
        request: fingerprint::hash(&[scope(caller).as_bytes(), key.as_bytes()]),
        fingerprint: fingerprint::of(req),
        id: crate::new_id().to_string(),
    };
    let give_up_at = Instant::now() + patience(app, req);
    let mut wait = FIRST_WAIT;
    let mut found = claim(app, &attempt, lifetime).await?;
    loop {
        match found {
            Claim::Won => {
                return Ok(Begun::Run(Box::new(Recording::new(app.clone(), attempt, lifetime))));
            }
            Claim::Answered(recorded) => return replay::reply(app, recorded).await.map(Begun::Replay),
            Claim::Different => return Err(different()),
            Claim::Busy if Instant::now() + wait > give_up_at => return Err(busy()),
            Claim::Busy => {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
                let seen = app.store.find_claim(&attempt, app.clock().now_ms()).await;
                found = match seen.map_err(ApiError::unavailable)? {
                    Some(claim) => claim,
                    None => claim(app, &attempt, lifetime).await?,
                };
            }
        }
    }
}

async fn claim(app: &App, attempt: &Attempt, lifetime: u64) -> Result<Claim, ApiError> {
    let now = app.clock().now_ms();
    let claimed = app.store.claim(attempt, now, lease::until(now), now / 1000 + lifetime).await;
    claimed.map_err(ApiError::unavailable)
}

/// The request's key.
fn key(req: &Request) -> Result<&str, ApiError> {
    let mut values = req.headers.get_all(HEADER).iter();
    let text = values.next().and_then(|it| it.to_str().ok()).filter(|_| values.next().is_none());
    let is_sound = |it: &&str| (1..=LONGEST_KEY).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_graphic());
    text.filter(is_sound).ok_or_else(|| {
        let message = "The Idempotency-Key header must be one text of 1 to 255 visible ASCII characters.";
        ApiError::invalid(message).param("Idempotency-Key")
    })
}

/// Whose keys they are: another caller's are others, whatever they are called.
fn scope(caller: &Caller) -> String {
    match &caller.identity {
        Identity::Master => "master".to_owned(),
        // Stays when the key is regenerated.
        Identity::Key(known) => format!("key {:?}", (&known.key.origin, &known.key.user_id)),
        // Tokens change with each sign-in; whom they speak for stays.
        Identity::Token(known) => {
            let key = &known.key;
            format!("token {:?}", (&key.origin, &key.user_id, &key.team_id, &key.organization_id))
        }
        Identity::Anonymous => "anonymous".to_owned(),
    }
}

/// How long the caller waits for an answer.
fn patience(app: &App, req: &Request) -> Duration {
    let own = req.header("x-litellm-timeout").and_then(|it| it.parse().ok());
    let seconds = own.or(app.config.litellm_settings.request_timeout).unwrap_or(USUAL_PATIENCE);
    let whole = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let left = req.deadline.map(|it| it.saturating_duration_since(Instant::now()).saturating_sub(RESERVED_FOR_REPLY));
    left.map_or(whole, |left| whole.min(left))
}

fn different() -> ApiError {
    let message = "This Idempotency-Key was sent with another request: method, path, query and body must be the same. \
                   Use a new key for a new request.";
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, KIND, message).param("Idempotency-Key")
}

fn busy() -> ApiError {
    let message = "A request with this Idempotency-Key is still being answered. Send it again to get its answer.";
    let error = ApiError::new(StatusCode::CONFLICT, KIND, message).param("Idempotency-Key");
    error.header("retry-after", "1").header("x-should-retry", "true")
}
