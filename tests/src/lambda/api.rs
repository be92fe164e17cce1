//! The two APIs that a function process talks to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, watch};

use super::outcome::{Part, Running};
use crate::Result;
use crate::server::{self, Body};

const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:function";
const TRACE: &str = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1";
const TIMEOUT: Duration = Duration::from_secs(60);

/// State of the environment.
#[derive(Default)]
pub(super) struct Api {
    state: Mutex<State>,
    changed: watch::Sender<()>,
    delivered: Notify,
}

#[derive(Default)]
struct State {
    first_next: Option<Instant>,
    init_error: Option<String>,
    /// Runtime and extensions by name; the runtime's name is empty.
    parties: HashMap<String, Party>,
    open: HashMap<String, Open>,
    count: u64,
}

#[derive(Default)]
struct Party {
    waiting: bool,
    /// The event that it has not fetched yet.
    event: Option<Event>,
}

#[derive(Clone)]
struct Event {
    id: String,
    deadline: u64,
    body: Value,
}

struct Open {
    delivered: Instant,
    parts: mpsc::UnboundedSender<Part>,
}

impl Api {
    pub(super) fn first_next(&self) -> Option<Instant> {
        self.state().first_next
    }

    /// Waits until nobody has anything left to do.
    pub(super) async fn idle(&self) -> Result<()> {
        let mut changed = self.changed.subscribe();
        loop {
            {
                let state = self.state();
                if let Some(error) = &state.init_error {
                    return Err(format!("the function failed to start: {error}").into());
                }
                if state.parties.contains_key("") && state.parties.values().all(|it| it.waiting) {
                    return Ok(());
                }
            }
            changed.changed().await?;
        }
    }

    /// Gives an event to the runtime, and to the extensions the news of it.
    pub(super) fn deliver(&self, body: &Value) -> Running {
        let (parts, receiver) = mpsc::unbounded_channel();
        let deadline = SystemTime::now() + TIMEOUT;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut state = self.state();
        state.count += 1;
        let event = Event {
            id: format!("8476a536-e9f4-11e8-9739-{:012}", state.count),
            deadline: deadline.as_millis().try_into().unwrap_or(u64::MAX),
            body: body.clone(),
        };
        let delivered = Instant::now();
        state.open.insert(event.id.clone(), Open { delivered, parts });
        for party in state.parties.values_mut() {
            party.waiting = false;
            party.event = Some(event.clone());
        }
        drop(state);
        self.delivered.notify_waiters();
        Running::new(receiver)
    }

    pub(super) async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>> {
        let path = request.uri().path().to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => {
                let event = self.next("").await;
                Ok(Response::builder()
                    .header("content-type", "application/json")
                    .header("lambda-runtime-aws-request-id", &event.id)
                    .header("lambda-runtime-deadline-ms", event.deadline)
                    .header("lambda-runtime-invoked-function-arn", ARN)
                    .header("lambda-runtime-trace-id", TRACE)
                    .body(server::full(event.body.to_string()))?)
            }
            (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
                let id = (*id).to_owned();
                self.answer(&id, request, Part::Data).await
            }
            (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
                let id = (*id).to_owned();
                self.answer(&id, request, |_, data| Part::Error(data)).await
            }
            (&Method::POST, [.., "init", "error"]) => {
                let body = request.into_body().collect().await?.to_bytes();
                self.state().init_error = Some(String::from_utf8_lossy(&body).into_owned());
                self.changed.send_replace(());
                server::json(202, &json!({"status": "OK"}))
            }
            (&Method::POST, ["2020-01-01", "extension", "register"]) => self.register(&request),
            (&Method::GET, ["2020-01-01", "extension", "event", "next"]) => {
                let event = self.next(identifier(&request)?).await;
                server::json(
                    200,
                    &json!({
                        "eventType": "INVOKE",
                        "deadlineMs": event.deadline,
                        "requestId": event.id,
                        "invokedFunctionArn": ARN,
                        "tracing": {"type": "X-Amzn-Trace-Id", "value": TRACE},
                    }),
                )
            }
            _ => server::json(404, &json!({"errorMessage": path})),
        }
    }

    fn register(&self, request: &Request<Incoming>) -> Result<Response<Body>> {
        let name = request.headers().get("lambda-extension-name");
        let name = name.ok_or("an extension without a name")?.to_str()?;
        self.state().parties.insert(name.to_owned(), Party::default());
        Ok(Response::builder()
            .header("lambda-extension-identifier", name)
            .header("content-type", "application/json")
            .body(server::full(
                r#"{"functionName":"function","functionVersion":"$LATEST","handler":"bootstrap","accountId":"000000000000"}"#,
            ))?)
    }

    /// Waits for the party's next event.
    async fn next(&self, name: &str) -> Event {
        {
            let mut state = self.state();
            if name.is_empty() {
                state.first_next.get_or_insert_with(Instant::now);
            }
            state.parties.entry(name.to_owned()).or_default().waiting = true;
        }
        self.changed.send_replace(());
        loop {
            let delivered = self.delivered.notified();
            if let Some(event) = self.state().parties.entry(name.to_owned()).or_default().event.take() {
                return event;
            }
            delivered.await;
        }
    }

    /// Takes an answer piece by piece, as it is uploaded.
    async fn answer(
        &self,
        id: &str,
        request: Request<Incoming>,
        part: impl Fn(Duration, bytes::Bytes) -> Part,
    ) -> Result<Response<Body>> {
        let open = self.state().open.remove(id).ok_or("an answer to no event")?;
        let mode = request.headers().get("lambda-runtime-function-response-mode");
        if mode.is_some_and(|it| it == "streaming") {
            open.send(Part::Streaming);
        }
        let mut body = request.into_body();
        while let Some(frame) = body.frame().await {
            match frame.map(|it| it.into_data()) {
                Ok(Ok(data)) => open.send(part(open.delivered.elapsed(), data)),
                Ok(Err(frame)) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    if let Some(kind) = trailers.get("lambda-runtime-function-error-type") {
                        open.send(Part::Error(kind.as_bytes().to_vec().into()));
                    }
                }
                Err(_) => open.send(Part::Error("the upload broke off".into())),
            }
        }
        open.send(Part::End(open.delivered.elapsed()));
        server::json(202, &json!({"status": "OK"}))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// A test that no longer listens is no reason to fail the function.
    fn send(&self, part: Part) {
        self.parts.send(part).ok();
    }
}

fn identifier(request: &Request<Incoming>) -> Result<&str> {
    let id = request.headers().get("lambda-extension-identifier");
    Ok(id.ok_or("an extension without an identifier")?.to_str()?)
}
