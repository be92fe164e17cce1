//! The functions' handlers by the names of the template's resources.

use std::pin::Pin;

use gateway::{ApiError, App, BatchOutcome, JobError, Reply, Request, SqsBatch, Tick};

type Running<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Answers a request.
pub type HttpHandler = for<'a> fn(&'a App, Request) -> Running<'a, Result<Reply, ApiError>>;
/// Consumes a batch of messages.
pub type QueueHandler = for<'a> fn(&'a App, SqsBatch) -> Running<'a, BatchOutcome>;
/// Runs a job.
pub type ScheduleHandler = for<'a> fn(&'a App, Tick) -> Running<'a, Result<(), JobError>>;

/// A function's entry point.
#[derive(Debug, Clone, Copy)]
pub enum Handler {
    /// Behind routes.
    Http(HttpHandler),
    /// Behind a queue.
    Queue(QueueHandler),
    /// Behind a schedule.
    Schedule(ScheduleHandler),
}

include!(concat!(env!("OUT_DIR"), "/functions.rs"));

/// The handler of a function of the template.
pub fn find(name: &str) -> Option<Handler> {
    FUNCTIONS.iter().find(|(it, _)| *it == name).map(|(_, handler)| *handler)
}
