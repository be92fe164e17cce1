//! Access: whether a key is usable, what a caller may call, and which models a key may use. Decides on values; maps
//! nothing to HTTP.

mod address;
pub(crate) mod glob;
mod manage;
mod model;
mod objects;
mod role;
mod route;
mod standing;
mod table;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use address::{Addresses, caller_address};
pub use manage::Manager;
pub use model::{Catalog, ModelDecision, listed_models, lists, model};
pub use objects::{Object, ObjectDenial, objects};
pub use role::Role;
pub use route::{
    RouteCaller, RouteDecision, RouteRules, covers, is_inference, is_info, is_management, is_model_list, is_public,
    route,
};
pub use standing::{Barred, FieldDenial, FieldRules, barred};

use crate::key::Key;

/// Whether a model's name is `pattern`, or fits it where it has a `*`.
#[must_use]
pub fn glob_covers(pattern: &str, name: &str) -> bool {
    glob::matches(pattern, name)
}

/// Whether a key is good at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It may be used.
    Usable,
    /// An admin blocked it.
    Blocked,
    /// Its time has run out.
    Expired,
}

/// Whether `key` may be used at `now`.
#[must_use]
pub fn state(key: &Key, now: Timestamp) -> KeyState {
    if key.blocked {
        KeyState::Blocked
    } else if key.is_expired(now) {
        KeyState::Expired
    } else {
        KeyState::Usable
    }
}
