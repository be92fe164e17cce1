use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::skill::{PREFIX, Skill, check_title};

use crate::{answer, upload, versions};

/// `POST /v1/skills`.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let Some(owner) = gateway::skill_owners(caller).into_iter().next() else {
        return Err(ApiError::unauthorized("A skill belongs to a user, a team or a key; this caller is none of them."));
    };
    let upload = upload::read(app, req).await?;
    let title = upload.title.unwrap_or_else(|| upload.skill.name.clone());
    check_title(&title)?;
    let now = gateway::timestamp(app);
    let id = format!("{PREFIX}{}", gateway::new_id());
    let version = versions::save(app, &id, &upload.skill).await?;
    let skill = Skill {
        id,
        display_title: title,
        owner,
        created_by: caller.user_id().map(str::to_owned),
        created_at: Some(now),
        updated_at: Some(now),
        latest_version: version.version,
    };
    app.store.create(&skill).await.map_err(|error| ApiError::stored(error, "Skill", "skill_id"))?;
    Ok(Reply::json(StatusCode::OK, &answer::skill(&skill)))
}
