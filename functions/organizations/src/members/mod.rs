//! Who belongs to an organization.

pub(crate) mod add;
pub(crate) mod delete;
pub(crate) mod update;

use gateway::{ApiError, App};
use http::StatusCode;
use policy::entity::OrganizationMember;
use policy::member::Named;
use store::{Stored, membership};

use crate::access::failed;

/// The member that a request names by its user's id or address.
async fn find(app: &App, organization: &str, named: &Named<()>) -> Result<Stored<OrganizationMember>, ApiError> {
    let user = match &named.user_id {
        Some(id) => Some(id.clone()),
        None => gateway::find_user(app, None, named.user_email.as_deref()).await?.map(|it| it.user_id),
    };
    let missing = || {
        let message = "Member not found in organization.";
        ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", message).param("user_id")
    };
    let user = user.ok_or_else(missing)?;
    app.store.find(&membership(organization, &user)).await.map_err(failed)?.ok_or_else(missing)
}
