//! The queue that leads to the spend writer.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use policy::spend::SpendEvent;

use crate::error::failed;
use crate::outbox::{Place, Turn};
use crate::{Store, StoreError};

const DOING: &str = "sending a spend event";

impl Store {
    /// Hands an event to the spend writer; once this returns the event is durable. Events of calls that end at the same
    /// moment travel together.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] after several tries.
    pub async fn send_spend(&self, event: &SpendEvent) -> Result<(), StoreError> {
        let body = serde_json::to_string(event).map_err(|error| StoreError::malformed("spend event", error))?;
        let own = match self.outbox.enter(body) {
            Place::First(own) => own,
            Place::Waiting(told) => match told.await {
                Ok(Turn::Send(own)) => own,
                Ok(Turn::Sent(result)) => return result,
                Err(_) => return Err(StoreError::busy(DOING)),
            },
        };
        let way = self.outbox.way();
        let company = way.company(&own);
        if company.bodies.is_empty() {
            return self.send_one(own).await;
        }
        let mut results = self.send_together(&own, &company.bodies).await.into_iter();
        let first = results.next().unwrap_or_else(|| Err(StoreError::busy(DOING)));
        company.tell(results);
        first
    }

    async fn send_one(&self, body: String) -> Result<(), StoreError> {
        let request = self.sqs.send_message().queue_url(&self.names.spend_queue_url).message_body(body);
        request.send().await.map_err(failed(DOING))?;
        Ok(())
    }

    /// The outcome of each message, in order.
    async fn send_together(&self, own: &str, others: &[String]) -> Vec<Result<(), StoreError>> {
        let bodies = std::iter::once(own).chain(others.iter().map(String::as_str));
        let entries: Result<Vec<_>, _> = bodies
            .enumerate()
            .map(|(id, body)| SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body(body).build())
            .collect();
        let count = others.len() + 1;
        let all = |error: fn() -> StoreError| (0..count).map(|_| Err(error())).collect();
        let Ok(entries) = entries else { return all(|| StoreError::missing("spend message", "id")) };
        let request = self.sqs.send_message_batch().queue_url(&self.names.spend_queue_url).set_entries(Some(entries));
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                // Each caller tries again or gives up by itself; the first is told why.
                let mut results: Vec<_> = (1..count).map(|_| Err(StoreError::busy(DOING))).collect();
                results.insert(0, Err(failed(DOING)(error)));
                return results;
            }
        };
        let refused = |id: usize| answer.failed().iter().any(|it| it.id() == id.to_string());
        (0..count).map(|id| if refused(id) { Err(StoreError::busy(DOING)) } else { Ok(()) }).collect()
    }
}
