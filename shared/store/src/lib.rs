//! Keeps state in DynamoDB and SQS; the only crate that knows an attribute name. Decides nothing.
#![warn(missing_docs)]

mod abandoned;
mod announced;
mod attributes;
mod change;
mod compress;
mod counters;
mod error;
mod expression;
mod idempotency;
mod kinds;
mod kinds_deleted;
mod listing;
mod measures;
mod outbox;
mod plan;
mod plan_write;
mod queue;
mod reclaim;
mod records;
mod refusal;
mod remaining;
mod report;
mod reserve;
mod reset;
mod responses;
mod retry;
mod seen;
mod settle;
mod skeleton;
mod skill_files;
mod spend_read;
mod spend_rows;
mod spend_sums;
mod spend_totals;
mod spend_write;
mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod time;
mod write_claims;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;

use crate::abandoned::Abandoned;
use crate::seen::Seen;

pub use counters::Entity;
pub use error::StoreError;
pub use idempotency::{Attempt, Claim, LARGEST_RECORDED_PIECE, Outcome, Recorded};
pub use kinds::{BUDGET, OWNERS_OF_SKILLS, RESET, ROTATE, membership};
pub use listing::{Listing, RecordPage};
pub use measures::Measures;
use outbox::Outbox;
pub use reclaim::Reclaimed;
pub use records::{Found, Record, RecordId, Stored};
pub use refusal::{Limited, Refusal};
pub use remaining::Remaining;
pub use report::{Daily, Group, Rollup};
pub use reserve::{Budget, Counted, Decision, Limit, Reserve, Reserved};
pub use responses::ResponseKey;
pub use settle::Actual;
pub use spend_read::{RowFilter, RowIds, RowOwner, RowPage};
pub use spend_rows::{Keep, Rows};
pub use spend_sums::RATE_LIMITED;
pub use spend_totals::Named;
pub use spend_write::Written;

/// How long a call waits for its reservation at most, whatever becomes of the tables.
const PATIENCE: Duration = Duration::from_secs(6);

/// Everything that is kept between two calls. Cheap to clone; makes no network call before it is asked something.
#[derive(Clone, Debug)]
pub struct Store {
    dynamo: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    names: Arc<Names>,
    seen: Arc<Seen>,
    abandoned: Arc<Abandoned>,
    patience: Duration,
    outbox: Arc<Outbox>,
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
    /// Prepares the clients, with the configuration's limits on time and retries; calls nobody.
    #[must_use]
    pub fn new(config: &SdkConfig, names: Names) -> Self {
        Self {
            dynamo: aws_sdk_dynamodb::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            names: Arc::new(names),
            outbox: Arc::default(),
            seen: Arc::default(),
            abandoned: Arc::default(),
            patience: PATIENCE,
        }
    }
}
