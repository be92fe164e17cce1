//! Keeps state in DynamoDB and SQS; the only crate that knows an attribute name. Decides nothing.
#![warn(missing_docs)]

mod attributes;
mod counters;
mod error;
mod expression;
mod keys;
mod plan;
mod queue;
mod reclaim;
mod reserve;
mod retry;
mod settle;
mod spend_read;
mod spend_rows;
mod spend_write;
#[cfg(test)]
mod tests;
mod time;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

pub use counters::Entity;
pub use error::StoreError;
pub use keys::{KeyFilter, KeyPage, StoredKey};
pub use plan::{Limited, Refusal};
pub use reclaim::Reclaimed;
pub use reserve::{Budget, Decision, Limit, Remaining, Reserve, Reserved};
pub use settle::Actual;
pub use spend_read::{Group, Measures, Rollup, RowFilter, RowPage};
pub use spend_write::Written;

/// Everything that is kept between two calls. Cheap to clone; makes no network call before it is asked something.
#[derive(Clone, Debug)]
pub struct Store {
    dynamo: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    names: Arc<Names>,
}

/// What the tables and the queue are called in this installation. A function may leave empty what it does not use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Table of keys and other entities.
    pub entities: String,
    /// Table of budgets' headroom, rate windows and open reservations.
    pub counters: String,
    /// Table of spend rows, totals and daily rollups.
    pub spend: String,
    /// Table of cached answers.
    pub cache: String,
    /// Address of the queue that leads to the spend writer.
    pub spend_queue_url: String,
}

impl Store {
    /// Prepares the clients; calls nobody.
    #[must_use]
    pub fn new(config: &SdkConfig, names: Names) -> Self {
        let dynamo =
            aws_sdk_dynamodb::config::Builder::from(config).retry_config(retries()).timeout_config(timeouts()).build();
        let sqs = aws_sdk_sqs::config::Builder::from(config).retry_config(retries()).timeout_config(timeouts()).build();
        Self {
            dynamo: aws_sdk_dynamodb::Client::from_conf(dynamo),
            sqs: aws_sdk_sqs::Client::from_conf(sqs),
            names: Arc::new(names),
        }
    }
}

/// Short waits: a caller is waiting, and both services answer within milliseconds.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(4)
        .with_initial_backoff(Duration::from_millis(30))
        .with_max_backoff(Duration::from_millis(500))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(5))
        .build()
}
