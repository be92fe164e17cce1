//! Joins handlers to Lambda: application, identity, errors, replies, tracing. Holds no rule of policy or translation.
#![warn(missing_docs)]

mod app;
mod auth;
mod body;
pub mod chat;
mod clock;
mod cooldowns;
mod enrol;
mod environment;
mod error;
mod files;
mod hooks;
mod idempotency;
mod jobs;
mod known;
mod lambda;
mod logging;
mod management;
mod master_key;
mod memory;
mod reply;
mod request;
mod response_ids;
mod served;
mod spend;
mod start;
mod tail;

pub use app::App;
pub use auth::{Caller, Identity, authenticate, key_scope, timestamp};
pub use body::{json_bytes, json_object, largest_body, too_large, transform_error};
pub use clock::{Clock, new_id, random_bytes, random_unit};
pub use enrol::{enrol, find_user, user_defaults};
pub use environment::Environment;
pub use error::{ApiError, Param, Shape};
pub use jobs::{BatchOutcome, JobError, SqsBatch, SqsMessage, Tick};
pub use known::{Known, known_customer, known_tag};
pub use lambda::{Handler, run, run_schedule, run_sqs, run_streaming};
pub(crate) use logging::log_chain;
pub use logging::start as start_logging;
pub use management::{current_scope, required, required_list};
pub use reply::{Reply, ReplyBody};
pub use request::Request;
pub use response_ids::{KnownId, ResponseIds};
pub use served::{Facts, Served};
pub use start::{Start, StartError};
pub use tail::{Tail, Working};
