//! Joins handlers to Lambda: application, identity, errors, replies, tracing. Holds no rule of policy or translation.
#![warn(missing_docs)]

mod clock;
mod environment;
mod error;
mod jobs;
mod logging;
mod reply;
mod request;
mod tail;

pub use clock::{Clock, new_id, random_bytes, random_unit};
pub use environment::Environment;
pub use error::{ApiError, Param, Shape};
pub use jobs::{BatchOutcome, JobError, SqsBatch, SqsMessage, Tick};
pub use logging::start as start_logging;
pub use reply::{Reply, ReplyBody};
pub use request::Request;
pub use tail::{Tail, Working};
