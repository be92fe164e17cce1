//! `POST /v1/responses` and `POST /v1/responses/compact`.

use gateway::chat::{ChatCall, Extras, Place};
use gateway::{ApiError, App, Caller, Reply, Request};
use provider_transform::Format;
use provider_transform::responses::{Previous, ResponsesFormat};

use crate::kept::{Keep, Kept};

/// LiteLLM's name of this operation in spend rows.
const CALL_TYPE: &str = "aresponses";

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    /// An answer.
    Answer,
    /// The conversation, made shorter.
    Compaction,
}

pub(crate) async fn handle(app: &App, req: &Request, caller: Caller, operation: Operation) -> Result<Reply, ApiError> {
    match parse(app, req, &caller, operation).await {
        Ok((format, extras, pinned)) => {
            let keeper = Keep { caller: caller.clone() };
            let mut call = ChatCall::new(req, Box::new(format), extras, caller, CALL_TYPE);
            call.pinned = pinned;
            call.keeper = Some(Box::new(keeper));
            gateway::chat::chat(app, call).await
        }
        Err(error) => {
            gateway::chat::account_refusal(app, req, &caller, CALL_TYPE, &error);
            Err(error)
        }
    }
}

async fn parse(
    app: &App,
    req: &Request,
    caller: &Caller,
    operation: Operation,
) -> Result<(ResponsesFormat, Extras, Option<String>), ApiError> {
    let mut body = gateway::json_object(app, req)?;
    let extras = Extras::take(&mut body, req)?;
    if body.get("background") == Some(&true.into()) {
        // Nobody would pay for what is written after the reply.
        return Err(ApiError::invalid("`background` is not supported by this gateway.").param("background"));
    }
    let format = ResponsesFormat::from_object(body).map_err(gateway::transform_error)?;
    let format = match operation {
        Operation::Answer => format,
        Operation::Compaction => format.compaction(),
    };
    let mut format = format.sealed_by(app.response_ids.sealed_for(caller));
    let mut pinned = None;
    if let Some(id) = format.previous_response_id().map(str::to_owned) {
        let place = Place::find(app, caller, &id)?;
        let previous = if place.is_kept_by_provider(app) {
            pinned = place.pinned(app, caller, &format.chat().model);
            Previous::Native(place.origin.response_id)
        } else {
            let kept = Kept::find(app, &place.origin).await?.ok_or_else(|| unknown(&id))?;
            Previous::Items(kept.into_conversation().into())
        };
        format = format.continuing(previous).map_err(gateway::transform_error)?;
    }
    Ok((format, extras, pinned))
}

fn unknown(id: &str) -> ApiError {
    ApiError::invalid(format!("Previous response with id '{id}' not found.")).param("previous_response_id")
}
