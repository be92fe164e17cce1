//! `POST /v1/responses/{id}/cancel`.

use gateway::chat::Place;
use gateway::{ApiError, App, Caller, Reply};
use http::StatusCode;
use provider_transform::responses::resource::Action;

use crate::kept::Kept;

pub(crate) async fn handle(app: &App, caller: &Caller, id: &str) -> Result<Reply, ApiError> {
    let place = Place::find(app, caller, id)?;
    if place.is_kept_by_provider(app) {
        return Ok(Reply::json(StatusCode::OK, &place.ask(app, Action::Cancel, "", id).await?));
    }
    Kept::require(app, &place.origin, id).await?;
    Err(ApiError::invalid("Only responses created with background=true can be cancelled."))
}
