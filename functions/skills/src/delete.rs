use gateway::{ApiError, App, Reply};
use http::StatusCode;
use policy::skill::{Skill, SkillVersion};
use store::{Listing, StoreError, Stored};

use crate::answer;

/// `DELETE /v1/skills/{id}`: with all its versions.
pub(crate) async fn handle(app: &App, skill: &Stored<Skill>) -> Result<Reply, ApiError> {
    let id = &skill.value.id;
    let versions = app.store.list_whole::<SkillVersion>(&Listing::Of("SKILL", id.clone())).await;
    // The skill goes first: what a crash leaves of its versions nobody can reach.
    app.store.delete(skill).await.map_err(|error| ApiError::stored(error, "Skill", "skill_id"))?;
    for version in versions.map_err(ApiError::unavailable)? {
        remove(app, &version).await?;
    }
    Ok(Reply::json(StatusCode::OK, &answer::deleted(id, "skill_deleted")))
}

/// Removes a version and its files.
pub(crate) async fn remove(app: &App, version: &Stored<SkillVersion>) -> Result<(), ApiError> {
    match app.store.delete(version).await {
        Ok(()) | Err(StoreError::Changed) => {}
        Err(error) => return Err(ApiError::stored(error, "Skill version", "version")),
    }
    app.store.delete_skill_archive(&version.value).await.map_err(ApiError::unavailable)
}
