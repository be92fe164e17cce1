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

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::ProxyAdmin,
        Self::ProxyAdminViewer,
        Self::OrgAdmin,
        Self::InternalUser,
        Self::InternalUserViewer,
        Self::Team,
        Self::Customer,
        Self::Unknown,
    ];

    /// The role of a name that LiteLLM has for it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name && *it != Self::Unknown)
    }

    /// LiteLLM's name of the role.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProxyAdmin => "proxy_admin",
            Self::ProxyAdminViewer => "proxy_admin_viewer",
            Self::OrgAdmin => "org_admin",
            Self::InternalUser => "internal_user",
            Self::InternalUserViewer => "internal_user_viewer",
            Self::Team => "team",
            Self::Customer => "customer",
            Self::Unknown => "unknown",
        }
    }
}
