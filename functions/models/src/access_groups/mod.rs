//! `/access_group/*`: groups of models that are made at run time.

pub(crate) mod budget;
pub(crate) mod change;
pub(crate) mod delete;
pub(crate) mod info;

use gateway::{ApiError, App, Request};
use http::StatusCode;
use policy::entity::AccessGroup;
use store::{StoreError, Stored};

/// The group of the path.
async fn find(app: &App, req: &Request) -> Result<Stored<AccessGroup>, ApiError> {
    let name = req.path_param("access_group").unwrap_or_default();
    let missing = || {
        let message = format!("Access group '{name}' not found");
        ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", message).param("access_group")
    };
    app.store.find(name).await.map_err(failed)?.ok_or_else(missing)
}

fn failed(error: StoreError) -> ApiError {
    match error {
        StoreError::Exists => {
            let message = "The access group exists already; PUT /access_group/{access_group}/update changes it.";
            ApiError::new(StatusCode::CONFLICT, "invalid_request_error", message).param("access_group")
        }
        error => ApiError::stored(error, "Access group", "access_group"),
    }
}
