//! `/team/{team_id}/callback` and `/team/{team_id}/disable_logging`.

use gateway::{ApiError, App, Caller, Reply, Request};

use crate::access::managed;

/// Nothing here logs by team: whoever asks for it is told so.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, what: &str) -> Result<Reply, ApiError> {
    managed(app, caller, req.path_param("team_id").unwrap_or_default()).await?;
    let message = format!("This gateway has no logging callbacks of teams: {what} is not supported.");
    Err(ApiError::invalid(message).param(what))
}
