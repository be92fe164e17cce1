//! GET `/access_group/list` and `/access_group/{access_group}/info`.

use gateway::{ApiError, App, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::AccessGroup;
use store::Listing;

use super::{failed, find};

pub(crate) async fn list(app: &App) -> Result<Reply, ApiError> {
    let mut groups = app.store.list_whole::<AccessGroup>(&Listing::All).await.map_err(failed)?;
    groups.sort_by(|one, other| one.value.access_group.cmp(&other.value.access_group));
    let shown: Vec<Answer> = groups.iter().map(|it| it.value.answer(&app.config.model_list)).collect();
    Ok(Reply::json(StatusCode::OK, &Answer::new().with("access_groups", &shown)))
}

pub(crate) async fn one(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let found = find(app, req).await?;
    Ok(Reply::json(StatusCode::OK, &found.value.answer(&app.config.model_list)))
}
