//! Reads LiteLLM's `config.yaml`. Does no IO: the text and the environment come as arguments.

mod agents;
mod credentials;
mod deployment;
mod error;
mod jwt;
mod keys;
mod read;
mod secret;
mod settings;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;

use serde_json::Value;

pub use agents::Agent;
use credentials::CredentialList;
pub use deployment::Deployment;
pub(crate) use deployment::hex;
pub use error::{ConfigError, Warning};
pub use jwt::{
    Issuer, JwtSettings, RoleMapping, RolePermission, RoutingOverride, ScopeMapping, Unregistered, Unsupported,
    UserRoleMapping, Words,
};
pub use keys::{KeyGeneration, KeyGenerationRules, KeyManagement, ServiceAccounts};
use read::{Lookup, Setting, mapping};
pub use secret::Secret;
pub use settings::{DeploymentSettings, GeneralSettings, InfoSettings, LitellmSettings, RouterSettings};
pub use values::UserHeaders;

/// The longest text that [`Config::parse`] reads.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Routing strategies that LiteLLM knows; calls are spread by `simple-shuffle` whichever is asked for.
const STRATEGIES: &[&str] = &[
    "simple-shuffle",
    "least-busy",
    "latency-based-routing",
    "usage-based-routing",
    "usage-based-routing-v2",
    "cost-based-routing",
];

/// A gateway's configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The deployments, in the file's order.
    pub model_list: Vec<Deployment>,
    /// `litellm_settings`.
    pub litellm_settings: LitellmSettings,
    /// `general_settings`.
    pub general_settings: GeneralSettings,
    /// `general_settings.litellm_jwtauth`, where `enable_jwt_auth` is set.
    pub jwt: Option<JwtSettings>,
    /// `router_settings`.
    pub router_settings: RouterSettings,
    /// `agent_list`, and `agents`.
    pub agents: Vec<Agent>,
    /// `environment_variables`: they go before the environment wherever a variable is looked up.
    pub environment_variables: BTreeMap<String, Secret>,
}

impl Config {
    /// Reads a configuration. `env` gives a variable's value by its name.
    ///
    /// # Errors
    /// [`ConfigError`], naming the place: unreadable YAML, a wrong type, a missing value, `include`, or a variable
    /// that is not set but needed by more than one deployment.
    pub fn parse(yaml: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<(Self, Vec<Warning>), ConfigError> {
        let tree = parse_yaml(yaml)?;
        let mut ignored = Vec::new();
        let mut warnings = Vec::new();
        let mut config = Self::default();
        let Some(sections) = mapping(&tree, "the configuration")? else { return Ok((config, warnings)) };
        if sections.contains_key("include") {
            return Err(ConfigError::Include);
        }
        let section = |name: &str| sections.get(name).unwrap_or(&Value::Null);
        config.environment_variables = read_variables(section("environment_variables"), env)?;
        let variables = config.environment_variables.clone();
        let env = |name: &str| variables.get(name).map(|value| value.expose().to_owned()).or_else(|| env(name));

        let credentials = CredentialList::read(section("credential_list"), &mut ignored)?;
        let list = section("model_list");
        config.model_list = deployment::read_list(list, &credentials, &env, &mut ignored, &mut warnings)?;
        config.litellm_settings =
            LitellmSettings::read(section("litellm_settings"), "litellm_settings", &env, &mut ignored)?;
        let general = without_missing_master_key(section("general_settings"), &env, &mut warnings);
        config.general_settings = GeneralSettings::read(&general, "general_settings", &env, &mut ignored)?;
        config.jwt = read_jwt(&config.general_settings, &env, &mut ignored)?;
        config.router_settings =
            RouterSettings::read(section("router_settings"), "router_settings", &env, &mut ignored)?;
        for name in ["agent_list", "agents"] {
            agents::read_list(section(name), name, &mut config.agents, &env, &mut ignored)?;
        }
        let settings = &config.litellm_settings;
        let defaults = settings.default_key_generate_params.keys().filter(|field| !crate::key::is_enforced(field));
        ignored.extend(defaults.map(|field| format!("litellm_settings.default_key_generate_params.{field}")));
        let bounds = settings.upperbound_key_generate_params.unenforced();
        ignored.extend(bounds.map(|field| format!("litellm_settings.upperbound_key_generate_params.{field}")));
        if settings.budget_exceeded_throttle_percentage.is_some_and(|it| it <= 0.0 || it > 1.0) {
            ignored.push("litellm_settings.budget_exceeded_throttle_percentage (it is no share of 1)".to_owned());
        }
        let headers = &config.general_settings.user_header_mappings.ignored;
        ignored.extend(headers.iter().map(|it| format!("general_settings.user_header_mappings ({it})")));
        check_strategy(&config.router_settings.routing_strategy, &mut ignored)?;

        const SECTIONS: &[&str] = &[
            "agent_list",
            "agents",
            "credential_list",
            "environment_variables",
            "general_settings",
            "litellm_settings",
            "model_list",
            "router_settings",
        ];
        ignored.extend(sections.keys().filter(|name| !SECTIONS.contains(&name.as_str())).cloned());
        ignored.sort();
        ignored.dedup();
        if !ignored.is_empty() {
            warnings.push(Warning::Ignored(ignored));
        }
        Ok((config, warnings))
    }

    /// The agent of this id, else of this name.
    #[must_use]
    pub fn agent(&self, named: &str) -> Option<&Agent> {
        let by_id = self.agents.iter().find(|it| it.agent_id == named);
        by_id.or_else(|| self.agents.iter().find(|it| it.agent_name == named))
    }

    /// A variable as the configuration sees it: its own `environment_variables`, then `env`.
    #[must_use]
    pub fn variable(&self, name: &str, env: &dyn Fn(&str) -> Option<String>) -> Option<Secret> {
        self.environment_variables.get(name).cloned().or_else(|| env(name).map(Secret::new))
    }
}

/// Reads YAML as PyYAML would: anchors, merges, and the last of equal keys wins.
fn parse_yaml(yaml: &str) -> Result<Value, ConfigError> {
    if yaml.len() > MAX_BYTES {
        return Err(ConfigError::TooLarge { bytes: yaml.len(), limit: MAX_BYTES });
    }
    // Long comments are common in configurations; an error must not quote the text, which may hold secrets.
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 },
        emit_comments: false,
        with_snippet: false,
    };
    if yaml.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_saphyr::from_str_with_options(yaml, options)
        .map_err(|error| ConfigError::Syntax { reason: error.without_snippet().to_string() })
}

