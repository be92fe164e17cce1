//! Who may spend what: the entities beside keys, as they are kept. What a caller sees of them is written elsewhere.

mod access_group;
mod bounded;
mod changed;
mod deleted;
mod edit;
mod fields;
mod limits;
mod people;
mod permission;
mod settings;
mod spender;
mod table;
mod teams;
#[cfg(test)]
mod tests;

pub use access_group::AccessGroup;
pub use bounded::Bounded;
pub use changed::Setting;
pub use deleted::{Deleted, Deletion};
pub use edit::Editor;
pub(crate) use edit::LIMITS;
pub use limits::{Budget, BudgetWindow, Limits, ModelBudget};
pub use people::{Customer, Tag, User};
pub use permission::ObjectPermission;
pub(crate) use settings::{PROJECT_SETTINGS, SETTINGS, UNENFORCED, merge, set_metadata};
pub use spender::{Seat, Spender};
pub use teams::{Member, Organization, OrganizationMember, Project, Team, TeamRole};
