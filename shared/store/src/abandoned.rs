//! Gives back what was perhaps reserved: when the tables do not answer, the request may have been carried out all the
//! same, and the call that it was for was never made.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::counters::Entity;
use crate::plan::Claim;
use crate::reserve::Taken;
use crate::settle::Actual;
use crate::{Store, StoreError};

/// A request that was given up may still be under way for this long.
const UNDER_WAY: Duration = Duration::from_secs(60);
/// Of more than these the oldest wait for their expiry, as if their calls had crashed.
const MOST: usize = 1000;
/// Looked after in one go.
const AT_ONCE: usize = 4;

/// Reservations of which nobody knows whether they were made.
#[derive(Debug, Default)]
pub(crate) struct Abandoned(Mutex<VecDeque<Unknown>>);

#[derive(Debug)]
struct Unknown {
    id: String,
    entities: Vec<Entity>,
    since: Instant,
}

impl Abandoned {
    pub(crate) fn note(&self, id: &str, claims: &[Claim<'_>], since: Instant) {
        let mut all = self.lock();
        if all.len() == MOST {
            all.pop_front();
        }
        let entities = claims.iter().map(|claim| claim.entity.clone()).collect();
        all.push_back(Unknown { id: id.to_owned(), entities, since });
    }

    /// The call is made after all, and looks after what it holds by itself.
    pub(crate) fn forget(&self, id: &str) {
        self.lock().retain(|unknown| unknown.id != id);
    }

    fn take(&self) -> Vec<Unknown> {
        let mut all = self.lock();
        let count = all.len().min(AT_ONCE);
        all.drain(..count).collect()
    }

    fn put_back(&self, unknown: Unknown) {
        self.lock().push_back(unknown);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Unknown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Releases some of what this process may have reserved for calls that it then refused. What cannot be released is
    /// tried again later, and at last treated as a crashed call's.
    pub(crate) async fn release_abandoned(&self) {
        for mut unknown in self.abandoned.take() {
            let mut left = Vec::new();
            for entity in std::mem::take(&mut unknown.entities) {
                let released = self.release(&unknown.id, &entity).await;
                let over = released.is_ok() && unknown.since.elapsed() > UNDER_WAY;
                if !matches!(released, Ok(true)) && !over {
                    left.push(entity);
                }
            }
            if !left.is_empty() {
                self.abandoned.put_back(Unknown { entities: left, ..unknown });
            }
        }
    }

    /// Whether there was something to release.
    async fn release(&self, id: &str, entity: &Entity) -> Result<bool, StoreError> {
        let state = self.find_counters(entity).await?;
        let Some(held) = state.held.into_iter().find(|held| held.id == id) else { return Ok(false) };
        let taken = Taken { entity: entity.clone(), held, tokens: Vec::new() };
        self.settle_taken(&taken, &Actual::default()).await
    }
}
