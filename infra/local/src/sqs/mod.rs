//! An endpoint of the SQS JSON protocol for the calls that functions make. Creates and deletes no queues.

mod actions;
mod store;

pub use store::{Depth, Message, Outgoing, QueueError, Queues, VisibilityChange};

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

/// The prefix of this protocol's `x-amz-target`.
pub const TARGET_PREFIX: &str = "AmazonSQS.";

/// An error of the protocol.
#[derive(Debug, thiserror::Error)]
enum SqsError {
    #[error("The specified queue does not exist.")]
    QueueDoesNotExist,
    #[error("{0}")]
    InvalidParameterValue(String),
    #[error("The request must contain the parameter {0}.")]
    MissingParameter(&'static str),
    #[error("The input receipt handle is invalid.")]
    ReceiptHandleIsInvalid,
    #[error(
        "Value is not available for parameter VisibilityTimeout. Reason: Message does not exist or is not available for visibility timeout change."
    )]
    MessageNotInflight,
    #[error("There should be at least one entry in the request.")]
    EmptyBatchRequest,
    #[error("Maximum number of entries per request are 10.")]
    TooManyEntriesInBatchRequest,
    #[error("Two or more batch entries in the request have the same Id.")]
    BatchEntryIdsNotDistinct,
    #[error(
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
    )]
    InvalidBatchEntryId,
    #[error("The length of all the messages put together is more than the limit.")]
    BatchRequestTooLong,
    #[error("The message contains characters outside the allowed set.")]
    InvalidMessageContents,
    #[error("The request body is not a JSON object.")]
    SerializationException,
    #[error("The action {0} is not valid for this endpoint.")]
    InvalidAction(String),
    #[error("The queue's file failed.")]
    Storage(#[from] QueueError),
}

impl SqsError {
    /// The name in the JSON protocol, and the one of the older protocol that clients still show.
    fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::QueueDoesNotExist => ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
            Self::InvalidParameterValue(_) => ("InvalidParameterValue", "InvalidParameterValue"),
            Self::MissingParameter(_) => ("MissingParameter", "MissingParameter"),
            Self::ReceiptHandleIsInvalid => ("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
            Self::MessageNotInflight => ("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"),
            Self::EmptyBatchRequest => ("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"),
            Self::TooManyEntriesInBatchRequest => {
                ("TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
            }
            Self::BatchEntryIdsNotDistinct => {
                ("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
            }
            Self::InvalidBatchEntryId => ("InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId"),
            Self::BatchRequestTooLong => ("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"),
            Self::InvalidMessageContents => ("InvalidMessageContents", "InvalidMessageContents"),
            Self::SerializationException => ("SerializationException", "MalformedQueryString"),
            Self::InvalidAction(_) => ("UnsupportedOperation", "InvalidAction"),
            Self::Storage(_) => ("ServiceUnavailable", "ServiceUnavailable"),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Storage(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// Answers one call; `operation` is the `x-amz-target` without its prefix.
pub async fn answer(queues: &Queues, operation: &str, body: &[u8]) -> Response<Bytes> {
    let (status, body, query_error) = match call(queues, operation, body).await {
        Ok(body) => (StatusCode::OK, body, None),
        Err(error) => {
            if let SqsError::Storage(error) = &error {
                tracing::error!(cause = ?error, "the local queue failed");
            }
            let (name, older) = error.names();
            let body = json!({"__type": format!("com.amazonaws.sqs#{name}"), "message": error.to_string()});
            let whose = if error.status().is_server_error() { "Receiver" } else { "Sender" };
            (error.status(), body, Some(format!("{older};{whose}")))
        }
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-requestid", gateway::new_id().to_string());
    if let Some(query_error) = query_error {
        response = response.header("x-amzn-query-error", query_error);
    }
    // Only a header that is no valid text could fail here.
    response.body(Bytes::from(body.to_string())).unwrap_or_default()
}

async fn call(queues: &Queues, operation: &str, body: &[u8]) -> Result<Value, SqsError> {
    let input: Value = serde_json::from_slice(body).map_err(|_| SqsError::SerializationException)?;
    let actions = actions::Actions { queues, input: &input };
    match operation {
        "SendMessage" => actions.send_message(),
        "SendMessageBatch" => actions.send_message_batch(),
        "ReceiveMessage" => actions.receive_message().await,
        "DeleteMessage" => actions.delete_message(),
        "DeleteMessageBatch" => actions.delete_message_batch(),
        "ChangeMessageVisibility" => actions.change_message_visibility(),
        "GetQueueUrl" => actions.queue_url(),
        "GetQueueAttributes" => actions.queue_attributes(),
        other => Err(SqsError::InvalidAction(other.to_owned())),
    }
}

#[cfg(test)]
mod tests;
