//! Which keys a caller may see and change, and how requests name keys.

use gateway::{ApiError, App, Caller};
use policy::key::{Act, Around, Before, Change, Key, Maker, Standing, Who, admit};
use serde_json::{Map, Value};
use store::Stored;

use crate::around::{around, unread};

/// A key that the caller may do something to, and what is around it.
pub(crate) struct Reached {
    pub(crate) stored: Stored<Key>,
    pub(crate) around: Around,
    pub(crate) standing: Standing,
}

/// The token that a request means: a hash as it is, a secret by its hash.
pub(crate) fn token(named: &str) -> String {
    if named.starts_with("sk-") { Key::hash(named) } else { named.to_owned() }
}

/// Finds the key that a request names, if the caller may do this to it.
pub(crate) async fn reach(app: &App, caller: &Caller, named: &str, act: Act) -> Result<Reached, ApiError> {
    let found = app.store.find::<Key>(&token(named)).await.map_err(unread)?;
    Box::pin(permit(app, caller, found.ok_or_else(|| ApiError::missing("Key", "key"))?, act)).await
}

/// Finds the key with an alias, if the caller may do this to it.
pub(crate) async fn reach_alias(app: &App, caller: &Caller, alias: &str, act: Act) -> Result<Reached, ApiError> {
    let found = app.store.find_by::<Key>("alias", alias).await.map_err(unread)?;
    Box::pin(permit(app, caller, found.ok_or_else(|| ApiError::missing("Key", "key_alias"))?, act)).await
}

async fn permit(app: &App, caller: &Caller, stored: Stored<Key>, act: Act) -> Result<Reached, ApiError> {
    let around = around(app, caller, &stored.value).await?;
    let standing = who(caller).may(act, &stored.value, &around)?;
    Ok(Reached { stored, around, standing })
}

/// The caller, as far as it manages keys.
pub(crate) fn who(caller: &Caller) -> Who<'_> {
    let user = caller.known().and_then(|known| known.entities.user.as_ref());
    Who { manager: caller.manager(), user, own: caller.key() }
}

/// Everything beside the request that making a key depends on.
pub(crate) fn maker<'a>(app: &'a App, caller: &'a Caller) -> Result<Maker<'a>, ApiError> {
    gateway::key_maker(app, who(caller))
}

/// A change of a key that was found: completes it and decides whether it is allowed. Gives what is around it then.
pub(crate) async fn admit_change(
    app: &App,
    caller: &Caller,
    reached: &Reached,
    changed: &mut Key,
    body: &Map<String, Value>,
    maker: &Maker<'_>,
) -> Result<Around, ApiError> {
    let after = around(app, caller, changed).await?;
    let before = Before { key: &reached.stored.value, around: &reached.around, standing: reached.standing };
    let change = Change { route: "/key/update", body, before: Some(before) };
    admit(changed, &change, maker, &after)?;
    Ok(after)
}
