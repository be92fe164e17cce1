//! Teams: how one is made, changed, listed and shown, who may change what of it, and who belongs to it.

mod answer;
mod list;
mod make;
mod members;
mod reach;
#[cfg(test)]
mod tests;

pub use list::List;
pub use make::{Defaults, NewTeam, new, patch, update, with_models, without_models};
pub use members::{join, requested, update_member};
pub use reach::{Reach, editable, permit};

/// What members of a team who are not its admins may be permitted: LiteLLM's routes of keys and of spend.
pub const PERMISSIONS: &[&str] = &[
    "/key/generate",
    "/key/update",
    "/key/delete",
    "/key/regenerate",
    "/key/service-account/generate",
    "/key/{key_id}/regenerate",
    "/key/block",
    "/key/unblock",
    "/key/bulk_update",
    "/team/key/bulk_update",
    "/key/{key_id}/reset_spend",
    "/key/access_group_assignment",
    "/key/info",
    "/key/health",
    "/key/list",
    "/key/aliases",
    "/team/daily/activity",
    "/team/daily/activity/aggregated",
    "/spend/logs",
    "/spend/logs/v2",
];

/// What every member may do.
pub const BASELINE_PERMISSIONS: &[&str] = &["/key/info", "/key/health"];
