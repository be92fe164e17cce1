use std::path::PathBuf;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use policy::config::{Config, ConfigError, Secret, Warning};
use serde_json::{Map, Value};
use store::{Names, Store};
use upstream::{Setup, Upstream};

use crate::app::Pieces;
use crate::auth::Callers;
use crate::key_secrets::KeySecrets;
use crate::master_key::MasterKey;
use crate::served::Served;
use crate::{App, Clock, Environment, ResponseIds};

/// How an application starts.
#[derive(Debug, Clone)]
pub struct Start {
    /// Variables, such as table names.
    pub env: Environment,
    /// The configuration's text; read from the file in `CONFIG_FILE_PATH` when absent.
    pub config: Option<String>,
    /// Accept a weak or missing master key: for a server that only this machine can reach.
    pub allow_weak_master_key: bool,
    /// Read the Secrets Manager secret named by `SECRETS_ARN`; consumers and jobs need none.
    pub with_secrets: bool,
}

/// Why an application cannot start. Each is one clear line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration's file cannot be read.
    #[error("reading the configuration file {}: {reason}", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        reason: std::io::Error,
    },
    /// The configuration is not one.
    #[error("reading the configuration: {0}")]
    Config(ConfigError),
    /// A deployment's provider is not known.
    #[error("model_list: {model_name}: the model {model:?} names no provider that is known here; write provider/model")]
    UnknownProvider {
        /// The deployment's group.
        model_name: String,
        /// Its `litellm_params.model`.
        model: String,
    },
    /// The master key is missing or weak.
    #[error("the master key is {0}; set LITELLM_MASTER_KEY to a long random value that starts with sk-")]
    MasterKey(&'static str),
    /// The secret cannot be read.
    #[error("reading the secret in SECRETS_ARN")]
    Secrets(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The secret is not a JSON object.
    #[error("the secret in SECRETS_ARN is not a JSON object of names and values")]
    SecretShape,
    /// The client for providers cannot be built.
    #[error("building the HTTP client")]
    Upstream(#[from] upstream::Error),
}

impl App {
    /// Builds an application. Calls AWS only for the secret, and only if asked to.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(start: Start) -> Result<Self, StartError> {
        let env = start.env;
        let own = sdk_config(&env).await;
        let sdk = of_tables(&own, &env);
        let secrets = match env.get("SECRETS_ARN") {
            Some(arn) if start.with_secrets => read_secrets(&sdk, &arn).await?,
            _ => Map::new(),
        };
        let env = secrets.iter().fold(env, |env, (name, value)| match value {
            Value::String(text) => env.or(name, text),
            _ => env,
        });
        let text = match start.config {
            Some(text) => text,
            None => read_config(&env)?,
        };
        let (config, warnings) = Config::parse(&text, &|name| env.get(name)).map_err(StartError::Config)?;
        for warning in &warnings {
            warn(warning);
        }
        let models = Served::all(&config, &env)?;
        let master_key = master_key(&config, &env, start.allow_weak_master_key)?;
        let response_ids = response_ids(&config, &env);
        let store = Store::new(&sdk, names(&env));
        let buffered = env.get("AWS_SAM_LOCAL").is_some() || env.get("GATEWAY_BUFFERED").is_some_and(|it| it == "true");
        let upstream = Upstream::new(Setup { aws: own, now: || Clock.system_time() })?;
        let callers = Callers::new(&config, &env);
        let key_secrets = KeySecrets::new(&config, &env, &sdk);
        Ok(Self::new(Pieces {
            callers,
            key_secrets,
            config,
            models,
            store,
            upstream,
            env,
            master_key,
            response_ids,
            buffered,
        }))
    }
}

fn read_config(env: &Environment) -> Result<String, StartError> {
    let path = PathBuf::from(env.get("CONFIG_FILE_PATH").unwrap_or_else(|| "/opt/config.yaml".to_owned()));
    std::fs::read_to_string(&path).map_err(|reason| StartError::ConfigFile { path, reason })
}

fn warn(warning: &Warning) {
    tracing::warn!("config.yaml: {warning}");
}

fn master_key(config: &Config, env: &Environment, allow_weak: bool) -> Result<Option<MasterKey>, StartError> {
    let key = master_secret(config, env);
    let allow_weak = allow_weak || config.general_settings.dangerously_permit_weak_or_unset_master_key;
    match &key {
        None if !allow_weak => Err(StartError::MasterKey("not set")),
        Some(key) if MasterKey::is_weak(key) && !allow_weak => {
            Err(StartError::MasterKey("publicly known or too short"))
        }
        _ => Ok(key.as_ref().map(MasterKey::new)),
    }
}

fn master_secret(config: &Config, env: &Environment) -> Option<Secret> {
    config.general_settings.master_key.clone().or_else(|| env.get("LITELLM_MASTER_KEY").map(Secret::new))
}

/// The salt key outlives a change of the master key, and so do the ids.
fn response_ids(config: &Config, env: &Environment) -> ResponseIds {
    let settings = &config.general_settings;
    let secret = env.get("LITELLM_SALT_KEY").map(Secret::new).or_else(|| master_secret(config, env));
    let secret = secret.filter(|_| !settings.disable_responses_id_security);
    ResponseIds::new(secret.as_ref().map(Secret::expose), settings.allow_unmanaged_response_ids)
}

fn names(env: &Environment) -> Names {
    let name = |variable: &str| env.get(variable).unwrap_or_default();
    Names {
        entities: name("ENTITIES_TABLE"),
        counters: name("COUNTERS_TABLE"),
        spend: name("SPEND_TABLE"),
        cache: name("CACHE_TABLE"),
        spend_queue_url: name("SPEND_QUEUE_URL"),
    }
}

/// One configuration for every AWS client: ring as the one TLS provider, and limits that turn an outage into a clear
/// answer within seconds.
async fn sdk_config(env: &Environment) -> SdkConfig {
    let http = Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50)))
        .timeout_config(timeouts);
    if let Some(region) = env.for_providers("AWS_REGION").or_else(|| env.get("AWS_REGION")) {
        loader = loader.region(Region::new(region));
    }
    loader.load().await
}

/// The same, for this gateway's own tables, queues and secrets, wherever they are.
fn of_tables(own: &SdkConfig, env: &Environment) -> SdkConfig {
    let mut config = own.to_builder();
    if let Some(region) = env.get("AWS_REGION") {
        config.set_region(Region::new(region));
    }
    if let Some(endpoint) = env.get("GATEWAY_AWS_ENDPOINT") {
        config.set_endpoint_url(Some(endpoint));
    }
    if let (Some(id), Some(secret)) = (env.laid_over("AWS_ACCESS_KEY_ID"), env.laid_over("AWS_SECRET_ACCESS_KEY")) {
        let credentials = Credentials::new(id, secret, None, None, "laid over");
        config.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
    }
    config.build()
}

async fn read_secrets(sdk: &SdkConfig, arn: &str) -> Result<Map<String, Value>, StartError> {
    let client = aws_sdk_secretsmanager::Client::new(sdk);
    let answer = client.get_secret_value().secret_id(arn).send().await;
    let answer = answer.map_err(|error| StartError::Secrets(Box::new(error)))?;
    let text = answer.secret_string().ok_or(StartError::SecretShape)?;
    serde_json::from_str(text).map_err(|_| StartError::SecretShape)
}

#[cfg(test)]
mod tests;
