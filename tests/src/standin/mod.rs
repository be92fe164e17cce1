//! A model provider on loopback that speaks OpenAI's and Anthropic's wire format, with delays and faults on demand, and remembers every call it saw.
//!
//! How it answers is a script such as `chunks=20&chunk_delay=10ms&fault=cut_after:3`, found in three places, the later winning:
//! the path before `/v1` (`api_base: http://host:port/chunks=20/v1`), the model's name after `?`, and the last user message after `standin:`.
//!
//! `GET /_calls` tells what was received, `POST /_reset` forgets it, `PUT /_replay/<model>` takes a `provider_response` of the conformance data and answers that model with it.

mod answer;
mod anthropic;
mod calls;
mod fill;
mod openai;
mod prompt;
mod replay;
mod responses;
mod script;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::Result;
use crate::server::{self, Body, Server};

pub use calls::{Call, Calls, State};
pub use prompt::Prompt;

use answer::Answer;
use script::Script;

/// A running provider.
pub struct StandIn {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    calls: Calls,
    /// Recorded answers by model name.
    replays: Mutex<HashMap<String, Arc<Answer>>>,
    /// How often each script with `times` has failed already.
    failed: Mutex<HashMap<String, u32>>,
}

/// Where Anthropic counts tokens.
const COUNT: &str = "/messages/count_tokens";

/// Whose wire format a path speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `…/chat/completions`.
    OpenAi,
    /// `…/messages`.
    Anthropic,
    /// `…/responses`.
    Responses,
}

impl StandIn {
    /// Starts on a free loopback port.
    pub async fn start() -> Result<Self> {
        Self::serve(server::loopback().await?)
    }

    /// Starts on a listener.
    pub fn serve(listener: TcpListener) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let state = Arc::clone(&shared);
        let server = Server::start(listener, move |request| handle(Arc::clone(&state), request))?;
        Ok(Self { server, shared })
    }

    /// `http://host:port`; OpenAI's base is this with `/v1`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What it has received.
    pub fn calls(&self) -> &Calls {
        &self.shared.calls
    }
}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>> {
    let path = request.uri().path().to_owned();
    match (request.method(), path.as_str()) {
        (&Method::GET, "/_calls") => server::json(200, &shared.calls.report()),
        (&Method::POST, "/_reset") => {
            shared.calls.reset();
            locked(&shared.failed).clear();
            server::json(200, &json!({}))
        }
        (&Method::PUT, path) if path.starts_with("/_replay/") => {
            let model = path.trim_start_matches("/_replay/").to_owned();
            let body = request.into_body().collect().await?.to_bytes();
            let recorded: Value = serde_json::from_slice(&body)?;
            locked(&shared.replays).insert(model, Arc::new(replay::answer(&recorded)?));
            server::json(200, &json!({}))
        }
        (&Method::GET, path) if path.ends_with("/models") => server::json(200, &models()),
        (&Method::POST, path) if path.ends_with("/chat/completions") => {
            complete(shared, Protocol::OpenAi, request).await
        }
        (&Method::POST, path) if path.ends_with("/messages") || path.ends_with(COUNT) => {
            complete(shared, Protocol::Anthropic, request).await
        }
        (&Method::POST, path) if path.ends_with("/responses") || path.ends_with("/responses/compact") => {
            complete(shared, Protocol::Responses, request).await
        }
        (method, path) => match responses::kept(method, path) {
            Some(body) => {
                let (head, _) = request.into_parts();
                let answer = Arc::new(Answer::json(200, &body));
                let call = shared.calls.open(Protocol::Responses, "", &head, &Value::Null, &answer);
                answer.send(call).await
            }
            None => server::json(404, &openai::error(404, "Unknown request URL")),
        },
    }
}

async fn complete(shared: Arc<Shared>, protocol: Protocol, request: Request<Incoming>) -> Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return server::json(400, &protocol.error(400, "We could not parse the JSON body"));
    };
    let (model, model_script) = split_model(&body);
    let mut script = Script::default();
    let prompt = Prompt::read(&body);
    for text in [path_script(head.uri.path()), model_script, prompt.script.as_deref().unwrap_or_default()] {
        if let Err(error) = script.read(text) {
            return server::json(400, &protocol.error(400, &error));
        }
    }
    if script.times.is_some_and(|times| !shared.may_fail(&script, times)) {
        script.fault = None;
    }

    let replay = locked(&shared.replays).get(model).cloned();
    let answer = match replay {
        Some(answer) => answer,
        None if wrong_key(&head.headers) => Arc::new(Answer::error(protocol, 401)),
        None if head.uri.path().ends_with(COUNT) => Arc::new(anthropic::count(&prompt)),
        None => Arc::new(protocol.answer(model, &body, &prompt, &script)),
    };
    let call = shared.calls.open(protocol, model, &head, &body, &answer);
    answer.send(call).await
}

impl Protocol {
    fn answer(self, model: &str, body: &Value, prompt: &Prompt, script: &Script) -> Answer {
        if let Some(answer) = Answer::of_fault(self, script) {
            return answer;
        }
        match self {
            Self::OpenAi => openai::answer(model, body, prompt, script),
            Self::Anthropic => anthropic::answer(model, body, prompt, script),
            Self::Responses => responses::answer(model, prompt, script),
        }
    }

    fn error(self, status: u16, message: &str) -> Value {
        match self {
            Self::OpenAi | Self::Responses => openai::error(status, message),
            Self::Anthropic => anthropic::error(status, message),
        }
    }
}

impl Shared {
    /// Whether a script that fails a limited number of times fails once more.
    fn may_fail(&self, script: &Script, times: u32) -> bool {
        let mut failed = locked(&self.failed);
        let count = failed.entry(format!("{script:?}")).or_default();
        *count += 1;
        *count <= times
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn split_model(body: &Value) -> (&str, &str) {
    let name = body["model"].as_str().unwrap_or_default();
    name.split_once('?').unwrap_or((name, ""))
}

/// The path's first segment when it holds a script.
fn path_script(path: &str) -> &str {
    let first = path.split('/').nth(1).unwrap_or_default();
    if first.contains('=') { first } else { "" }
}

/// A credential that contains `invalid` is refused, as a provider refuses a revoked key.
fn wrong_key(headers: &hyper::HeaderMap) -> bool {
    ["authorization", "x-api-key"]
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok())
        .any(|value| value.contains("invalid"))
}

fn models() -> Value {
    let model = |id| json!({"id": id, "object": "model", "created": openai::CREATED, "owned_by": "system"});
    json!({"object": "list", "data": [model("gpt-4o"), model("gpt-4o-mini")]})
}
