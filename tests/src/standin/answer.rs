//! An answer as steps on the wire, and sending it.

use std::future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::Response;
use hyper::body::Frame;

use super::Protocol;
use super::calls::{Open, State};
use super::script::{Fault, Script};
use crate::Result;
use crate::server::{self, Body};

/// Time for what was written before a cut to leave the server's buffer.
const FLUSH: Duration = Duration::from_millis(5);

/// Everything that one call is answered with.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    /// Before the headers.
    pub(super) delay: Duration,
    /// Whether headers are sent at all.
    pub(super) silence: Option<Silence>,
    pub(super) steps: Vec<Step>,
    /// What it reports to have used, when it is sent to the end.
    pub(super) usage: Option<(u64, u64)>,
}

/// Why no headers come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Silence {
    Hang,
    Reset,
}

/// One thing that happens to the body.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// One write.
    Send(Bytes),
    /// One write that carries one token of the answer.
    Token(Bytes),
    Wait(Duration),
    /// The connection drops.
    Cut,
    /// Nothing comes any more.
    Hang,
}

impl Answer {
    /// A JSON body.
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::whole(status, "application/json", body.to_string())
    }

    /// A whole body of some type.
    pub(super) fn whole(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            steps: vec![Step::Send(body.into())],
            ..Self::default()
        }
    }

    /// An event stream.
    pub(super) fn stream(steps: Vec<Step>) -> Self {
        let mut answer = Self::whole(200, "text/event-stream; charset=utf-8", "");
        answer.steps = steps;
        answer
    }

    /// The provider's own error for a status.
    pub(super) fn error(protocol: Protocol, status: u16) -> Self {
        let message = match status {
            401 => "Incorrect API key provided.",
            403 => "Your project does not have access to this model.",
            404 => "The model does not exist or you do not have access to it.",
            413 => "The request is too large.",
            429 => "Rate limit reached for requests.",
            503 | 529 => "The engine is currently overloaded, please try again later.",
            500.. => "The server had an error while processing your request.",
            _ => "The request is not valid.",
        };
        Self::json(status, &protocol.error(status, message))
    }

    /// The answer that a fault replaces altogether, if it does.
    pub(super) fn of_fault(protocol: Protocol, script: &Script) -> Option<Self> {
        let mut answer = match script.fault.as_ref()? {
            Fault::Status(status) => Self::error(protocol, *status),
            Fault::Context => {
                let message = "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.";
                let message = match protocol {
                    Protocol::OpenAi | Protocol::Responses => message,
                    Protocol::Anthropic => "prompt is too long: 208310 tokens > 200000 maximum",
                };
                let mut body = protocol.error(400, message);
                if protocol != Protocol::Anthropic {
                    body["error"]["code"] = "context_length_exceeded".into();
                    body["error"]["param"] = "messages".into();
                }
                Self::json(400, &body)
            }
            Fault::Policy => {
                let mut body = protocol.error(400, "Your request was rejected as a result of our safety system.");
                if protocol != Protocol::Anthropic {
                    body["error"]["code"] = "content_policy_violation".into();
                }
                Self::json(400, &body)
            }
            Fault::Garbage => Self::whole(200, "text/html", "<html><body>We'll be back soon.</body></html>"),
            Fault::Empty => Self::whole(200, "application/json", ""),
            Fault::Hang => Self { silence: Some(Silence::Hang), ..Self::default() },
            Fault::Reset => Self { silence: Some(Silence::Reset), ..Self::default() },
            Fault::CutAfter(_) | Fault::HangAfter(_) | Fault::ErrorAfter(_) => return None,
        };
        if let Some(seconds) = script.retry_after {
            answer.headers.push(("retry-after".to_owned(), seconds.to_string()));
        }
        answer.delay = script.delay;
        Some(answer)
    }

    /// Plays the steps; the call's record follows what really went out.
    pub(super) async fn send(self: Arc<Self>, mut call: Open) -> Result<Response<Body>> {
        // Even an empty sleep waits for the timer's next millisecond.
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        match self.silence {
            Some(Silence::Hang) => future::pending::<()>().await,
            Some(Silence::Reset) => {
                call.end(State::Cut);
                return Err("no answer, as the script says".into());
            }
            None => {}
        }
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        if let [Step::Send(whole)] = self.steps.as_slice() {
            call.end(State::Done);
            return Ok(response.body(server::full(whole.clone()))?);
        }
        let steps = stream::unfold((self, 0, call), play);
        Ok(response.body(StreamBody::new(steps).boxed_unsync())?)
    }
}

type Position = (Arc<Answer>, usize, Open);

async fn play((answer, mut at, mut call): Position) -> Option<(Result<Frame<Bytes>>, Position)> {
    loop {
        let Some(step) = answer.steps.get(at) else {
            call.end(State::Done);
            return None;
        };
        at += 1;
        let frame = match step {
            Step::Send(bytes) => Ok(Frame::data(bytes.clone())),
            Step::Token(bytes) => {
                call.token();
                Ok(Frame::data(bytes.clone()))
            }
            Step::Wait(time) => {
                tokio::time::sleep(*time).await;
                continue;
            }
            Step::Cut => {
                tokio::time::sleep(FLUSH).await;
                call.end(State::Cut);
                Err("the connection drops, as the script says".into())
            }
            Step::Hang => future::pending().await,
        };
        return Some((frame, (answer, at, call)));
    }
}
