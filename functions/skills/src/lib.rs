//! Keeps skills: `/v1/skills` as Anthropic has it, for every provider's models.

mod answer;
mod archive;
mod create;
mod delete;
mod form;
mod list;
#[cfg(test)]
mod tests;
mod upload;
mod versions;

use gateway::{ApiError, App, Caller, Reply, Request, Shape};
use http::{Method, StatusCode};
use policy::skill::Skill;
use store::Stored;

/// Answers one route about skills. Every refusal is in Anthropic's shape.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    answer(app, &req).await.map_err(|error| error.shaped(Shape::Anthropic))
}

async fn answer(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, req).await?;
    let mode = &app.config.general_settings.skills_mode;
    if mode != "litellm" {
        let message = format!("`skills_mode: {mode}` is not supported by this gateway: it keeps skills itself.");
        return Err(ApiError::invalid(message).param("skills_mode"));
    }
    let Some(id) = req.path_param("id") else {
        return match req.method {
            Method::POST => create::handle(app, req, &caller).await,
            _ => list::handle(app, req, &caller).await,
        };
    };
    let skill = find(app, &caller, id).await?;
    let last = req.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    match (&req.method, req.path_param("version"), last) {
        (&Method::GET, Some(version), "content") => versions::download(app, &skill.value, version).await,
        (&Method::GET, Some(version), _) => versions::get(app, &skill.value, version).await,
        (&Method::DELETE, Some(version), _) => versions::delete(app, &skill, version).await,
        (&Method::POST, None, "versions") => versions::create(app, req, &skill).await,
        (&Method::GET, None, "versions") => versions::list(app, req, &skill.value).await,
        (&Method::GET, None, "archive") => versions::download(app, &skill.value, "latest").await,
        (&Method::GET, None, _) => Ok(Reply::json(StatusCode::OK, &answer::skill(&skill.value))),
        (&Method::DELETE, None, _) => delete::handle(app, &skill).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}

/// A skill that the caller may use, or 404.
async fn find(app: &App, caller: &Caller, id: &str) -> Result<Stored<Skill>, ApiError> {
    let found = app.store.find::<Skill>(id).await.map_err(ApiError::unavailable)?;
    found.filter(|it| gateway::may_use_skill(caller, &it.value)).ok_or_else(|| gateway::unknown_skill(id))
}
