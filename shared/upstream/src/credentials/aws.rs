//! AWS: a bearer token, keys, a role, a profile, or whatever this process itself is.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::Region;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials as AwsKeys;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError as ChainError;
use policy::config::Secret;
use serde_json::Value;

use super::subject::Subject;
use super::{CredentialsError, Given};
use crate::cache::{Fetched, Id};
use crate::cloud::Cloud;

mod role;

use role::Role;

/// Keys without an expiry may be replaced where they come from, such as a profile's file: so often they are read anew.
const REREAD: Duration = Duration::from_secs(600);

/// What proves a deployment's identity to AWS.
#[derive(Default)]
pub(crate) enum Aws {
    /// What this process itself is: environment, profile, web identity, container, instance or Lambda role.
    #[default]
    Chain,
    /// An Amazon Bedrock API key.
    Bearer(Arc<Secret>),
    /// Keys, with a session token where they are temporary.
    Keys(Box<AwsKeys>),
    /// A role taken on with other keys, or with another provider's identity token.
    Role(Box<Role>),
    /// A profile of the AWS configuration files.
    Profile(String),
    /// Configured, but not usable.
    Unusable(&'static str),
}

impl Aws {
    /// Chooses as LiteLLM does: identity token and role, role, profile, keys, and what the process itself is. What the
    /// deployment says goes before what the environment says, an API key of its own before all.
    pub(super) fn new(given: &Given<'_>, own_key: Option<&Secret>, key: Option<&Secret>) -> Self {
        const OWN: [&str; 4] = ["aws_access_key_id", "aws_role_name", "aws_profile_name", "aws_web_identity_token"];
        let bearer = |token: &Secret| Self::Bearer(Arc::new(token.clone()));
        if let Some(token) = own_key {
            return bearer(token);
        }
        let names_own = OWN.iter().any(|name| given.own(name).is_some());
        if !names_own && let Some(token) = key.cloned().or_else(|| given.env("AWS_BEARER_TOKEN_BEDROCK")) {
            return bearer(&token);
        }
        let own_keys =
            keys(given.own("aws_access_key_id"), given.own("aws_secret_access_key"), || given.own("aws_session_token"));
        let own_keys = match own_keys {
            Ok(keys) => keys,
            Err(what) => return Self::Unusable(what),
        };
        let keys = own_keys.clone().or_else(|| {
            keys(given.env("AWS_ACCESS_KEY_ID"), given.env("AWS_SECRET_ACCESS_KEY"), || given.env("AWS_SESSION_TOKEN"))
                .ok()
                .flatten()
        });
        if let Some(arn) = given.text("aws_role_name", "AWS_ROLE_NAME") {
            let subject = given.either("aws_web_identity_token", "AWS_WEB_IDENTITY_TOKEN");
            // The process is already that role: no role may be assumed to trust itself (IAM roles for service accounts).
            let is_it = |name: &str| given.env(name).is_some_and(|it| it.expose() == arn);
            if subject.is_none()
                && own_keys.is_none()
                && is_it("AWS_ROLE_ARN")
                && given.env("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
            {
                return Self::Chain;
            }
            return Self::Role(Box::new(Role {
                arn,
                session_name: given.text("aws_session_name", "AWS_SESSION_NAME"),
                external_id: given.text("aws_external_id", "AWS_EXTERNAL_ID"),
                tags: tags(given.params.get("aws_session_tags")),
                endpoint: given.text("aws_sts_endpoint", "AWS_STS_ENDPOINT"),
                subject: subject.map(|it| Subject::new(it, given)),
                keys,
            }));
        }
        let own_profile = given.own("aws_profile_name").map(|it| it.expose().to_owned());
        match (own_profile, own_keys, given.env("AWS_PROFILE_NAME"), keys) {
            (Some(profile), ..) => Self::Profile(profile),
            (None, Some(keys), ..) => Self::Keys(Box::new(keys)),
            (None, None, Some(profile), _) => Self::Profile(profile.expose().to_owned()),
            (None, None, None, Some(keys)) => Self::Keys(Box::new(keys)),
            (None, None, None, None) => Self::Chain,
        }
    }

    /// The keys to sign with, for a call to `region`.
    pub(crate) async fn keys(&self, cloud: &Cloud, region: &str) -> Result<AwsKeys, CredentialsError> {
        let id = match self {
            Self::Keys(keys) => return Ok(AwsKeys::clone(keys)),
            Self::Unusable(what) => return Err(CredentialsError::Unusable { what }),
            Self::Bearer(_) => return Err(CredentialsError::Unusable { what: "a bearer token signs nothing" }),
            Self::Chain => Id::of(["aws chain"]),
            Self::Profile(name) => Id::of(["aws profile", name]),
            Self::Role(role) => role.id(region),
        };
        let fetch = async {
            // The futures of the SDK are large.
            let keys = Box::pin(self.fetch(cloud, region)).await?;
            let expires = keys.expiry().unwrap_or_else(|| cloud.now() + REREAD);
            Ok(Fetched { value: keys, expires })
        };
        cloud.shared.keys.get(id, cloud.shared.now, fetch).await
    }

    async fn fetch(&self, cloud: &Cloud, region: &str) -> Result<AwsKeys, CredentialsError> {
        match self {
            Self::Role(role) => role.assume(cloud, region).await,
            Self::Profile(name) => {
                let config = ProviderConfig::without_region().with_region(Some(Region::new(region.to_owned())));
                let config = match cloud.shared.aws.http_client() {
                    Some(client) => config.with_http_client(client),
                    None => config,
                };
                let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name);
                let keys = provider.build().provide_credentials().await;
                keys.map_err(|error| failed(&error, "the AWS profile gives no credentials"))
            }
            _ => chain(cloud).await,
        }
    }
}

/// What this process itself is.
async fn chain(cloud: &Cloud) -> Result<AwsKeys, CredentialsError> {
    const NOTHING: &str = "no AWS credentials are configured, and this process has none of its own";
    let provider = cloud.shared.aws.credentials_provider().ok_or(CredentialsError::Unusable { what: NOTHING })?;
    provider.provide_credentials().await.map_err(|error| failed(&error, NOTHING))
}

/// The text of the chain's errors may hold more than a log should: its kind says enough.
fn failed(error: &ChainError, what: &'static str) -> CredentialsError {
    match error {
        ChainError::ProviderTimedOut(_) | ChainError::ProviderError(_) => {
            CredentialsError::Unreachable { by: "the source of the AWS credentials", source: None }
        }
        _ => CredentialsError::Unusable { what },
    }
}

fn keys(
    id: Option<Secret>,
    secret: Option<Secret>,
    token: impl FnOnce() -> Option<Secret>,
) -> Result<Option<AwsKeys>, &'static str> {
    match (id, secret) {
        (Some(id), Some(secret)) => {
            let token = token().map(|it| it.expose().to_owned());
            Ok(Some(AwsKeys::new(id.expose(), secret.expose(), token, None, "configured")))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err("aws_access_key_id is given without aws_secret_access_key"),
        (None, Some(_)) => Err("aws_secret_access_key is given without aws_access_key_id"),
    }
}

/// `aws_session_tags`: a list of `{Key, Value}`.
fn tags(value: Option<&Value>) -> Vec<(String, String)> {
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value")?))).collect()
}

/// An expiry as STS gives it, in seconds since 1970.
fn expiry(seconds: i64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}
