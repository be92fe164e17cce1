//! `DELETE /v1/responses/{id}`.

use gateway::chat::Place;
use gateway::{ApiError, App, Caller, Reply};
use http::StatusCode;
use provider_transform::responses::resource::Action;
use serde_json::json;

use crate::kept::{key, not_found};

pub(crate) async fn handle(app: &App, caller: &Caller, id: &str) -> Result<Reply, ApiError> {
    let place = Place::find(app, caller, id)?;
    if place.is_kept_by_provider(app) {
        return Ok(Reply::json(StatusCode::OK, &place.ask(app, Action::Delete, "", id).await?));
    }
    let was_there = app.store.delete_response(key(&place.origin)).await.map_err(ApiError::unavailable)?;
    if !was_there {
        return Err(not_found(id));
    }
    Ok(Reply::json(StatusCode::OK, &json!({"id": id, "object": "response", "deleted": true})))
}
