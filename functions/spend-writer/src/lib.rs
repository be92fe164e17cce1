//! Writes spend events from the queue: rows, totals and rollups, each event once; makes the customers that it meets.

mod customers;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use gateway::{App, BatchOutcome, SqsBatch, SqsMessage};
use policy::config::GeneralSettings;
use policy::spend::SpendEvent;
use store::{Keep, Rows, Store};

/// Writes a batch and names the messages to deliver again. One that cannot be read fails each time, until the queue
/// puts it aside.
pub async fn handle(app: &App, batch: SqsBatch) -> BatchOutcome {
    let settings = &app.config.general_settings;
    if settings.disable_spend_updates {
        return BatchOutcome::default();
    }
    write(&app.store, &batch.messages, keep(settings)).await
}

fn keep(settings: &GeneralSettings) -> Keep {
    let retention = settings.maximum_spend_logs_retention_period;
    let rows = match (settings.disable_spend_logs, settings.disable_error_logs) {
        (true, _) => Rows::None,
        (false, true) => Rows::Successes,
        (false, false) => Rows::All,
    };
    Keep { retention: retention.map(|period| Duration::from_secs(period.seconds())), rows }
}

async fn write(store: &Store, messages: &[SqsMessage], keep: Keep) -> BatchOutcome {
    let mut failed = Vec::new();
    let (mut ids, mut events) = (Vec::new(), Vec::new());
    for message in messages {
        match SpendEvent::parse(&message.body) {
            Ok(event) => {
                ids.push(&message.id);
                events.push(event);
            }
            Err(error) => failed.push(report(&message.id, "", &error)),
        }
    }
    let results = store.write_spend(&events, keep).await;
    let unknown = customers::make(store, &events).await;
    for ((id, event), result) in ids.into_iter().zip(&events).zip(results) {
        match result {
            Err(error) => failed.push(report(id, &event.id, &error)),
            // The event has been counted; it comes again for its customer's sake.
            Ok(_) if unknown.iter().any(|customer| event.end_user.as_ref() == Some(customer)) => {
                failed.push(id.clone());
            }
            Ok(_) => {}
        }
    }
    BatchOutcome { failed }
}

/// Logs why a message has failed, without what is in it.
fn report(message: &str, event: &str, error: &(dyn Error + 'static)) -> String {
    tracing::error!(message_id = message, event_id = event, error, "a spend event was not written");
    message.to_owned()
}
