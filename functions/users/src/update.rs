//! POST `/user/update` and `/user/bulk_update`.

use gateway::{
    ApiError, App, Caller, Reply, Request, account, editor, json_object, required, set_spend, user_defaults,
};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::User;
use policy::user;
use serde_json::{Map, Value};
use store::{Listing, Stored};

use crate::{find, forbidden, missing, places, stored};

/// The most users that one request changes.
const MOST: usize = 500;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let (id, data) = update(app, caller, &body).await?;
    Ok(Reply::json(StatusCode::OK, &Answer::new().with("user_id", &id).with("data", &data)))
}

/// Changes users one by one: one that is refused keeps no other from being changed.
pub(crate) async fn bulk(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    if !caller.is_admin() {
        return Err(forbidden("Only proxy admins can update many users at once.", "users"));
    }
    let requests = requests(app, &json_object(app, req)?).await?;
    let (mut results, mut changed) = (Vec::new(), 0);
    for body in &requests {
        let field = |name: &str| body.get(name).unwrap_or(&Value::Null);
        let result = match update(app, caller, body).await {
            Ok((id, user)) => {
                changed += 1;
                let result = Answer::new().with("user_id", &id).with("user_email", field("user_email"));
                result.with("success", &true).with("error", &Value::Null).with("updated_user", &user)
            }
            // Nothing more can be changed, and what was is told by asking again.
            Err(error) if error.status.is_server_error() => return Err(error),
            Err(error) => Answer::new()
                .with("user_id", field("user_id"))
                .with("user_email", field("user_email"))
                .with("success", &false)
                .with("error", &error.message)
                .with("updated_user", &Value::Null),
        };
        results.push(result);
    }
    let answer = Answer::new()
        .with("results", &results)
        .with("total_requested", &requests.len())
        .with("successful_updates", &changed)
        .with("failed_updates", &(requests.len() - changed));
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// One `/user/update` request for each user: as `users` has them, or `user_updates` for `all_users`.
async fn requests(app: &App, body: &Map<String, Value>) -> Result<Vec<Map<String, Value>>, ApiError> {
    let everyone = body.get("all_users") == Some(&Value::Bool(true));
    let requests: Vec<Map<String, Value>> = match (body.get("users"), body.get("user_updates")) {
        (_, Some(Value::Object(updates))) if everyone => {
            let users = app.store.list_after::<User>(&Listing::All, 0, MOST + 1).await.map_err(stored)?;
            let of = |user: Stored<User>| {
                let mut updates = updates.clone();
                updates.shift_remove("user_email");
                updates.insert("user_id".to_owned(), user.value.user_id.into());
                updates
            };
            users.into_iter().map(of).collect()
        }
        (Some(Value::Array(users)), _) if !users.is_empty() => {
            let object = |user: &Value| user.as_object().cloned();
            let objects: Option<_> = users.iter().map(object).collect();
            objects.ok_or_else(|| ApiError::invalid("`users` must be a list of objects.").param("users"))?
        }
        _ => {
            let message = "`users`, or `all_users: true` with `user_updates`, is required.";
            return Err(ApiError::invalid(message).param("users"));
        }
    };
    match requests.len() {
        0 => Err(ApiError::invalid("There are no users to update.").param("users")),
        many if many > MOST => Err(ApiError::invalid(format!("At most {MOST} users at once.")).param("users")),
        _ => Ok(requests),
    }
}

/// Changes the user that the request names by id or by address: its id, and how it is now.
async fn update(app: &App, caller: &Caller, body: &Map<String, Value>) -> Result<(String, Answer), ApiError> {
    let found = named(app, body).await?;
    let changed = user::update(&found.value, body, &editor(app, caller), &caller.manager(), &user_defaults(app))?;
    app.store.update(&found, &changed).await.map_err(stored)?;
    set_spend(app, &changed, body).await?;
    app.forget_entities();
    let account = account(app, &changed).await?;
    let teams = places::teams_of(app, &changed.user_id).await?;
    let answer = changed.answer(account.spend, &teams);
    Ok((changed.user_id, answer))
}

async fn named(app: &App, body: &Map<String, Value>) -> Result<Stored<User>, ApiError> {
    if body.get("user_id").is_some_and(|id| !id.is_null() && id != "") {
        return find(app, required(body, "user_id")?).await;
    }
    let email = required(body, "user_email")
        .map_err(|_| ApiError::invalid("Either user_id or user_email must be provided.").param("user_id"))?;
    let found = app.store.find_by("email", &email.trim().to_lowercase()).await.map_err(stored)?;
    found.ok_or_else(|| missing(email))
}
