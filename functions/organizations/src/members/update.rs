//! PATCH `/organization/member_update`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::access::Role;
use policy::entity::User;

use super::find;
use crate::access::{denied, failed, managed};
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = policy::member::named(&body)?;
    let organization = managed(app, caller, gateway::required(&body, "organization_id")?).await?.value;
    let member = find(app, &organization.organization_id, &named).await?;
    let user = app.store.find::<User>(&member.value.user_id).await.map_err(failed)?;
    let role = user.and_then(|it| it.value.user_role);
    if !caller.is_admin() && matches!(role, Some(Role::ProxyAdmin | Role::ProxyAdminViewer)) {
        return Err(denied("Only a proxy admin changes the role of a proxy admin."));
    }
    let changed = policy::organization::update_member(&member.value, &body, &gateway::editor(app, caller))?;
    let stored = app.store.update(&member, &changed).await.map_err(failed)?.value;
    app.forget_entities();
    let shown = show::members(app, &[stored]).await?;
    Ok(Reply::json(StatusCode::OK, &shown.into_iter().next().unwrap_or_default()))
}
