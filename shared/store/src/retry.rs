//! Waits between two tries, spread at random so that contenders do not meet again.

use std::time::Duration;

/// How often a write is tried while others are in its way.
pub(crate) const TRIES: u32 = 12;

const FIRST: u64 = 8;
const LONGEST: u64 = 250;

/// Waits before try number `attempt + 1`: at random up to a bound that doubles from 8 ms to 250 ms.
pub(crate) async fn pause(attempt: u32) {
    let bound = (FIRST << attempt.min(10)).min(LONGEST);
    // Without randomness the wait is the whole bound, which is still a wait.
    let millis = getrandom::u32().map_or(bound, |random| u64::from(random) % (bound + 1));
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// Tries at one write, for about two seconds: the waits alone come to one on average and to two at most.
#[derive(Default)]
pub(crate) struct Tries {
    waits: u32,
    wrong: u32,
}

impl Tries {
    /// Waits until the next try; false when there is none.
    pub(crate) async fn wait(&mut self) -> bool {
        if self.waits == TRIES {
            return false;
        }
        pause(self.waits).await;
        self.waits += 1;
        true
    }

    /// Goes on with what a failed try has told: at once, as long as it has not often been out of date.
    pub(crate) async fn correct(&mut self) -> bool {
        self.wrong += 1;
        if self.wrong <= 3 { true } else { self.wait().await }
    }
}
