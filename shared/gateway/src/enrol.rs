//! The users that requests about teams and organizations name: found, or made on the way.

use http::StatusCode;
use policy::access::{Manager, Role};
use policy::entity::{Editor, User};
use policy::user::Defaults;
use serde_json::{Map, Value};
use store::StoreError;

use crate::{ApiError, App, Caller, timestamp};

/// What the configuration gives new users.
#[must_use]
pub fn user_defaults(app: &App) -> Defaults<'_> {
    let settings = &app.config.litellm_settings;
    Defaults {
        params: &settings.default_internal_user_params,
        max_budget: settings.max_internal_user_budget,
        budget_duration: settings.internal_user_budget_duration,
    }
}

/// The user with this id or this address.
///
/// # Errors
/// 400 when they are two users'; 503 when the store cannot be asked.
pub async fn find_user(app: &App, id: Option<&str>, email: Option<&str>) -> Result<Option<User>, ApiError> {
    let by_email = match email {
        Some(email) => app.store.find_by::<User>("email", &email.to_lowercase()).await.map_err(failed)?,
        None => None,
    };
    let by_email = by_email.map(|it| it.value);
    let Some(id) = id else { return Ok(by_email) };
    match by_email {
        Some(user) if user.user_id == id => Ok(Some(user)),
        Some(_) => Err(ApiError::invalid("The user_id and the user_email belong to two users.").param("user_email")),
        None => Ok(app.store.find::<User>(id).await.map_err(failed)?.map(|it| it.value)),
    }
}

/// The user with this id or this address, made when there is none. Only a proxy admin chooses the id of a new user.
///
/// # Errors
/// 400 when they are two users', 403 for a new user with an id; 503 when the store cannot be asked.
pub async fn enrol(app: &App, caller: &Caller, id: Option<&str>, email: Option<&str>) -> Result<User, ApiError> {
    if let Some(user) = find_user(app, id, email).await? {
        return Ok(user);
    }
    if id.is_some() && !caller.is_admin() {
        let message = "Only proxy admins can add a user_id that does not exist yet. Add the member by user_email.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("user_id"));
    }
    let mut body = Map::from_iter([("auto_create_key".to_owned(), Value::Bool(false))]);
    body.insert("user_role".to_owned(), Role::InternalUser.as_str().into());
    for (field, text) in [("user_id", id), ("user_email", email)] {
        body.extend(text.map(|text| (field.to_owned(), Value::from(text))));
    }
    let editor = Editor { now: timestamp(app), calendar: &app.calendar, by: caller.user_id() };
    // Whoever may add members may bring users in.
    let anyone = Manager { role: Role::ProxyAdmin, user_id: None, organizations: &[] };
    let new = policy::user::new(&body, &crate::new_id().to_string(), &editor, &anyone, &user_defaults(app))?;
    match app.store.create(&new.user).await {
        Ok(_) => Ok(new.user),
        // Someone else was faster with the same user.
        Err(StoreError::Exists | StoreError::NameTaken { .. }) => {
            find_user(app, id, email).await?.ok_or_else(|| ApiError::missing("User", "user_id"))
        }
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: StoreError) -> ApiError {
    ApiError::stored(error, "User", "user_id")
}
