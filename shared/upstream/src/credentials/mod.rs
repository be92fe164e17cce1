//! What a deployment authenticates with. Made once per deployment, without IO; tokens are fetched when a call needs one.

mod aws;
mod azure;
mod error;
mod google;
mod jwt;
mod oauth;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use policy::config::Secret;
use provider_transform::{Auth, Object};
use serde_json::Value;

pub(crate) use aws::Aws;
use azure::Azure;
pub use error::CredentialsError;
use google::Google;

use crate::cloud::Cloud;

/// What a deployment authenticates with: an API key, and what it says of AWS, Google Cloud and Azure. The request names
/// which of them is used.
#[derive(Clone, Default)]
pub struct Credentials(Arc<Parts>);

#[derive(Default)]
struct Parts {
    key: Option<Secret>,
    aws: Aws,
    google: Google,
    azure: Azure,
}

/// Where a deployment's credentials are read. What it gives itself goes before the environment.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// `litellm_params` without its secrets.
    pub params: &'a Object,
    /// The secrets of `litellm_params` by name.
    pub secrets: &'a BTreeMap<String, Secret>,
    /// Environment names of the provider's key, the first that is set wins.
    pub key_env: &'a [&'a str],
    /// A variable's value by its name.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// `litellm_settings.enable_azure_ad_token_refresh`: ask Azure's managed identity where nothing else is configured.
    pub azure_managed_identity: bool,
}

/// How a call proves who it is, with all that had to be fetched.
pub(crate) enum Proof {
    /// Nothing is asked for.
    None,
    /// `authorization: Bearer`.
    Bearer(Arc<Secret>),
    /// A header of its own.
    Header(&'static str, Secret),
    /// A signature.
    Signature { keys: Box<aws_credential_types::Credentials>, service: &'static str, region: String },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Credentials(..)")
    }
}

impl Credentials {
    /// Reads a deployment's credentials. Fetches nothing and opens no file.
    #[must_use]
    pub fn new(given: &Given<'_>) -> Self {
        let own = given.own("api_key");
        let key = own.clone().or_else(|| given.key_env.iter().find_map(|name| given.env(name)));
        Self(Arc::new(Parts {
            aws: Aws::new(given, own.as_ref(), key.as_ref()),
            google: Google::new(given),
            azure: Azure::new(given, own.as_ref(), key.as_ref()),
            key,
        }))
    }

    /// An API key and nothing else.
    #[must_use]
    pub fn of_key(key: Secret) -> Self {
        Self(Arc::new(Parts { azure: Azure::Key(key.clone()), key: Some(key), ..Parts::default() }))
    }

    /// The project that the Google credentials belong to, as their text says. Reads a small file where the credentials
    /// are given as one.
    #[must_use]
    pub fn google_project(&self) -> Option<String> {
        self.0.google.project()
    }

    /// What proves who a request authenticated by `auth` comes from.
    pub(crate) async fn prove(&self, cloud: &Cloud, auth: Auth) -> Result<Proof, crate::Error> {
        let key = || self.0.key.clone().ok_or(crate::Error::NoCredentials);
        Ok(match auth {
            Auth::None => Proof::None,
            Auth::Bearer => Proof::Bearer(Arc::new(key()?)),
            Auth::Header(name) => Proof::Header(name, key()?),
            Auth::Aws { service, region } => match &self.0.aws {
                Aws::Bearer(token) => Proof::Bearer(Arc::clone(token)),
                aws => {
                    let keys = Box::new(aws.keys(cloud, &region).await?);
                    Proof::Signature { keys, service, region }
                }
            },
            Auth::Google => Proof::Bearer(self.0.google.token(cloud).await?),
            Auth::Azure | Auth::AzureBearer => match &self.0.azure {
                Azure::Key(key) if auth == Auth::AzureBearer => Proof::Bearer(Arc::new(key.clone())),
                Azure::Key(key) => Proof::Header("api-key", key.clone()),
                Azure::None => return Err(crate::Error::NoCredentials),
                azure => Proof::Bearer(azure.token(cloud).await?),
            },
        })
    }
}

impl Given<'_> {
    /// A variable of the environment, if it is set and not empty.
    fn env(&self, name: &str) -> Option<Secret> {
        (self.env)(name).filter(|text| !text.is_empty()).map(Secret::new)
    }

    /// What the deployment itself says, if it is a text and not empty.
    fn own(&self, name: &str) -> Option<Secret> {
        let secret = self.secrets.get(name).cloned();
        let found =
            secret.or_else(|| self.params.get(name).and_then(Value::as_str).map(|it| Secret::new(it.to_owned())));
        found.filter(|it| !it.expose().is_empty())
    }

    /// What the deployment itself says, else the environment.
    fn either(&self, name: &str, variable: &str) -> Option<Secret> {
        self.own(name).or_else(|| self.env(variable))
    }

    /// As [`Given::either`], for what is no secret.
    fn text(&self, name: &str, variable: &str) -> Option<String> {
        self.either(name, variable).map(|it| it.expose().to_owned())
    }
}
