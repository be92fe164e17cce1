//! What Anthropic sends back, as far as it is acted on; whole answers and stream events.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::Object;

use super::usage::Counts;

/// A whole answer.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) model: Option<String>,
    pub(super) content: Vec<Object>,
    pub(super) stop_reason: Option<String>,
    pub(super) usage: Counts,
    pub(super) container: Option<Value>,
    pub(super) context_management: Option<Value>,
}

/// A failure, in a body or in a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    pub(super) error: FailureText,
}

/// What went wrong.
#[derive(Debug, Deserialize)]
pub(super) struct FailureText {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) message: Option<String>,
}

/// One event of a stream; which fields are there depends on its type.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    pub(super) message: Option<Start>,
    pub(super) content_block: Option<Object>,
    #[serde(borrow)]
    pub(super) delta: Option<Delta<'a>>,
    pub(super) usage: Option<Counts>,
    pub(super) error: Option<FailureText>,
}

/// The message of `message_start`.
#[derive(Debug, Deserialize)]
pub(super) struct Start {
    pub(super) usage: Option<Counts>,
}

/// What is new in a block, or in the message.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) partial_json: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) thinking: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) signature: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) content: Option<Cow<'a, str>>,
    pub(super) citation: Option<Value>,
    #[serde(borrow)]
    pub(super) stop_reason: Option<Cow<'a, str>>,
    pub(super) container: Option<Value>,
}
