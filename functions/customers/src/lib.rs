//! Manages customers, the end users of calls: `/customer/*`, and `/end_user/*` for the same. Who may is in policy's
//! table of routes: admins, and viewers what only reads.

mod block;
mod change;
mod delete;
mod show;

use gateway::{ApiError, App, Reply, Request};
use http::{Method, StatusCode};
use policy::entity::Customer;
use store::{StoreError, Stored};

/// Answers one `/customer` route.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    let path = req.path.trim_end_matches('/');
    let verb = path.strip_prefix("/customer/").or_else(|| path.strip_prefix("/end_user/"));
    match (&req.method, verb) {
        (&Method::POST, Some("new")) => change::new(app, &req, &caller).await,
        (&Method::POST, Some("update")) => change::update(app, &req, &caller).await,
        (&Method::POST, Some("delete")) => delete::handle(app, &req).await,
        (&Method::POST, Some("block")) => block::handle(app, &req, &caller, true).await,
        (&Method::POST, Some("unblock")) => block::handle(app, &req, &caller, false).await,
        (&Method::GET, Some("info")) => show::info(app, &req, &caller).await,
        (&Method::GET, Some("list")) => show::list(app, &req).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}

fn stored(error: StoreError) -> ApiError {
    match error {
        StoreError::Exists => {
            let message = "Customer already exists. Please pass a new user_id.";
            ApiError::new(StatusCode::BAD_REQUEST, "bad_request", message).param("user_id")
        }
        error => ApiError::stored(error, "Customer", "user_id"),
    }
}

async fn find(app: &App, id: &str) -> Result<Option<Stored<Customer>>, ApiError> {
    app.store.find(id).await.map_err(stored)
}

fn missing(ids: &[&str], field: &str) -> ApiError {
    let message = match ids {
        [id] => format!("End User Id={id} does not exist in db"),
        ids => format!("End User Id(s)={} do not exist in db", ids.join(", ")),
    };
    ApiError::new(StatusCode::NOT_FOUND, "not_found", message).param(field)
}
