//! POST `/user/new`.

use gateway::{
    ApiError, App, Caller, Reply, Request, editor, json_object, key_maker, new_id, set_spend, user_defaults,
};
use http::StatusCode;
use policy::access::{Manager, Role};
use policy::entity::User;
use policy::key::{Around, Change, Generated, Who, admit};
use policy::user;
use serde_json::{Map, Value};
use store::StoreError;

use crate::delete::remove;
use crate::places::{Places, prepare, take};
use crate::stored;

/// What the user shall belong to is checked before it is made; its first key and its places come after it.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let id = new_id().to_string();
    let new = user::new(&body, &id, &editor(app, caller), &caller.manager(), &user_defaults(app))?;
    let Places { teams, organizations, around } = prepare(app, caller, &new).await?;
    let first_key = |body| first_key(app, caller, body, &new.user, &around);
    let key = new.key.as_ref().map(first_key).transpose()?;
    let user = app.store.create(&new.user).await.map_err(stored)?;
    let completed = async {
        if let Some(key) = &key {
            app.store.create(&key.key).await.map_err(key_stored)?;
        }
        take(app, &teams).await?;
        take(app, &organizations).await?;
        set_spend(app, &new.user, &body).await
    };
    if let Err(error) = completed.await {
        // A user without what it was asked with must not stay: the caller will try again.
        remove(app, &user, &gateway::deletion(app, req, caller)).await?;
        return Err(error);
    }
    if let Some(key) = &key {
        app.publish_secret(&key.key, &key.secret).await;
    }
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &new.answer(key.as_ref())))
}

fn key_stored(error: StoreError) -> ApiError {
    let taken = matches!(error, StoreError::NameTaken { .. });
    let error = ApiError::stored(error, "Key", "key");
    if taken { error.param("key_alias") } else { error }
}

/// The user's first key, by the rules of `/key/generate`. Whoever may make the user may make it.
fn first_key(
    app: &App,
    caller: &Caller,
    body: &Map<String, Value>,
    user: &User,
    around: &Around,
) -> Result<Generated, ApiError> {
    let manager = Manager { role: Role::ProxyAdmin, user_id: caller.user_id(), organizations: &[] };
    let maker = key_maker(app, Who { manager, user: None, own: None })?;
    let mut made = policy::key::generate(body, &maker)?;
    made.key.user_id = Some(user.user_id.clone());
    admit(&mut made.key, &Change { route: "/key/generate", body, before: None }, &maker, around)?;
    Ok(made)
}
