//! GET `/user/available_roles` and `/user/available_users`.

use gateway::{ApiError, App, Reply};
use http::StatusCode;
use policy::entity::{Team, User};
use policy::user::available_roles;
use serde_json::json;
use store::Listing;

use crate::stored;

pub(crate) fn available() -> Reply {
    Reply::json(StatusCode::OK, &available_roles())
}

/// How many users and teams there are. There may be any number: no licence counts them.
pub(crate) async fn counted(app: &App) -> Result<Reply, ApiError> {
    let users = app.store.count::<User>(&Listing::All).await.map_err(stored)?;
    let teams = app.store.count::<Team>(&Listing::All).await.map_err(stored)?;
    let answer = json!({
        "total_users": null,
        "total_teams": null,
        "total_users_used": users,
        "total_teams_used": teams,
        "total_teams_remaining": null,
        "total_users_remaining": null,
    });
    Ok(Reply::json(StatusCode::OK, &answer))
}
