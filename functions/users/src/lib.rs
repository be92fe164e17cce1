//! Manages users: `/user/*`.

mod access;
mod delete;
mod info;
mod list;
mod new;
mod places;
mod roles;
mod update;

use gateway::{ApiError, App, Reply, Request};
use http::{Method, StatusCode};
use policy::entity::User;
use store::{StoreError, Stored};

/// Answers one `/user` route.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    match (&req.method, req.path.trim_end_matches('/')) {
        (&Method::POST, "/user/new") => Box::pin(new::handle(app, &req, &caller)).await,
        (&Method::POST, "/user/update") => update::handle(app, &req, &caller).await,
        (&Method::POST, "/user/bulk_update") => update::bulk(app, &req, &caller).await,
        (&Method::POST, "/user/delete") => delete::handle(app, &req, &caller).await,
        (&Method::GET, "/user/info") => info::handle(app, &req, &caller).await,
        (&Method::GET, "/v2/user/info") => info::short(app, &req, &caller).await,
        (&Method::GET, "/user/list") => list::handle(app, &req, &caller).await,
        (&Method::GET, "/user/available_roles") => Ok(roles::available()),
        (&Method::GET, "/user/available_users") => roles::counted(app).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}

async fn find(app: &App, id: &str) -> Result<Stored<User>, ApiError> {
    app.store.find(id).await.map_err(stored)?.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", format!("User {id} not found")).param("user_id")
}

fn forbidden(message: &str, param: &str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param(param)
}

fn stored(error: StoreError) -> ApiError {
    let taken = |what: String, param: &str| {
        let message = format!("User with {what} already exists");
        ApiError::new(StatusCode::CONFLICT, "invalid_request_error", message).param(param)
    };
    match error {
        StoreError::Exists => taken("this id".to_owned(), "user_id"),
        StoreError::NameTaken { what: "email", name } => taken(format!("email {name}"), "user_email"),
        StoreError::NameTaken { name, .. } => taken(format!("sso_user_id {name}"), "sso_user_id"),
        error => ApiError::stored(error, "User", "user_id"),
    }
}
