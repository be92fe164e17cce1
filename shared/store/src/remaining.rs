//! What is left of a call's limits, for the answer's headers.

use crate::reserve::{Limit, Reserved};
use crate::state::State;
use crate::{Store, StoreError};

/// What is left of a limit after a call was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// As in [`Limit::descriptor`].
    pub descriptor: String,
    /// The limit on requests, and what is left of it.
    pub requests: Option<(u64, u64)>,
    /// The limit on tokens, and what is left of it.
    pub tokens: Option<(u64, u64)>,
    /// The limit on parallel calls, and what is left of it.
    pub parallel: Option<(u64, u64)>,
    /// When the window ends, milliseconds since the Unix epoch.
    pub resets_at: u64,
}

impl Reserved {
    /// What is left of the limits, in their order, if the reservation's own request told; else
    /// [`Store::find_remaining`] asks.
    #[must_use]
    pub fn remaining(&self) -> Option<&[Remaining]> {
        if self.limits.is_empty() { Some(&[]) } else { self.remaining.as_deref() }
    }
}

impl Store {
    /// What is left of the limits now, in their order: from the reservation itself where it told, else by one strongly
    /// consistent read for all of them. Meant to run beside the provider's call; other calls may have counted
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the counters cannot be read.
    pub async fn find_remaining(&self, reserved: &Reserved) -> Result<Vec<Remaining>, StoreError> {
        if let Some(known) = reserved.remaining() {
            return Ok(known.to_vec());
        }
        let places = reserved.limits.iter().map(|limit| limit.entity.place()).collect();
        let items = self.find_items(&self.names.counters, places).await?;
        let left = reserved.limits.iter().map(|limit| {
            let state = items.get(&limit.entity.place()).map(State::read).unwrap_or_default();
            self.seen.note(&limit.entity, &state);
            remaining(limit, &state, reserved.reserved_at, reserved.rate_window)
        });
        Ok(left.collect())
    }
}

pub(crate) fn remaining(limit: &Limit, state: &State, now: u64, rate_window: u64) -> Remaining {
    let window = state.windows.get(&limit.counter).copied().unwrap_or_default();
    let start = if window.start == 0 { now } else { window.start };
    let left = |max: Option<u64>, used: u64| max.map(|max| (max, max.saturating_sub(used)));
    Remaining {
        descriptor: limit.descriptor.clone(),
        requests: left(limit.requests, window.requests),
        tokens: left(limit.tokens, window.tokens),
        parallel: left(limit.parallel, state.slots),
        resets_at: start + rate_window,
    }
}
