//! Public keys of identity providers: remembered, read anew when they are old or lack a key, and used beyond their time
//! while the identity provider does not answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use policy::jwt::KeySet;
use upstream::{IdentityError, Inquiry, Upstream};

/// So long a failed reading is not tried again.
const PAUSE: Duration = Duration::from_secs(2);
/// So many readings a minute may happen for keys that are not known, whatever callers' tokens ask for.
const MOST_FOR_UNKNOWN: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);
/// Part of the address of a document that says where the keys are.
const DISCOVERY: &str = ".well-known/openid-configuration";

/// What is looked for in a key set.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// Whatever is in it.
    Any,
    /// The key of a token with this key id: for its sake the key set is read anew.
    Key(Option<&'a str>),
}

/// Key sets by the address that they are configured with.
#[derive(Debug)]
pub(super) struct KeySets {
    ttl: Duration,
    stale: Duration,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

#[derive(Debug, Default)]
struct Slot {
    held: Mutex<Held>,
    /// Whoever holds it reads.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    keys: Option<(Arc<KeySet>, Instant)>,
    failed: Option<Instant>,
    /// When it was read, within the last minute.
    readings: Vec<Instant>,
}

impl KeySets {
    pub(super) fn new(ttl_seconds: f64, stale_seconds: f64) -> Self {
        let length = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Self { ttl: length(ttl_seconds), stale: length(stale_seconds), slots: Mutex::default() }
    }

    /// The key set at `url`, read anew if it lacks the wanted key and was not read too often of late.
    ///
    /// # Errors
    /// [`IdentityError`] when it cannot be read and no earlier reading may be used any more.
    pub(super) async fn get(
        &self,
        upstream: &Upstream,
        url: &str,
        wanted: Wanted<'_>,
    ) -> Result<Arc<KeySet>, IdentityError> {
        // Only addresses of the configuration come here: there are few.
        let slot = Arc::clone(lock(&self.slots).entry(url.to_owned()).or_default());
        if let Some(keys) = self.usable(&slot, wanted) {
            return Ok(keys);
        }
        let _turn = slot.turn.lock().await;
        if let Some(keys) = self.usable(&slot, wanted) {
            return Ok(keys);
        }
        let recently = lock(&slot.held).failed.is_some_and(|it| it.elapsed() < PAUSE);
        let read = if recently { Err(IdentityError::Unreachable(None)) } else { read(upstream, url).await };
        let (mut held, now) = (lock(&slot.held), Instant::now());
        held.readings.retain(|it| it.elapsed() < MINUTE);
        if !recently {
            held.readings.push(now);
            held.failed = read.is_err().then_some(now);
        }
        match (read, &held.keys) {
            (Ok(keys), _) => {
                let keys = Arc::new(keys);
                held.keys = Some((Arc::clone(&keys), now));
                Ok(keys)
            }
            (Err(error), Some((keys, since))) if since.elapsed() < self.ttl + self.stale => {
                if !recently {
                    tracing::warn!(url, %error, age_s = since.elapsed().as_secs(), "using old keys of an identity provider");
                }
                Ok(Arc::clone(keys))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The remembered keys, unless they have to be read anew.
    fn usable(&self, slot: &Slot, wanted: Wanted<'_>) -> Option<Arc<KeySet>> {
        let held = lock(&slot.held);
        let (keys, _) = held.keys.as_ref().filter(|(_, since)| since.elapsed() < self.ttl)?;
        let spent = held.readings.iter().filter(|it| it.elapsed() < MINUTE).count() >= MOST_FOR_UNKNOWN;
        let failed = held.failed.is_some_and(|it| it.elapsed() < PAUSE);
        let is_there = match wanted {
            Wanted::Any => true,
            Wanted::Key(kid) => keys.has(kid),
        };
        (is_there || spent || failed).then(|| Arc::clone(keys))
    }
}

async fn read(upstream: &Upstream, url: &str) -> Result<KeySet, IdentityError> {
    let document = upstream.ask_identity_provider(url, Inquiry::Published).await?;
    let document = if url.contains(DISCOVERY) {
        let keys = document.get("jwks_uri").and_then(|it| it.as_str()).ok_or(IdentityError::Unreadable)?;
        upstream.ask_identity_provider(keys, Inquiry::Published).await?
    } else {
        document
    };
    KeySet::read(&document).ok_or(IdentityError::Unreadable)
}

/// A panic elsewhere leaves nothing half-written here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
