//! What a warm process remembers of the store for a while: so long a change may take to have an effect.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// More than this is not remembered at once, about 20 MB.
const MOST: usize = 10_000;

/// Values by name, each for a limited time.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    ttl: Duration,
    entries: Mutex<HashMap<String, (Arc<T>, Instant)>>,
}

impl<T> Memory<T> {
    pub(crate) fn new(ttl_seconds: f64) -> Self {
        let ttl = Duration::try_from_secs_f64(ttl_seconds).unwrap_or_default();
        Self { ttl, entries: Mutex::default() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<T>> {
        self.stale(name, self.ttl)
    }

    /// What was put less than `longest` ago, as long as room was for it.
    pub(crate) fn stale(&self, name: &str, longest: Duration) -> Option<Arc<T>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, since) = entries.get(name)?;
        (since.elapsed() < longest).then(|| Arc::clone(value))
    }

    pub(crate) fn put(&self, name: &str, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.retain(|_, (_, since)| since.elapsed() < self.ttl);
        }
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(name.to_owned(), (Arc::clone(&value), Instant::now()));
        value
    }

    pub(crate) fn forget(&self, name: &str) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    pub(crate) fn forget_all(&self) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests;
