//! The roles of callers.

use serde::{Deserialize, Serialize};

/// What a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything.
    ProxyAdmin,
    /// May read everything and infer nothing.
    ProxyAdminViewer,
    /// Administers an organization.
    OrgAdmin,
    /// Uses models and manages own keys.
    InternalUser,
    /// Uses models and reads own spend.
    InternalUserViewer,
    /// A team's token.
    Team,
    /// An end user.
    Customer,
    /// A key without a user: uses models and reads about itself.
    #[default]
    Unknown,
}
