use std::time::Duration;

/// Messages that a queue delivers together.
#[derive(Debug, Clone, Default)]
pub struct SqsBatch {
    /// In the order of delivery.
    pub messages: Vec<SqsMessage>,
}

/// One queue message.
#[derive(Debug, Clone)]
pub struct SqsMessage {
    /// The queue's id of this message, by which a failure is reported.
    pub id: String,
    /// The text that was sent.
    pub body: String,
}

/// What became of a batch; messages not named here are done with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// Ids of the messages to deliver again.
    pub failed: Vec<String>,
}

/// One firing of a schedule.
#[derive(Debug, Clone, Copy)]
pub struct Tick {
    /// Time since the Unix epoch.
    pub now: Duration,
}

/// A scheduled job that could not finish; the schedule tries it again.
#[derive(Debug, thiserror::Error)]
#[error("running a scheduled job")]
pub struct JobError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
