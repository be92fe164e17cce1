//! POST `/user/delete`.

use gateway::{ApiError, App, Caller, Reply, Request, json_object, required_list};
use http::StatusCode;
use policy::entity::{Member, OrganizationMember, User};
use policy::key::Key;
use store::{Record, Stored};

use crate::access::may_delete;
use crate::places::members_of;
use crate::{find, forbidden, stored};

/// Deletes every user that is named, or none: all are looked up before the first goes.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let mut users: Vec<Stored<User>> = Vec::new();
    for id in required_list(&body, "user_ids")? {
        let user = find(app, id).await?;
        let organizations = members_of::<OrganizationMember>(app, id).await?;
        let organizations: Vec<OrganizationMember> = organizations.into_iter().map(|it| it.value).collect();
        if !may_delete(caller, &user.value, &organizations) {
            let message = "Only a proxy admin, or an admin of all of a user's organizations, may delete the user.";
            return Err(forbidden(message, "user_ids"));
        }
        if !users.iter().any(|known| known.value.user_id == user.value.user_id) {
            users.push(user);
        }
    }
    for user in &users {
        remove(app, user).await?;
    }
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &users.len()))
}

/// Removes a user after its keys and places, so that a request that breaks off can be repeated.
pub(crate) async fn remove(app: &App, user: &Stored<User>) -> Result<(), ApiError> {
    let id = &user.value.user_id;
    for key in delete_all::<Key>(app, id).await? {
        app.forget_key(&key.value.token);
        app.forget_secret(&key.value).await;
    }
    delete_all::<Member>(app, id).await?;
    delete_all::<OrganizationMember>(app, id).await?;
    app.store.delete(user).await.map_err(stored)
}

async fn delete_all<T: Record>(app: &App, user: &str) -> Result<Vec<Stored<T>>, ApiError> {
    let records = members_of::<T>(app, user).await?;
    for record in &records {
        app.store.delete(record).await.map_err(stored)?;
    }
    Ok(records)
}
