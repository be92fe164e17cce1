//! PATCH `/organization/update`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;

use crate::access::{failed, managed};
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let organization = managed(app, caller, gateway::required(&body, "organization_id")?).await?;
    let changed = policy::organization::update(&organization.value, &body, &gateway::editor(app, caller))?;
    if !caller.is_admin() {
        policy::organization::permit(&organization.value, &changed)?;
    }
    if changed.budget_id != organization.value.budget_id {
        gateway::check_budget(app, changed.budget_id.as_deref()).await?;
    }
    let stored = app.store.update(&organization, &changed).await.map_err(failed)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &show::whole(app, &stored.value).await?))
}
