//! Calls that a product makes for its users with one key: a header that the configuration trusts names the internal user.

use std::sync::Arc;

use policy::access::is_inference;
use policy::key::Key;

use super::{ADMIN_USER, Caller, Identity, check_standing};
use crate::known::{Known, complete, known_or_nobody};
use crate::{ApiError, App, Request};

/// The longest id of a user that a header may name, in bytes.
const LONGEST_ID: usize = 256;

/// A caller and the user for whom it calls, as they were a moment ago.
#[derive(Debug)]
pub(super) struct Acting {
    /// The caller's own key.
    own: Arc<Known>,
    /// The same with the user behind it.
    known: Arc<Known>,
}

/// The caller as the user that a header names, on routes of inference: what the user may and what the user has left hold
/// then, too. Whose key or token belongs to a user stays that user.
///
/// # Errors
/// 400 for an id that is too long, 401 for a user who is deactivated, 503 when the store cannot be asked.
pub(super) async fn as_user(app: &App, req: &Request, caller: Caller) -> Result<Caller, ApiError> {
    let headers = &app.config.general_settings.user_header_mappings.internal_users;
    let named = headers.iter().find_map(|name| req.header(name).filter(|it| !it.is_empty() && *it != ADMIN_USER));
    let Some(user) = named.filter(|_| is_inference(&req.path)) else { return Ok(caller) };
    if caller.user_id().is_some_and(|it| it != ADMIN_USER) || matches!(caller.identity, Identity::Anonymous) {
        return Ok(caller);
    }
    if user.len() > LONGEST_ID {
        return Err(ApiError::invalid(format!("The id of a user has {LONGEST_ID} bytes at most.")));
    }
    let own = known_or_nobody(&caller);
    let name = format!("{}#{user}", own.key.token);
    let known = match app.callers.acting.get(&name).filter(|held| Arc::ptr_eq(&held.own, own)) {
        Some(held) => Arc::clone(&held.known),
        None => {
            let key = Key { user_id: Some(user.to_owned()), ..own.key.clone() };
            let known = Arc::new(Box::pin(complete(app, key)).await.map_err(ApiError::unavailable)?);
            let held = Acting { own: Arc::clone(own), known };
            Arc::clone(&app.callers.acting.put(&name, held).known)
        }
    };
    let identity = match caller.identity {
        Identity::Key(_) => Identity::Key(known),
        Identity::Master | Identity::Token(_) | Identity::Anonymous => Identity::Token(known),
    };
    let caller = Caller { identity, ..caller };
    check_standing(&caller)?;
    Ok(caller)
}
