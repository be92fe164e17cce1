//! `POST /v1/responses` and `POST /v1/responses/compact`.

use gateway::chat::{Asked, Extras, Place, Route, serve};
use gateway::{ApiError, App, Caller, Reply, Request, Shape};
use provider_transform::responses::{Previous, ResponsesFormat};
use provider_transform::{Format, Object};

use crate::kept::{Keep, Kept};

const ROUTE: Route = Route { call_type: "aresponses", shape: Shape::OpenAi };

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    /// An answer.
    Answer,
    /// The conversation, made shorter.
    Compaction,
}

pub(crate) async fn handle(app: &App, req: &Request, caller: Caller, operation: Operation) -> Result<Reply, ApiError> {
    serve(app, req, &caller, ROUTE, |body| parse(app, req, &caller, operation, body)).await
}

async fn parse(
    app: &App,
    req: &Request,
    caller: &Caller,
    operation: Operation,
    mut body: Object,
) -> Result<Asked, ApiError> {
    let extras = Extras::take(app, caller, &mut body, req)?;
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
    Ok(Asked { format: Box::new(format), extras, pinned, keeper: Some(Box::new(Keep { caller: caller.clone() })) })
}

fn unknown(id: &str) -> ApiError {
    ApiError::invalid(format!("Previous response with id '{id}' not found.")).param("previous_response_id")
}
