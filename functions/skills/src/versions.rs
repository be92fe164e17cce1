//! `/v1/skills/{id}/versions`.

use gateway::{ApiError, App, Reply, ReplyBody, Request};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use policy::skill::{Skill, SkillVersion, Upload};
use serde_json::Value;
use store::{Listing, Stored, membership};

use crate::list::limit;
use crate::{answer, archive, delete, upload};

pub(crate) async fn create(app: &App, req: &Request, skill: &Stored<Skill>) -> Result<Reply, ApiError> {
    let upload = upload::read(app, req).await?;
    let version = save(app, &skill.value.id, &upload.skill).await?;
    let mut changed = skill.value.clone();
    changed.latest_version.clone_from(&version.version);
    changed.updated_at = version.created_at;
    app.store.update(skill, &changed).await.map_err(|error| ApiError::stored(error, "Skill", "skill_id"))?;
    Ok(Reply::json(StatusCode::OK, &answer::version(&version)))
}

pub(crate) async fn list(app: &App, req: &Request, skill: &Skill) -> Result<Reply, ApiError> {
    let listing = Listing::Of("SKILL", skill.id.clone());
    let page = app.store.list::<SkillVersion>(&listing, limit(req)?, req.query_param("page")).await;
    let page = page.map_err(ApiError::unavailable)?;
    let data: Vec<Value> = page.records.iter().map(|it| answer::version(&it.value)).collect();
    Ok(Reply::json(StatusCode::OK, &answer::page(data, page.next)))
}

pub(crate) async fn get(app: &App, skill: &Skill, version: &str) -> Result<Reply, ApiError> {
    let found = find(app, skill, version).await?;
    Ok(Reply::json(StatusCode::OK, &answer::version(&found.value)))
}

/// Removes a version; the newest that is left takes its place as the latest. The only one goes with its skill.
pub(crate) async fn delete(app: &App, skill: &Stored<Skill>, version: &str) -> Result<Reply, ApiError> {
    let gone = find(app, &skill.value, version).await?;
    if gone.value.version == skill.value.latest_version {
        let listing = Listing::Of("SKILL", skill.value.id.clone());
        let newest = app.store.list::<SkillVersion>(&listing, 2, None).await.map_err(ApiError::unavailable)?;
        let left = newest.records.into_iter().find(|it| it.value.version != gone.value.version);
        let left = left.ok_or_else(|| {
            ApiError::invalid("A skill has at least one version; delete the skill itself.").param("version")
        })?;
        let changed = Skill {
            latest_version: left.value.version,
            updated_at: Some(gateway::timestamp(app)),
            ..skill.value.clone()
        };
        app.store.update(skill, &changed).await.map_err(|error| ApiError::stored(error, "Skill", "skill_id"))?;
    }
    delete::remove(app, &gone).await?;
    Ok(Reply::json(StatusCode::OK, &answer::deleted(&gone.value.version, "skill_version_deleted")))
}

/// `GET /v1/skills/{id}/archive` and `GET /v1/skills/{id}/versions/{version}/content`.
pub(crate) async fn download(app: &App, skill: &Skill, version: &str) -> Result<Reply, ApiError> {
    let version = find(app, skill, version).await?.value;
    let archive = app.store.find_skill_archive(&version).await.map_err(ApiError::unavailable)?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let name: String = version.directory.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}.zip\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(Reply { status: StatusCode::OK, headers, body: ReplyBody::Full(archive.into()) })
}

/// Keeps an upload as a new version, files first.
pub(crate) async fn save(app: &App, skill_id: &str, upload: &Upload) -> Result<SkillVersion, ApiError> {
    let number = app.clock().now().as_micros().to_string();
    let mut version = SkillVersion::new(skill_id, number, upload, gateway::timestamp(app));
    let archive = archive::pack(upload)?;
    version.pieces = app.store.save_skill_archive(&version, &archive).await.map_err(ApiError::unavailable)?;
    app.store.create(&version).await.map_err(|error| ApiError::stored(error, "Skill version", "version"))?;
    Ok(version)
}

/// A version by its number, or the latest.
pub(crate) async fn find(app: &App, skill: &Skill, version: &str) -> Result<Stored<SkillVersion>, ApiError> {
    let number = if version == "latest" { &skill.latest_version } else { version };
    let found = app.store.find::<SkillVersion>(&membership(&skill.id, number)).await.map_err(ApiError::unavailable)?;
    found.ok_or_else(|| {
        let message = format!("Skill version not found: {version}");
        ApiError::new(StatusCode::NOT_FOUND, "not_found_error", message)
    })
}
