//! DELETE `/organization/member_delete`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::entity::Seat;

use super::find;
use crate::access::{failed, managed};
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = policy::member::named(&body)?;
    let organization = managed(app, caller, gateway::required(&body, "organization_id")?).await?.value;
    let member = find(app, &organization.organization_id, &named).await?;
    let shown = show::members(app, std::slice::from_ref(&member.value)).await?;
    gateway::remove_seat(app, &Seat::in_organization(&member.value), &member).await.map_err(failed)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &shown.into_iter().next().unwrap_or_default()))
}
