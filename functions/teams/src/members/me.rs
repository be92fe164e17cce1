//! GET `/team/{team_id}/members/me`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;

use crate::access::find;
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let Some(user) = caller.user_id() else {
        return Err(ApiError::invalid("The key belongs to no user, so there is no `me`.").param("user_id"));
    };
    let id = req.path_param("team_id").unwrap_or_default();
    let met = find(app, caller, id).await?;
    let Some((team, own)) = met.and_then(|met| Some((met.team.value, met.own?))) else {
        let message = format!("User {user} is not a member of this team.");
        return Err(ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", message).param("user_id"));
    };
    let places = show::memberships(app, &team, std::slice::from_ref(&own)).await?;
    let place = places.into_iter().next().unwrap_or_default();
    let answer = place.with("role", &own.role).with("user_email", &own.user_email);
    Ok(Reply::json(StatusCode::OK, &answer.with("team_alias", &team.team_alias)))
}
