//! Remembers when rate windows have begun, so that the write after one has ended does not have to fail first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::counters::Entity;

/// Forgetting costs a round trip, remembering costs memory.
const MOST: usize = 10_000;

/// The latest known window of each entity. A wrong memory costs a round trip and nothing else.
#[derive(Debug, Default)]
pub(crate) struct Windows(Mutex<HashMap<Entity, u64>>);

impl Windows {
    /// When the entity's window began, in milliseconds.
    pub(crate) fn find(&self, entity: &Entity) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(entity).copied()
    }

    pub(crate) fn note(&self, entity: &Entity, start: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(entity.clone(), start);
    }
}
