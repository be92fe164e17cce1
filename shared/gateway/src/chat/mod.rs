//! Answers a chat request: admits it, calls a provider, hands the answer on in the caller's format, accounts for it.
//! Each call runs as counted work of its own, so that a caller who leaves cannot take its accounting along.

mod account;
mod admit;
mod attempt;
mod claim;
mod count;
mod extras;
mod grounds;
mod headers;
mod limits;
mod mocked;
mod party;
mod permit;
mod provider_headers;
mod remaining;
mod resource;
mod route;
mod serve;
mod stream;
mod target;

use std::time::Instant;

use futures_util::future::{BoxFuture, join};
use http::StatusCode;
use policy::spend::{CallError, SpendEvent, Status};
use provider_transform::{ChatRequest, Format};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::idempotency::Recording;
use crate::{ApiError, App, Caller, Reply, Request, Shape};
pub(crate) use account::Ledger;
pub(crate) use admit::admit;
use attempt::{Answer, Given};
pub(crate) use claim::Claim;
pub use count::{Counted, count};
pub use extras::Extras;
use extras::short;
pub use resource::Place;
pub use serve::{Asked, Route, serve};
pub(crate) use target::Target;

/// A call of a model as a handler understood it, in whichever format it came.
pub struct ChatCall {
    /// What to answer, and how to write the answer.
    pub format: Box<dyn Format>,
    /// What the caller asks of the gateway.
    pub extras: Extras,
    /// Who asks.
    pub caller: Caller,
    /// LiteLLM's name of the operation, such as `acompletion`.
    pub call_type: &'static str,
    /// The route, such as `/v1/chat/completions`.
    pub endpoint: String,
    /// `x-litellm-call-id`: the client's own or a new one.
    pub call_id: String,
    /// The caller's address.
    pub requester_ip: Option<String>,
    /// The caller's program.
    pub user_agent: Option<String>,
    /// When the request arrived.
    pub arrived: Instant,
    /// When the platform ends this invocation, if it will.
    pub deadline: Option<Instant>,
    /// The id of the one deployment that may answer, for calls that continue what it holds.
    pub pinned: Option<String>,
    /// Stores what the format can be asked for later.
    pub keeper: Option<Box<dyn Keeper>>,
    /// How refusals are written.
    shape: Shape,
    /// Writes the answer down for whoever repeats the request.
    recording: Option<Box<Recording>>,
}

/// Stores answers that a client may ask for later.
pub trait Keeper: Send + Sync {
    /// Stores the answer `id`, before its caller sees the end of it.
    fn keep<'a>(&'a self, app: &'a App, id: &'a str, answer: Value) -> BoxFuture<'a, ()>;
}

impl ChatCall {
    /// Gathers what every chat route needs from a request.
    #[must_use]
    pub fn new(
        req: &Request,
        format: Box<dyn Format>,
        extras: Extras,
        caller: Caller,
        call_type: &'static str,
    ) -> Self {
        let end_user = caller.end_user.clone().or_else(|| extras.end_user.clone());
        let agent_id = agent(req, &caller).map(short);
        Self {
            format,
            extras: Extras { end_user, agent_id, ..extras },
            caller,
            call_type,
            endpoint: req.path.clone(),
            call_id: call_id(req),
            requester_ip: req.client_ip.map(|it| it.to_string()),
            user_agent: req.header("user-agent").map(str::to_owned),
            arrived: Instant::now(),
            deadline: req.deadline,
            pinned: None,
            keeper: None,
            shape: Shape::OpenAi,
            recording: None,
        }
    }

    /// The request in the hub's form.
    pub(crate) fn chat(&self) -> &ChatRequest {
        self.format.chat()
    }

    async fn keep(&self, app: &App, id: &str, answer: Option<Value>) {
        if let (Some(keeper), Some(answer)) = (&self.keeper, answer) {
            keeper.keep(app, id, answer).await;
        }
    }
}

/// Accounts for a request that was refused before it became a call: a row that says why and costs nothing.
pub fn account_refusal(app: &App, req: &Request, caller: &Caller, call_type: &str, error: &ApiError) {
    let mut event = SpendEvent::new(crate::new_id().to_string(), app.clock().now_ms());
    event.call_type = call_type.to_owned();
    event.endpoint.clone_from(&req.path);
    event.call_id = call_id(req);
    "unknown-model".clone_into(&mut event.model);
    event.status = Status::Failure;
    event.error = Some(CallError {
        class: error.kind.to_owned(),
        code: error.status.as_str().to_owned(),
        message: String::new(),
    });
    crate::payers::sign(app, caller, &mut event);
    event.clip();
    let app = app.clone();
    app.tail().clone().spawn(async move { drop(crate::spend::send(&app, &event).await) });
}

