//! The queue that leads to the spend writer.

use policy::spend::SpendEvent;

use crate::error::failed;
use crate::{Store, StoreError};

impl Store {
    /// Hands an event to the spend writer; once this returns the event is durable.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] after several tries.
    pub async fn send_spend(&self, event: &SpendEvent) -> Result<(), StoreError> {
        let body = serde_json::to_string(event).map_err(|error| StoreError::malformed("spend event", error))?;
        self.sqs
            .send_message()
            .queue_url(&self.names.spend_queue_url)
            .message_body(body)
            .send()
            .await
            .map_err(failed("sending a spend event"))?;
        Ok(())
    }
}
