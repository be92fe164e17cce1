//! POST `/organization/new`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;

use crate::access::{admins_only, failed};
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    admins_only(caller, "make")?;
    let editor = gateway::editor(app, caller);
    let organization = policy::organization::new(&body, gateway::new_id().to_string(), &editor)?;
    gateway::check_budget(app, organization.budget_id.as_deref()).await?;
    app.store.create(&organization).await.map_err(failed)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &show::alone(app, &organization).await?))
}
