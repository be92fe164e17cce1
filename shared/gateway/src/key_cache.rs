use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use policy::key::Key;
use policy::money::Usd;

/// More keys than this are not remembered at once, about 20 MB.
const MOST: usize = 10_000;

/// A key as the store had it a moment ago.
#[derive(Debug)]
pub struct Known {
    /// The key.
    pub key: Key,
    /// What it had spent then, in USD, since its budget period began, and what this process has seen since.
    spend: Mutex<Usd>,
}

impl Known {
    pub(crate) fn new(key: Key, spend: Usd) -> Self {
        Self { key, spend: Mutex::new(spend) }
    }

    /// What the key has spent in its budget period, in USD, as far as this process knows.
    #[must_use]
    pub fn spend(&self) -> Usd {
        *self.spend.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_spend(&self, amount: Usd) {
        *self.spend.lock().unwrap_or_else(PoisonError::into_inner) += amount;
    }
}

/// Keys that a warm process remembers for a while: so long a change may take to have an effect.
#[derive(Debug)]
pub(crate) struct KeyCache {
    ttl: Duration,
    entries: Mutex<HashMap<String, (Arc<Known>, Instant)>>,
}

impl KeyCache {
    pub(crate) fn new(ttl_seconds: f64) -> Self {
        let ttl = Duration::try_from_secs_f64(ttl_seconds).unwrap_or_default();
        Self { ttl, entries: Mutex::default() }
    }

    pub(crate) fn get(&self, hash: &str) -> Option<Arc<Known>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, since) = entries.get(hash)?;
        (since.elapsed() < self.ttl).then(|| Arc::clone(known))
    }

    pub(crate) fn put(&self, hash: &str, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.retain(|_, (_, since)| since.elapsed() < self.ttl);
        }
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(hash.to_owned(), (Arc::clone(&known), Instant::now()));
        known
    }

    pub(crate) fn forget(&self, hash: &str) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }
}

#[cfg(test)]
mod tests;
