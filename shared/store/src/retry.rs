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