/// The agent that calls. Whose key belongs to one calls as that one: a header cannot put its calls on another's account.
fn agent<'a>(req: &'a Request, caller: &'a Caller) -> Option<&'a str> {
    let own = caller.key().and_then(|key| key.agent_id.as_deref());
    own.or_else(|| req.header("x-litellm-agent-id").filter(|it| !it.is_empty()))
}

/// The client's own call id if it is short plain text, else a new one.
fn call_id(req: &Request) -> String {
    let plain = |it: &&str| it.len() <= 128 && it.bytes().all(|byte| byte.is_ascii_graphic());
    match req.header("x-litellm-call-id").filter(plain) {
        Some(id) => id.to_owned(),
        None => crate::new_id().to_string(),
    }
}

/// Answers a chat call.
///
/// # Errors
/// [`ApiError`] for a refusal, or a failure before the first content of an answer.
pub async fn chat(app: &App, call: ChatCall) -> Result<Reply, ApiError> {
    app.renew_terms();
    let (reply, replied) = oneshot::channel();
    app.tail().spawn(run(app.clone(), call, reply));
    match replied.await {
        Ok(reply) => reply,
        Err(_) => Err(ApiError::internal("the call's task ended without a reply")),
    }
}

type ReplySender = oneshot::Sender<Result<Reply, ApiError>>;

async fn run(app: App, mut call: ChatCall, reply: ReplySender) {
    let recording = call.recording.take();
    let lease = recording.as_ref().map(|it| it.lease());
    let answering = Box::pin(answer(app, call, recording, reply));
    match lease {
        None => answering.await,
        Some(lease) => lease.hold(answering).await,
    }
}

async fn answer(app: App, mut call: ChatCall, recording: Option<Box<Recording>>, mut reply: ReplySender) {
    let mut ledger = Ledger::new(&app, &call);
    // Whoever repeats a recorded request gets what becomes of it, so it runs on when its caller leaves.
    let may_leave = recording.is_none();
    let answered = match route::admit_to(&app, &mut call, &mut ledger).await {
        Err(refusal) => Err(refusal),
        Ok(admitted) => {
            // Beside the provider's work, so that nobody waits for it.
            let asking = remaining::find(&app, ledger.reservation());
            tokio::select! {
                biased;
                (answered, left) = join(route::answer(&app, &call, &admitted, &mut ledger), asking) => {
                    ledger.remaining_is(left);
                    answered
                }
                () = reply.closed(), if may_leave => Err(disconnected()),
            }
        }
    };
    match answered {
        Ok(Answer::Stream(stream)) => stream::relay(&app, &call, *stream, ledger, recording, reply).await,
        Ok(Answer::Whole(given)) => {
            let Given { target, provider_headers, whole } = *given;
            ledger.succeeded(&app, &target, Some(&whole.usage), whole.text_len);
            ledger.request_id(&whole.id);
            let mut headers = headers::of_success(&call, &ledger, &provider_headers);
            headers::add_cost(&mut headers, &ledger);
            call.keep(&app, &whole.id, whole.keep).await;
            let mut answer = Reply::json_bytes(StatusCode::OK, whole.body);
            answer.headers.extend(headers);
            if let Some(recording) = recording {
                recording.keep(&answer).await;
            }
            finish(&app, ledger, reply, Ok(answer)).await;
        }
        Err(error) => {
            ledger.failed(&app, &error);
            let mut error = headers::on_error(error, &call, &ledger);
            if error.shape == Shape::OpenAi {
                error.shape = call.shape;
            }
            match recording {
                Some(recording) if ledger.reached_provider() && is_lasting(&error) => {
                    recording.keep(&error.reply()).await;
                }
                Some(recording) => recording.give_up().await,
                None => {}
            }
            finish(&app, ledger, reply, Err(error)).await;
        }
    }
}

/// Whether the request itself is at fault, so that sending it again cannot end otherwise.
fn is_lasting(error: &ApiError) -> bool {
    let of_request = [StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY];
    of_request.contains(&error.status)
}

/// Replies and accounts, in the order that the platform allows.
async fn finish(app: &App, ledger: Ledger, reply: ReplySender, answer: Result<Reply, ApiError>) {
    if !app.accounts_after_reply() {
        ledger.close(app).await;
        drop(reply.send(answer));
        return;
    }
    // A caller who has left gets no answer; the account is the same.
    drop(reply.send(answer));
    ledger.close(app).await;
}

/// The caller went away before the answer; nobody will read this.
fn disconnected() -> ApiError {
    let closed = StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST);
    ApiError::new(closed, "client_disconnected", "The client closed the connection before the answer.")
}
