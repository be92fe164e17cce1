//! Remembers what entities' counters looked like when they were last seen, so that a write can mostly be right at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::counters::Entity;
use crate::state::State;

/// Forgetting costs a round trip, remembering costs memory.
const MOST: usize = 10_000;

/// The last known shape of each entity's item. A wrong memory costs a round trip and nothing else.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<Entity, Shape>>);

#[derive(Debug, Default)]
struct Shape {
    /// Starts of rate windows by counter.
    windows: HashMap<String, u64>,
    /// Open reservations.
    open: usize,
}

impl Seen {
    /// When the window of one of the entity's counters began, in milliseconds.
    pub(crate) fn window(&self, entity: &Entity, counter: &str) -> Option<u64> {
        self.lock().get(entity)?.windows.get(counter).copied()
    }

    /// How many reservations the entity had open.
    pub(crate) fn open(&self, entity: &Entity) -> usize {
        self.lock().get(entity).map_or(0, |shape| shape.open)
    }

    pub(crate) fn note(&self, entity: &Entity, state: &State) {
        let windows = state.windows.iter().map(|(counter, window)| (counter.clone(), window.start)).collect();
        self.room().insert(entity.clone(), Shape { windows, open: state.held.len() });
    }

    /// A window was begun, which is all that is known.
    pub(crate) fn note_window(&self, entity: &Entity, counter: &str, start: u64) {
        self.room().entry(entity.clone()).or_default().windows.insert(counter.to_owned(), start);
    }

    fn room(&self) -> MutexGuard<'_, HashMap<Entity, Shape>> {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Entity, Shape>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
