//! Why the store could not answer, as far as callers treat it differently.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// What went wrong. A refusal by a budget or a limit is an answer, not one of these.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The item is there already.
    #[error("it exists already")]
    Exists,
    /// Another record of the kind has the name.
    #[error("the {what} {name:?} belongs to another one")]
    NameTaken {
        /// What the name is, such as `alias`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The item is not there.
    #[error("there is no such item")]
    NotFound,
    /// Someone else changed the item between reading and writing it; read it again.
    #[error("it was changed by someone else meanwhile")]
    Changed,
    /// Others kept changing the same items for about two seconds. The tables are well: no reason to do without them.
    #[error("too many others change the same state: {doing}")]
    Contended {
        /// What was being done.
        doing: &'static str,
    },
    /// Unreachable, throttled or silent, even after several tries; worth trying later.
    #[error("state is unavailable: {doing}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// What the client library said.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The service refuses the request itself: a missing permission or table, or an impossible value.
    #[error("the request was refused: {doing}")]
    Rejected {
        /// What was being done.
        doing: &'static str,
        /// What the client library said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Something is larger than can be answered or written at once; a narrower question can be answered.
    #[error("more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The most that there may be.
        most: usize,
    },
    /// An item or a message cannot be read or made.
    #[error("unreadable {what}")]
    Malformed {
        /// What kind of item.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Contended { .. } | Self::Changed)
    }

    pub(crate) fn busy(doing: &'static str) -> Self {
        Self::Unavailable { doing, source: None }
    }

    pub(crate) fn malformed(what: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Malformed { what, source: source.into() }
    }

    pub(crate) fn missing(what: &'static str, attribute: &'static str) -> Self {
        Self::malformed(what, format!("no attribute {attribute:?}"))
    }
}

/// Sorts a client library's error; `doing` completes "while".
pub(crate) fn failed<E, R>(doing: &'static str) -> impl FnOnce(SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    move |error| {
        let ours = match &error {
            SdkError::ServiceError(refusal) => !is_overload(refusal.err().code()),
            SdkError::ConstructionFailure(_) => true,
            _ => false,
        };
        if ours {
            StoreError::Rejected { doing, source: error.into() }
        } else {
            StoreError::Unavailable { doing, source: Some(error.into()) }
        }
    }
}

/// Whether an error code means: someone else was writing the same item.
pub(crate) fn is_conflict(code: Option<&str>) -> bool {
    matches!(code, Some("TransactionConflict" | "TransactionConflictException" | "TransactionInProgressException"))
}

/// Whether an error code means: nothing happened, and a later try may succeed.
pub(crate) fn is_overload(code: Option<&str>) -> bool {
    let overload = matches!(
        code,
        None | Some(
            "InternalServerError"
                | "InternalFailure"
                | "LimitExceededException"
                | "ProvisionedThroughputExceeded"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "RequestThrottled"
                | "ServiceUnavailable"
                | "ThrottlingError"
                | "ThrottlingException"
        )
    );
    overload || is_conflict(code)
}
