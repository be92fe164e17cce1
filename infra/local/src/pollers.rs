//! Delivers queue messages to their consumers in batches, as Lambda's event source mapping does.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gateway::{App, Clock, SqsBatch, SqsMessage};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::functions::QueueHandler;
use crate::sqs::{Message, QueueError, Queues};
use crate::template::{Queue, Source};

/// One consumer and the queue it consumes.
pub(crate) struct Poller {
    pub(crate) app: App,
    pub(crate) queues: Arc<Queues>,
    pub(crate) queue: Queue,
    pub(crate) source: Source,
    pub(crate) handle: QueueHandler,
    pub(crate) timeout: Duration,
}

impl Poller {
    /// Delivers until `stopping` turns true and the queue holds nothing that could be delivered at once.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let poller = Arc::new(self);
        let mut invocations = JoinSet::new();
        loop {
            while invocations.len() >= poller.source.concurrency {
                invocations.join_next().await;
            }
            while invocations.try_join_next().is_some() {}
            match poller.collect(&mut stopping).await {
                Ok(batch) if batch.is_empty() && *stopping.borrow() => break,
                Ok(batch) if batch.is_empty() => {}
                Ok(batch) => {
                    let poller = Arc::clone(&poller);
                    invocations.spawn(async move { poller.deliver(batch).await });
                }
                Err(error) => {
                    tracing::error!(cause = ?error, queue = poller.queue.name, "the local queue failed");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        while invocations.join_next().await.is_some() {}
    }

    /// Waits for a first message, then for the batch to fill, no longer than the window.
    async fn collect(&self, stopping: &mut watch::Receiver<bool>) -> Result<Vec<Message>, QueueError> {
        let mut batch: Vec<Message> = Vec::new();
        let mut window = None;
        loop {
            let changed = self.queues.changed();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let missing = self.source.batch_size - batch.len();
            batch.extend(self.queues.receive(&self.queue, missing, self.queue.visibility, now())?);
            if batch.len() >= self.source.batch_size || *stopping.borrow() {
                return Ok(batch);
            }
            if !batch.is_empty() {
                window.get_or_insert_with(|| Instant::now() + self.source.window);
            }
            let visible = self.queues.next_visible(&self.queue.name, now())?;
            let wake = [window, visible].into_iter().flatten().min();
            tokio::select! {
                () = changed => {}
                () = sleep_until(wake) => {}
                // A sender that is gone means stopping as well; the next round sees it.
                stopped = stopping.wait_for(|it| *it) => drop(stopped),
            }
            if window.is_some_and(|it| it <= Instant::now()) {
                return Ok(batch);
            }
        }
    }

    /// Calls the consumer once; what it did not report as failed is done with.
    async fn deliver(&self, batch: Vec<Message>) {
        let messages = batch.iter().map(|it| SqsMessage { id: it.id.clone(), body: it.body.clone() }).collect();
        let (app, handle) = (self.app.clone(), self.handle);
        let mut invocation = JoinSet::new();
        // Its own task, so that a panic is the batch's failure and not the poller's.
        invocation.spawn(async move { handle(&app, SqsBatch { messages }).await.failed });
        let outcome = tokio::time::timeout(self.timeout, invocation.join_next()).await;
        let failed: HashSet<String> = match outcome {
            Ok(Some(Ok(failed))) => failed.into_iter().collect(),
            Ok(_) | Err(_) => {
                tracing::error!(queue = self.queue.name, "a batch was not handled and will be delivered again");
                batch.iter().map(|it| it.id.clone()).collect()
            }
        };
        let done: Vec<&str> =
            batch.iter().filter(|it| !failed.contains(&it.id)).map(|it| it.receipt.as_str()).collect();
        let mut settled = self.queues.delete(&self.queue.name, &done);
        for message in batch.iter().filter(|it| failed.contains(&it.id)) {
            // The consumer has answered, so nobody works on the message any more: waiting for its visibility to run
            // out would only keep whoever watches this server waiting.
            let pause = Duration::from_secs(1 << message.receives.min(8)).min(self.queue.visibility);
            let returned = self.queues.change_visibility(&self.queue.name, &message.receipt, pause, now());
            settled = settled.and(returned.map(drop));
        }
        if let Err(error) = settled {
            tracing::error!(cause = ?error, queue = self.queue.name, "the local queue failed");
        }
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}

fn now() -> i64 {
    i64::try_from(Clock.now_ms()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
