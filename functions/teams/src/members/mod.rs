//! Who belongs to a team.

pub(crate) mod add;
pub(crate) mod bulk;
pub(crate) mod delete;
pub(crate) mod me;
pub(crate) mod reset;
pub(crate) mod update;

use gateway::{ApiError, App};
use policy::entity::{Member, User};
use policy::member::Named;
use store::{Listing, Stored, membership};

use crate::access::failed;

/// The member that a request names by its user's id or address.
async fn find(app: &App, team_id: &str, named: &Named<()>) -> Result<Option<Stored<Member>>, ApiError> {
    if let Some(user) = &named.user_id {
        return app.store.find(&membership(team_id, user)).await.map_err(failed);
    }
    let Some(email) = &named.user_email else { return Ok(None) };
    if let Some(user) = app.store.find_by::<User>("email", &email.to_lowercase()).await.map_err(failed)? {
        return app.store.find(&membership(team_id, &user.value.user_id)).await.map_err(failed);
    }
    // The user is gone, or has another address now.
    let listing = Listing::Of("TEAM", team_id.to_owned());
    let members = app.store.list_whole::<Member>(&listing).await.map_err(failed)?;
    Ok(members.into_iter().find(|it| it.value.user_email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email))))
}

fn unknown(named: &Named<()>) -> ApiError {
    let field = if named.user_id.is_some() { "user_id" } else { "user_email" };
    ApiError::invalid("User not found in team.").param(field)
}
