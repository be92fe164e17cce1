//! DELETE `/access_group/{access_group}/delete`.

use gateway::{ApiError, App, Reply, Request};
use http::StatusCode;

use super::{failed, find};

pub(crate) async fn handle(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let found = find(app, req).await?;
    gateway::remove(app, &found).await.map_err(failed)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &found.value.deleted(&app.config.model_list)))
}
