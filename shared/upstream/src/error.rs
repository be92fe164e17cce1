use std::time::Duration;

use crate::CredentialsError;

/// Whose fault a failed call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The provider: silent, or cut its answer short.
    Provider,
    /// The way to it: refused, unresolved, reset.
    Network,
    /// This gateway: no usable credential, no TLS roots.
    Us,
}

/// Whether the same call may be tried again, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Nowhere: it would fail the same way.
    No,
    /// At the same deployment or another.
    Same,
    /// Only at another deployment.
    Elsewhere,
}

/// Where in a call something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the request was written.
    Connect,
    /// While waiting for the response's headers.
    Headers,
    /// While reading the response's body.
    Body,
}

/// A call that got no whole answer from the provider.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection to the provider came about; nothing was sent.
    #[error("connecting to the provider")]
    Unreachable(#[source] reqwest::Error),
    /// The connection broke, or what came over it was not HTTP.
    #[error("reading the provider's answer")]
    Broken {
        /// How far the call had come.
        stage: Stage,
        /// What the HTTP client saw.
        #[source]
        source: reqwest::Error,
    },
    /// The provider was silent for too long.
    #[error("waiting for the provider for {after:?}")]
    TimedOut {
        /// How far the call had come.
        stage: Stage,
        /// The limit that ran out.
        after: Duration,
    },
    /// The provider's answer is larger than this gateway holds.
    #[error("reading the provider's answer: more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The deployment has no API key.
    #[error("authenticating to the provider: no API key is configured")]
    NoCredentials,
    /// The API key holds characters that no header may hold.
    #[error("authenticating to the provider: the API key is not a valid header value")]
    BadCredentials,
    /// The configured credentials give no token.
    #[error("authenticating to the provider")]
    Credentials(#[from] CredentialsError),
    /// The request is not one that can be sent, such as a malformed base URL.
    #[error("building the provider request")]
    Unsendable(#[source] reqwest::Error),
}

impl Error {
    pub(crate) fn from_reqwest(source: reqwest::Error, stage: Stage) -> Self {
        // The URL may hold a key in its query; it must not reach a log.
        let source = source.without_url();
        if source.is_builder() {
            Self::Unsendable(source)
        } else if source.is_connect() {
            Self::Unreachable(source)
        } else {
            Self::Broken { stage, source }
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::TimedOut { .. } | Self::TooLarge { .. } => Blame::Provider,
            Self::Broken { stage: Stage::Body, .. } => Blame::Provider,
            Self::Unreachable(_) | Self::Broken { .. } => Blame::Network,
            Self::Credentials(error) if error.is_passing() => Blame::Network,
            Self::NoCredentials | Self::BadCredentials | Self::Credentials(_) | Self::Unsendable(_) => Blame::Us,
        }
    }

    /// Whether and where the call may be tried again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unreachable(_) | Self::Broken { .. } | Self::TimedOut { .. } => Retry::Same,
            Self::TooLarge { .. } => Retry::No,
            Self::Credentials(error) if error.is_passing() => Retry::Same,
            Self::NoCredentials | Self::BadCredentials | Self::Credentials(_) | Self::Unsendable(_) => Retry::Elsewhere,
        }
    }

    /// Whether the provider may have begun to work, and so to charge.
    #[must_use]
    pub fn reached_provider(&self) -> bool {
        matches!(self, Self::Broken { .. } | Self::TimedOut { .. } | Self::TooLarge { .. })
    }
}
