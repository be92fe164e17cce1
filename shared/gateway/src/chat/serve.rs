//! The way of every route that asks a model: its idempotency key, its body, the call.

use provider_transform::{Format, Object};

use super::{ChatCall, Extras, Keeper, account_refusal, agent, chat};
use crate::hooks::{self, Asking};
use crate::idempotency::{self, Begun};
use crate::{ApiError, App, Caller, Reply, Request, Shape, json_object};

/// What a route is called, and how it says no.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// LiteLLM's name of the operation in spend rows, such as `acompletion`.
    pub call_type: &'static str,
    /// How refusals are written.
    pub shape: Shape,
}

/// What a route has read from a body.
pub struct Asked {
    /// What to answer, and how to write the answer.
    pub format: Box<dyn Format>,
    /// What the caller asks of the gateway.
    pub extras: Extras,
    /// The id of the one deployment that may answer.
    pub pinned: Option<String>,
    /// Stores what the format can be asked for later.
    pub keeper: Option<Box<dyn Keeper>>,
}

impl Asked {
    /// A call that any deployment may answer and nobody asks for later.
    #[must_use]
    pub fn new(format: impl Format + 'static, extras: Extras) -> Self {
        Self { format: Box::new(format), extras, pinned: None, keeper: None }
    }
}

/// Answers a request, or gives the answer again that it got before. `read` understands the body.
///
/// # Errors
/// [`ApiError`] for a refusal, or a failure before the first content of an answer.
pub async fn serve<R, Reading>(
    app: &App,
    req: &Request,
    caller: &Caller,
    route: Route,
    read: R,
) -> Result<Reply, ApiError>
where
    R: FnOnce(Object) -> Reading,
    Reading: Future<Output = Result<Asked, ApiError>>,
{
    let mut recording = None;
    if idempotency::has_key(app, req) {
        match Box::pin(idempotency::begin(app, req, caller)).await? {
            Begun::Run(begun) => recording = Some(begun),
            Begun::Replay(reply) => return Ok(reply),
        }
    }
    let asked = async {
        let mut body = json_object(app, req)?;
        let agent = agent(req, caller);
        hooks::asked(Asking { app, caller, call_type: route.call_type, agent, body: &mut body }).await?;
        read(body).await
    };
    match asked.await {
        Ok(Asked { format, extras, pinned, keeper }) => {
            let mut call = ChatCall::new(req, format, extras, caller.clone(), route.call_type);
            call.pinned = pinned;
            call.keeper = keeper;
            call.shape = route.shape;
            call.recording = recording;
            chat(app, call).await
        }
        Err(error) => {
            account_refusal(app, req, caller, route.call_type, &error);
            if let Some(recording) = recording {
                Box::pin(recording.give_up()).await;
            }
            Err(error)
        }
    }
}
