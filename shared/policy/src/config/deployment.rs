//! One entry of `model_list`: a model at a provider, with its secrets kept apart.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::read::{Lookup, Setting, mapping, resolve};
use super::{ConfigError, DeploymentSettings, Secret, Warning};

/// LiteLLM's settings of a deployment that have no effect here (yet).
const IGNORED_PARAMS: &[&str] = &[
    "auto_router_config",
    "auto_router_config_path",
    "auto_router_default_model",
    "auto_router_embedding_model",
    "budget_duration",
    "cache_control_injection_points",
    "complexity_router_config",
    "configurable_clientside_auth_params",
    "default_api_key_rpm_limit",
    "default_api_key_tpm_limit",
    "itpm",
    "litellm_credential_name",
    "max_budget",
    "max_file_size_mb",
    "max_parallel_requests",
    "max_retries",
    "merge_reasoning_content_in_choices",
    "mock_timeout",
    "otpm",
    "region_name",
    "s3_bucket_name",
    "tag_regex",
    "tags",
    "timeout_by_service_tier",
    "use_chat_completions_api",
    "use_in_pass_through",
];

/// LiteLLM's settings in `model_info` that have no effect here (yet).
const IGNORED_INFO: &[&str] = &[
    "access_windows",
    "allow_fail_open",
    "allowed_fails",
    "allowed_fails_policy",
    "background_health_check_max_tokens",
    "cooldown_time",
    "default_api_key_rpm_limit",
    "default_api_key_tpm_limit",
    "disable_background_health_check",
    "enable_tag_filtering",
    "health_check_max_tokens",
    "health_check_model",
    "health_check_timeout",
    "health_check_voice",
    "supported_environments",
    "tier",
];

/// A model at a provider.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// `model_info.id`, else 64 hex digits made from the entry's text: the same entry keeps its id when the
    /// secret behind an `os.environ/` reference changes.
    pub id: String,
    /// The name that clients use: the model group. May hold `*`.
    pub model_name: String,
    /// `litellm_params.model`, such as `openai/gpt-4o`; may hold `*` when the group does.
    pub model: String,
    /// The whole of `litellm_params` but `model` and the secrets, with references resolved.
    pub params: Map<String, Value>,
    /// The secrets of `litellm_params` by name: `api_key`, `aws_secret_access_key`, …
    pub secrets: BTreeMap<String, Secret>,
    /// `model_info` as given.
    pub model_info: Map<String, Value>,
    /// What routing reads of `litellm_params`.
    pub settings: DeploymentSettings,
    /// Names of `os.environ/` variables that are not set: without them the deployment must not be called.
    pub missing_variables: Vec<String>,
}

impl Deployment {
    /// The deployment's provider key, if the configuration gives one.
    #[must_use]
    pub fn api_key(&self) -> Option<&Secret> {
        self.secrets.get("api_key")
    }

    /// A text in `model_info`, such as `base_model` or `mode`.
    #[must_use]
    pub fn info(&self, name: &str) -> Option<&str> {
        self.model_info.get(name).and_then(Value::as_str)
    }

    /// The access groups that the deployment belongs to.
    pub fn access_groups(&self) -> impl Iterator<Item = &str> {
        let groups = self.model_info.get("access_groups").and_then(Value::as_array);
        groups.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The team that alone may use the deployment.
    #[must_use]
    pub fn team(&self) -> Option<&str> {
        self.info("team_id").filter(|id| !id.is_empty())
    }

    /// Whether the operator paused the deployment.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.model_info.get("blocked").is_some_and(|flag| bool::read(flag, "").unwrap_or(false))
    }

    /// `litellm_params` for display: no secrets, and no header values, since they often hold one.
    #[must_use]
    pub fn public_params(&self) -> Map<String, Value> {
        let mut params = Map::new();
        params.insert("model".to_owned(), Value::String(self.model.clone()));
        for (name, value) in &self.params {
            if !matches!(name.as_str(), "extra_headers" | "headers" | "extra_body") {
                params.insert(name.clone(), value.clone());
            }
        }
        params
    }
}

/// Whether a parameter holds a credential, judged by its name.
fn is_secret(name: &str) -> bool {
    const NAMES: &[&str] = &["aws_access_key_id", "vertex_credentials", "vertex_ai_credentials", "authorization"];
    const ENDINGS: &[&str] = &["api_key", "_secret", "_password", "_credentials", "_private_key", "_secret_access_key"];
    NAMES.contains(&name)
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || (name.ends_with("_token") && !name.contains("_per_"))
}

