//! What is left of a call's limits, asked for where the reservation itself could not tell.

use std::time::Duration;

use store::{Remaining, Reserved};

use crate::{App, log_chain};

/// A header is not worth a longer wait.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What is left of the limits; nothing when that cannot be learned soon.
pub(super) async fn find(app: &App, reserved: Reserved) -> Vec<Remaining> {
    match tokio::time::timeout(LONGEST_WAIT, app.store.find_remaining(&reserved)).await {
        Ok(Ok(remaining)) => remaining,
        Ok(Err(error)) => {
            log_chain("what is left of the limits is not known", &error);
            Vec::new()
        }
        Err(_) => Vec::new(),
    }
}
