//! `GET /v1/responses/{id}`.

use gateway::chat::Place;
use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use provider_transform::responses::resource::Action;

use crate::kept::Kept;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, id: &str) -> Result<Reply, ApiError> {
    if req.query_param("stream").is_some_and(|it| it.eq_ignore_ascii_case("true")) {
        return Err(ApiError::invalid("A stored response is not streamed by this gateway.").param("stream"));
    }
    let place = Place::find(app, caller, id)?;
    if place.is_kept_by_provider(app) {
        let query = crate::input_items::query(req, &["include"]);
        return Ok(Reply::json(StatusCode::OK, &place.ask(app, Action::Get, &query, id).await?));
    }
    let kept = Kept::require(app, &place.origin, id).await?;
    Ok(Reply::json(StatusCode::OK, &kept.response()))
}
