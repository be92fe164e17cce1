//! What getting a token takes: the HTTP client, AWS's own chain of credentials, the time, and what was fetched before.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials as AwsKeys;
use policy::config::Secret;

use crate::cache::Cache;
use crate::files::Downloaders;

/// What [`crate::Upstream`] is made of.
#[derive(Debug)]
pub struct Setup {
    /// How this process itself reaches AWS: its chain of credentials is asked where a deployment names none, and not
    /// before. Without an endpoint: calls go to AWS.
    pub aws: SdkConfig,
    /// The wall clock.
    pub now: fn() -> SystemTime,
}

/// Shared by all calls of a process.
#[derive(Clone)]
pub(crate) struct Cloud {
    pub(crate) client: reqwest::Client,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) aws: SdkConfig,
    pub(crate) now: fn() -> SystemTime,
    pub(crate) tokens: Cache<Arc<Secret>>,
    pub(crate) keys: Cache<AwsKeys>,
    pub(crate) downloaders: OnceLock<Option<Downloaders>>,
}

impl Cloud {
    pub(crate) fn new(client: reqwest::Client, setup: Setup) -> Self {
        let shared = Shared {
            aws: setup.aws,
            now: setup.now,
            tokens: Cache::default(),
            keys: Cache::default(),
            downloaders: OnceLock::new(),
        };
        Self { client, shared: Arc::new(shared) }
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.shared.now)()
    }
}
