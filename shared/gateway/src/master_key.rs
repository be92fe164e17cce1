use policy::config::Secret;
use policy::key::Key;
use subtle::ConstantTimeEq;

/// Keys that stand in public documentation; anyone would try them first.
const PUBLIC: &[&str] = &["sk-1234", "sk-12345", "sk-123456", "sk-12345678", "sk-test", "sk-master-key", "changeme"];

/// Fewer characters than this can be guessed.
const SHORTEST: usize = 8;

/// The key that may do everything.
#[derive(Debug)]
pub(crate) struct MasterKey {
    hash: String,
}

impl MasterKey {
    /// Whether `key` is publicly known or guessable.
    pub(crate) fn is_weak(key: &Secret) -> bool {
        PUBLIC.contains(&key.expose()) || key.expose().len() < SHORTEST
    }

    pub(crate) fn new(key: &Secret) -> Self {
        Self { hash: Key::hash(key.expose()) }
    }

    /// Compares by hash in constant time, so that neither the key's length nor a common prefix shows in the timing.
    pub(crate) fn is(&self, hash: &str) -> bool {
        self.hash.as_bytes().ct_eq(hash.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests;