/// Reads `environment_variables`; a value may itself be a reference, and an unset one is as good as absent.
fn read_variables(
    section: &Value,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Secret>, ConfigError> {
    let Some(map) = mapping(section, "environment_variables")? else { return Ok(BTreeMap::new()) };
    let mut variables = BTreeMap::new();
    for (name, value) in map {
        let path = format!("environment_variables.{name}");
        let text = match value {
            Value::Null => continue,
            Value::Bool(flag) => flag.to_string(),
            other => String::read(other, &path)?,
        };
        let text = match text.strip_prefix("os.environ/") {
            Some(variable) => env(variable),
            None => Some(text),
        };
        variables.extend(text.map(|text| (name.clone(), Secret::new(text))));
    }
    Ok(variables)
}

/// Takes out a master key whose variable is not set. Whoever needs one says so; consumers of queues do not.
fn without_missing_master_key(
    section: &Value,
    env: &dyn Fn(&str) -> Option<String>,
    warnings: &mut Vec<Warning>,
) -> Value {
    let mut section = section.clone();
    let reference = section.get("master_key").and_then(Value::as_str).and_then(|text| text.strip_prefix("os.environ/"));
    if let Some(variable) = reference.filter(|variable| env(variable).is_none()).map(str::to_owned) {
        warnings.push(Warning::MissingVariable { path: "general_settings.master_key".to_owned(), variable });
        if let Some(settings) = section.as_object_mut() {
            settings.shift_remove("master_key");
        }
    }
    section
}

fn read_jwt(
    settings: &GeneralSettings,
    env: Lookup<'_>,
    ignored: &mut Vec<String>,
) -> Result<Option<JwtSettings>, ConfigError> {
    jwt::check_asserted(&settings.oauth2_config_mappings)?;
    if !settings.enable_jwt_auth {
        return Ok(None);
    }
    let section = Value::Object(settings.litellm_jwtauth.clone());
    JwtSettings::read(&section, "general_settings.litellm_jwtauth", env, ignored).map(Some)
}

fn check_strategy(strategy: &str, ignored: &mut Vec<String>) -> Result<(), ConfigError> {
    if !STRATEGIES.contains(&strategy) {
        return Err(ConfigError::Invalid {
            path: "router_settings.routing_strategy".to_owned(),
            reason: format!("{strategy:?} is not one of {}", STRATEGIES.join(", ")),
        });
    }
    if strategy != "simple-shuffle" {
        ignored.push(format!("router_settings.routing_strategy ({strategy}; simple-shuffle is used)"));
    }
    Ok(())
}
