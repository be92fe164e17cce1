//! POST `/access_group/new` and PUT `/access_group/{access_group}/update`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::access::Catalog;

use super::{failed, find};

pub(crate) async fn new(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let group = policy::access_group::new(&body, &Catalog::of(&app.config), &gateway::editor(app, caller))?;
    app.store.create(&group).await.map_err(failed)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &group.changed(&app.config.model_list)))
}

pub(crate) async fn update(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let mut body = gateway::json_object(app, req)?;
    body.shift_remove("access_group");
    let found = find(app, req).await?;
    let editor = gateway::editor(app, caller);
    let changed = policy::access_group::update(&found.value, &body, &Catalog::of(&app.config), &editor)?;
    app.store.update(&found, &changed).await.map_err(failed)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &changed.changed(&app.config.model_list)))
}
