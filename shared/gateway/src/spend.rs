//! Hands spend events to the queue, whatever it takes.

use std::time::Duration;

use policy::spend::SpendEvent;
use store::StoreError;

use crate::{App, log_chain};

const TRIES: u32 = 4;

/// Sends an event. When the queue cannot be reached for long, the event goes to the log whole, so that it can be sent
/// again from there; it holds no prompt and no secret.
///
/// # Errors
/// The last failure.
pub(crate) async fn send(app: &App, event: &SpendEvent) -> Result<(), StoreError> {
    let mut tries = 1;
    loop {
        let Err(error) = app.store.send_spend(event).await else { return Ok(()) };
        if tries == TRIES || !error.is_temporary() {
            let text = serde_json::to_string(event).unwrap_or_default();
            tracing::error!(spend_event = text, "a spend event could not be queued");
            log_chain("queueing a spend event", &error);
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(250 << tries)).await;
        tries += 1;
    }
}