/// Reads `model_list`.
pub(super) fn read_list(
    list: &Value,
    env: Lookup<'_>,
    ignored: &mut Vec<String>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Deployment>, ConfigError> {
    if list.is_null() {
        return Ok(Vec::new());
    }
    let mut deployments: Vec<Deployment> = Vec::new();
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for (index, entry) in Vec::<Value>::read(list, "model_list")?.iter().enumerate() {
        let mut deployment = read_entry(entry, &format!("model_list[{index}]"), env, ignored, warnings)?;
        let copy = copies.entry(deployment.id.clone()).or_default();
        if *copy > 0 {
            deployment.id = hex(Sha256::digest(format!("{}#{copy}", deployment.id)).as_slice());
        }
        *copy += 1;
        deployments.push(deployment);
    }
    Ok(deployments)
}

fn read_entry(
    entry: &Value,
    path: &str,
    env: Lookup<'_>,
    ignored: &mut Vec<String>,
    warnings: &mut Vec<Warning>,
) -> Result<Deployment, ConfigError> {
    let missing = |name: &str| ConfigError::Missing { path: format!("{path}.{name}") };
    let entry = Map::read(entry, path)?;
    for key in entry.keys().filter(|key| !["model_name", "litellm_params", "model_info"].contains(&key.as_str())) {
        ignored.push(format!("model_list[].{key}"));
    }
    let params_path = format!("{path}.litellm_params");
    let raw = entry.get("litellm_params").ok_or_else(|| missing("litellm_params"))?;
    let raw = mapping(raw, &params_path)?.ok_or_else(|| missing("litellm_params"))?;
    let info = entry.get("model_info").unwrap_or(&Value::Null);
    let mut deployment = Deployment {
        model_name: String::read(entry.get("model_name").unwrap_or(&Value::Null), &format!("{path}.model_name"))?,
        model_info: mapping(info, &format!("{path}.model_info"))?.cloned().unwrap_or_default(),
        ..Deployment::default()
    };
    deployment.id = match deployment.model_info.get("id") {
        None | Some(Value::Null) => identify(&deployment.model_name, raw),
        Some(id) => String::read(id, &format!("{path}.model_info.id"))?,
    };
    for (name, value) in raw {
        let at = format!("{params_path}.{name}");
        let value = match resolve(value, &at, env) {
            Err(ConfigError::MissingVariable { path, variable }) => {
                warnings.push(Warning::MissingVariable { path, variable: variable.clone() });
                deployment.missing_variables.push(variable);
                continue;
            }
            other => other?,
        };
        if IGNORED_PARAMS.contains(&name.as_str()) && !value.is_null() {
            ignored.push(format!("model_list[].litellm_params.{name}"));
        }
        match (name.as_str(), &value) {
            (_, Value::Null) => {}
            ("model", _) => deployment.model = String::read(&value, &at)?,
            (_, Value::Object(_)) if is_secret(name) => {
                deployment.secrets.insert(name.clone(), Secret::new(value.to_string()));
            }
            _ if is_secret(name) => {
                deployment.secrets.insert(name.clone(), Secret::read(&value, &at)?);
            }
            _ => {
                deployment.params.insert(name.clone(), value);
            }
        }
    }
    if deployment.model.is_empty() && deployment.missing_variables.is_empty() {
        return Err(missing("litellm_params.model"));
    }
    let names = deployment.model_info.keys().filter(|name| IGNORED_INFO.contains(&name.as_str()));
    ignored.extend(names.map(|name| format!("model_list[].model_info.{name}")));
    let known = deployment.params.iter().filter(|(name, _)| DeploymentSettings::KEYS.contains(&name.as_str()));
    let known = Value::Object(known.map(|(name, value)| (name.clone(), value.clone())).collect());
    deployment.settings = DeploymentSettings::read(&known, &params_path, &|_| None, &mut Vec::new())?;
    Ok(deployment)
}

/// An id that depends on the entry's text alone, whatever the order of its keys.
fn identify(model_name: &str, params: &Map<String, Value>) -> String {
    let sorted: BTreeMap<&String, &Value> = params.iter().collect();
    let mut hash = Sha256::new();
    hash.update(model_name);
    for (name, value) in sorted {
        hash.update(format!("\n{name}={value}"));
    }
    hex(hash.finalize().as_slice())
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
