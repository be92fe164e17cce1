//! The record of every call received: what the gateway's books are compared with.

use std::sync::{Arc, Mutex};

use hyper::http::request::Parts;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::{Protocol, locked};

/// Bodies are kept of so many calls only, so that a load test does not fill the memory.
const KEPT_BODIES: usize = 2000;

/// Every call since the start or the last reset.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<Call>>>);

/// One call as the provider saw it.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// The gateway's event id, from `x-client-request-id`; empty when absent.
    pub id: String,
    /// Whose wire format was spoken.
    pub protocol: String,
    /// Path and query.
    pub path: String,
    /// Model without its script.
    pub model: String,
    /// The credential it came with.
    pub credential: String,
    /// Status answered, 0 when none was.
    pub status: u16,
    /// Prompt tokens that the whole answer reports.
    pub prompt_tokens: u64,
    /// Completion tokens that the whole answer reports.
    pub completion_tokens: u64,
    /// Pieces of content sent so far.
    pub tokens_sent: u64,
    /// How it ended.
    pub state: State,
    /// Request headers.
    pub headers: Value,
    /// Request body.
    pub request: Option<Value>,
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Still answering.
    Open,
    /// Answered to the end.
    Done,
    /// The stand-in dropped the connection.
    Cut,
    /// The client went away before the end.
    Gone,
}

/// A call being answered; dropping it before its end means that the client went away.
pub(super) struct Open {
    calls: Calls,
    index: usize,
}

impl Calls {
    /// Copies of all calls, in the order of arrival.
    pub fn all(&self) -> Vec<Call> {
        locked(&self.0).clone()
    }

    /// How many calls were received.
    pub fn count(&self) -> usize {
        locked(&self.0).len()
    }

    /// Forgets all calls.
    pub fn reset(&self) {
        locked(&self.0).clear();
    }

    pub(super) fn report(&self) -> Value {
        let calls = self.all();
        json!({"count": calls.len(), "calls": calls})
    }

    pub(super) fn open(&self, protocol: Protocol, model: &str, head: &Parts, body: &Value, answer: &Answer) -> Open {
        let header = |name: &str| {
            let value = head.headers.get(name).and_then(|it| it.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (prompt_tokens, completion_tokens) = answer.usage.unwrap_or_default();
        let mut call = Call {
            id: header("x-client-request-id"),
            protocol: format!("{protocol:?}").to_lowercase(),
            path: head.uri.to_string(),
            model: model.to_owned(),
            credential: header("authorization") + &header("x-api-key"),
            status: answer.status,
            prompt_tokens,
            completion_tokens,
            tokens_sent: 0,
            state: State::Open,
            headers: Value::Null,
            request: None,
        };
        let mut calls = locked(&self.0);
        if calls.len() < KEPT_BODIES {
            call.headers = headers(head);
            call.request = Some(body.clone());
        }
        calls.push(call);
        Open { calls: self.clone(), index: calls.len() - 1 }
    }
}

impl Open {
    pub(super) fn token(&mut self) {
        self.change(|call| call.tokens_sent += 1);
    }

    pub(super) fn end(&mut self, state: State) {
        self.change(|call| call.state = state);
    }

    fn change(&self, with: impl FnOnce(&mut Call)) {
        if let Some(call) = locked(&self.calls.0).get_mut(self.index) {
            with(call);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.change(|call| {
            if call.state == State::Open {
                call.state = State::Gone;
            }
        });
    }
}

fn headers(head: &Parts) -> Value {
    head.headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), Value::String(value.into_owned()))
        })
        .collect()
}
