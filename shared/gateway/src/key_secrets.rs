//! Stores the secrets of keys in Secrets Manager, where their holders read them, if the configuration says so.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use policy::config::Config;
use policy::duration::Length;
use policy::key::Key;

use crate::{App, Environment};

/// Where and how keys' secrets are stored.
#[derive(Debug)]
pub(crate) struct KeySecrets {
    client: Option<Client>,
    prefix: String,
    rotates: bool,
    grace: Option<Length>,
}

impl KeySecrets {
    pub(crate) fn new(config: &Config, env: &Environment, sdk: &SdkConfig) -> Self {
        let settings = &config.general_settings;
        let stores = settings.key_management_system.as_deref() == Some("aws_secret_manager")
            && settings.key_management_settings.writes();
        let is_on = env.get("LITELLM_KEY_ROTATION_ENABLED").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        Self {
            client: stores.then(|| Client::new(sdk)),
            prefix: settings.key_management_settings.prefix_for_stored_virtual_keys.clone(),
            rotates: stores && is_on,
            grace: env.get("LITELLM_KEY_ROTATION_GRACE_PERIOD").and_then(|text| text.parse().ok()),
        }
    }

    /// The name that a key's secret is stored under; it stays when the secret changes.
    fn name(&self, key: &Key) -> String {
        match &key.key_alias {
            Some(alias) => format!("{}{alias}", self.prefix),
            None => format!("{}virtual-key-{}", self.prefix, key.origin),
        }
    }
}

/// A key's secret could not be stored.
#[derive(Debug, thiserror::Error)]
#[error("storing a key's secret in Secrets Manager")]
pub struct SecretError(#[source] Box<dyn Error + Send + Sync>);

impl App {
    /// Whether keys may be given new secrets by a job: it is switched on, and there is a place where they are stored.
    #[must_use]
    pub fn rotates_keys(&self) -> bool {
        self.key_secrets.rotates
    }

    /// How long an old secret stays good where a request does not say: `LITELLM_KEY_ROTATION_GRACE_PERIOD`.
    #[must_use]
    pub fn key_grace(&self) -> Option<Length> {
        self.key_secrets.grace
    }

    /// Stores a key's secret, if the configuration says so.
    ///
    /// # Errors
    /// [`SecretError`] when Secrets Manager refuses or cannot be reached.
    pub async fn store_secret(&self, key: &Key, secret: &str) -> Result<(), SecretError> {
        let failed = |error: Box<dyn Error + Send + Sync>| Err(SecretError(error));
        let Some(client) = &self.key_secrets.client else { return Ok(()) };
        let name = self.key_secrets.name(key);
        match client.put_secret_value().secret_id(&name).secret_string(secret).send().await {
            Ok(_) => return Ok(()),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_resource_not_found_exception()) => {}
            Err(error) => return failed(error.into()),
        }
        let made = client.create_secret().name(name).secret_string(secret).send().await;
        made.map_or_else(|error| failed(error.into()), |_| Ok(()))
    }

    /// Stores the secret of a key whose holder has it from the answer: a failure is logged.
    pub async fn publish_secret(&self, key: &Key, secret: &str) {
        if let Err(error) = Box::pin(self.store_secret(key, secret)).await {
            tracing::error!(key = key.key_name, error = &error as &(dyn Error + 'static), "a secret was not stored");
        }
    }

    /// Removes the stored secret of a key that is gone; a failure is logged.
    pub async fn forget_secret(&self, key: &Key) {
        let Some(client) = &self.key_secrets.client else { return };
        let name = self.key_secrets.name(key);
        let gone = Box::pin(client.delete_secret().secret_id(name).force_delete_without_recovery(true).send()).await;
        match gone {
            Err(error) if !error.as_service_error().is_some_and(|it| it.is_resource_not_found_exception()) => {
                tracing::error!(
                    key = key.key_name,
                    error = &error as &(dyn Error + 'static),
                    "a secret was not removed"
                );
            }
            _ => {}
        }
    }
}
