use std::sync::Arc;

/// Why configured credentials give no token. Holds no part of a credential, and of what a token endpoint answered only
/// its error code: an endpoint may quote what it was sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CredentialsError {
    /// The credentials cannot be used as they are configured.
    #[error("the configured credentials cannot be used: {what}")]
    Unusable {
        /// What is wrong with them.
        what: &'static str,
    },
    /// The token endpoint does not accept the credentials.
    #[error("{by} refused the configured credentials ({status}{}{code})", if code.is_empty() { "" } else { " " })]
    Refused {
        /// Whose endpoint.
        by: &'static str,
        /// Its HTTP status.
        status: u16,
        /// Its error code, such as `invalid_grant`; may be empty.
        code: String,
    },
    /// The token endpoint gave no answer in time, or one that says that it failed.
    #[error("{by} did not answer")]
    Unreachable {
        /// Whose endpoint.
        by: &'static str,
        /// What the HTTP client saw.
        #[source]
        source: Option<Arc<reqwest::Error>>,
    },
    /// The token endpoint's answer holds no token.
    #[error("{by} gave an answer without a token")]
    Unreadable {
        /// Whose endpoint.
        by: &'static str,
    },
}

impl CredentialsError {
    /// Whether a later call may succeed without a change of configuration.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}
