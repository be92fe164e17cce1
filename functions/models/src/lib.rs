//! Lists models: `/v1/models`, `/model/info`, `/model_group/info`; and groups them: `/access_group/*`.

mod access_groups;
mod group_info;
mod info;
mod list;

use gateway::{ApiError, App, Caller, Reply, Request};
use http::Method;
use policy::access::{Catalog, listed_models};

/// Answers one route about models.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    match req.path.trim_end_matches('/') {
        "/models" | "/v1/models" => Ok(list::all(app, &req, &caller)),
        "/model/info" | "/v1/model/info" => info::handle(app, &req, &caller),
        "/access_group/new" => access_groups::change::new(app, &req, &caller).await,
        "/access_group/list" => access_groups::info::list(app).await,
        path if path.starts_with("/access_group/") && path.ends_with("/budget") => match req.method {
            Method::PUT => access_groups::budget::put(app, &req, &caller).await,
            Method::DELETE => access_groups::budget::delete(app, &req).await,
            _ => access_groups::budget::get(app, &req).await,
        },
        path if path.starts_with("/access_group/") => match req.method {
            Method::PUT => access_groups::change::update(app, &req, &caller).await,
            Method::DELETE => access_groups::delete::handle(app, &req).await,
            _ => access_groups::info::one(app, &req).await,
        },
        "/model_group/info" => Ok(group_info::handle(app, &req, &caller)),
        _ => list::one(app, &req, &caller),
    }
}

/// The names that the caller may use, sorted; those with `*` are in it.
fn names(app: &App, caller: &Caller) -> Vec<String> {
    listed_models(&caller.subject(), &Catalog::of(&app.config))
}
