//! GET and POST `/organization/info`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;

use crate::access::seen;
use crate::show;

pub(crate) async fn one(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let id = req.query_param("organization_id").filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| {
        let message = "`organization_id` is required.";
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message).param("organization_id")
    })?;
    let organization = seen(app, caller, id).await?.value;
    Ok(Reply::json(StatusCode::OK, &show::whole(app, &organization).await?))
}

/// LiteLLM's older form, for several organizations and without their members.
pub(crate) async fn several(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let mut shown = Vec::new();
    for id in gateway::required_list(&body, "organizations")? {
        let organization = seen(app, caller, id).await?.value;
        shown.push(show::alone(app, &organization).await?);
    }
    Ok(Reply::json(StatusCode::OK, &shown))
}
