//! The organization that a request names, and whether the caller may manage it.

use gateway::{ApiError, App, Caller};
use http::StatusCode;
use policy::entity::Organization;
use store::{StoreError, Stored};

/// The organization with this id, which the caller manages. To others one that is not theirs looks like one that is not
/// there.
pub(crate) async fn managed(app: &App, caller: &Caller, id: &str) -> Result<Stored<Organization>, ApiError> {
    if !caller.manager().may_manage_organization(Some(id)) {
        return Err(denied("Only a proxy admin or an admin of the organization may do this."));
    }
    find(app, id).await
}

/// The organization with this id, which the caller sees: its own admins do, its other members do not.
pub(crate) async fn seen(app: &App, caller: &Caller, id: &str) -> Result<Stored<Organization>, ApiError> {
    if !caller.manager().may_see_organization(id, None) {
        return Err(denied("You do not have access to this organization."));
    }
    find(app, id).await
}

async fn find(app: &App, id: &str) -> Result<Stored<Organization>, ApiError> {
    let missing = || {
        let message = format!("Organization not found for organization_id={id}");
        ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", message).param("organization_id")
    };
    app.store.find(id).await.map_err(failed)?.ok_or_else(missing)
}

/// Refuses everyone but proxy admins, as LiteLLM does.
pub(crate) fn admins_only(caller: &Caller, what: &str) -> Result<(), ApiError> {
    if caller.is_admin() {
        return Ok(());
    }
    let role = caller.role.as_str();
    Err(ApiError::unauthorized(format!("Only proxy admins can {what} organizations. Your role={role}")))
}

pub(crate) fn denied(message: &str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("organization_id")
}

pub(crate) fn failed(error: StoreError) -> ApiError {
    ApiError::stored(error, "Organization", "organization_id")
}
