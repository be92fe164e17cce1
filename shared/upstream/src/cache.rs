//! Remembers what was fetched for a credential until shortly before it expires; callers at once share one fetch.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

use crate::credentials::CredentialsError;

/// A value is fetched anew so long before it expires, while callers may still use the old one.
const EARLY: Duration = Duration::from_secs(300);
/// What expires sooner than this is not used: the call that carries it takes time too.
const TOO_LATE: Duration = Duration::from_secs(10);
/// After a failed fetch the old value is used for so long before the next.
const PAUSE: Duration = Duration::from_secs(30);

/// Which credential a value belongs to: a digest of all that it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id([u8; SHA256_OUTPUT_LEN]);

impl Id {
    /// The id of what these parts make.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut digest = Context::new(&SHA256);
        for part in parts {
            digest.update(&part.len().to_le_bytes());
            digest.update(part.as_bytes());
        }
        let mut id = [0; SHA256_OUTPUT_LEN];
        id.copy_from_slice(digest.finish().as_ref());
        Self(id)
    }
}

/// A fetched value.
#[derive(Clone)]
pub(crate) struct Fetched<T> {
    pub(crate) value: T,
    pub(crate) expires: SystemTime,
}

/// Fetched values by credential.
pub(crate) struct Cache<T>(Mutex<HashMap<Id, Arc<Slot<T>>>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

struct Slot<T> {
    held: Mutex<Held<T>>,
    /// Whoever holds it fetches.
    turn: tokio::sync::Mutex<()>,
}

struct Held<T> {
    fetched: Option<Fetched<T>>,
    renew_at: SystemTime,
    /// How many fetches have ended, and how the last one failed.
    rounds: u64,
    failure: Option<CredentialsError>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        let held = Held { fetched: None, renew_at: SystemTime::UNIX_EPOCH, rounds: 0, failure: None };
        Self { held: Mutex::new(held), turn: tokio::sync::Mutex::default() }
    }
}

impl<T: Clone> Cache<T> {
    /// The value of a credential: the remembered one, else what `fetch` gives. Callers that come while another fetches
    /// go on with the old value where it still holds, and share the other's success or failure where it does not.
    pub(crate) async fn get<F>(&self, id: Id, now: fn() -> SystemTime, fetch: F) -> Result<T, CredentialsError>
    where
        F: Future<Output = Result<Fetched<T>, CredentialsError>>,
    {
        let slot = Arc::clone(lock(&self.0).entry(id).or_default());
        let (old, rounds) = {
            let held = lock(&slot.held);
            let time = now();
            let usable = held.fetched.as_ref().filter(|it| time + TOO_LATE < it.expires).map(|it| it.value.clone());
            match usable {
                Some(value) if time < held.renew_at => return Ok(value),
                old => (old, held.rounds),
            }
        };
        let _turn = match (slot.turn.try_lock(), old.clone()) {
            (Ok(turn), _) => turn,
            (Err(_), Some(value)) => return Ok(value),
            (Err(_), None) => slot.turn.lock().await,
        };
        {
            let held = lock(&slot.held);
            if held.rounds != rounds {
                return match (&held.failure, &held.fetched) {
                    (None, Some(fetched)) => Ok(fetched.value.clone()),
                    (Some(failure), _) => old.ok_or_else(|| failure.clone()),
                    (None, None) => Err(CredentialsError::Unreadable { by: "the token endpoint" }),
                };
            }
        }
        let outcome = fetch.await;
        let time = now();
        let mut held = lock(&slot.held);
        held.rounds += 1;
        match outcome {
            Ok(fetched) => {
                let left = fetched.expires.duration_since(time).unwrap_or_default();
                held.renew_at = fetched.expires.checked_sub(EARLY.min(left / 4)).unwrap_or(time);
                held.failure = None;
                let value = fetched.value.clone();
                held.fetched = Some(fetched);
                Ok(value)
            }
            Err(failure) => {
                held.renew_at = time + PAUSE;
                held.failure = Some(failure.clone());
                old.ok_or(failure)
            }
        }
    }
}

/// A panic elsewhere leaves nothing half-written here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
