//! One entry of `model_list`: a model at a provider, with its secrets kept apart.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::credentials::CredentialList;
use super::read::{Lookup, Setting, mapping, resolve};
use super::{ConfigError, DeploymentSettings, InfoSettings, Secret, Warning};

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
    "itpm",
    "litellm_credential_name",
    "max_budget",
    "max_file_size_mb",
    "max_parallel_requests",
    "max_retries",
    "merge_reasoning_content_in_choices",
    "mock_timeout",
    "otpm",
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
    "background_health_check_max_tokens",
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
#[derive(Clone, Default)]
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
    /// What routing reads of `model_info`.
    pub info_settings: InfoSettings,
    /// Names of `os.environ/` variables that are not set: without them the deployment must not be called.
    pub missing_variables: Vec<String>,
}

impl fmt::Debug for Deployment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Deployment")
            .field("id", &self.id)
            .field("model_name", &self.model_name)
            .field("params", &self.public_params())
            .finish_non_exhaustive()
    }
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
    credentials: &CredentialList,
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
        let mut deployment = read_entry(entry, &format!("model_list[{index}]"), credentials, env, ignored, warnings)?;
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
    credentials: &CredentialList,
    env: Lookup<'_>,
    ignored: &mut Vec<String>,
    warnings: &mut Vec<Warning>,
) -> Result<Deployment, ConfigError> {
    let entry = Map::read(entry, path)?;
    let missing = |name: &str| ConfigError::Missing { path: format!("{path}.{name}") };
    let part = |name: &str| entry.get(name).filter(|value| !value.is_null());
    let unknown = entry.keys().filter(|key| !["model_name", "litellm_params", "model_info"].contains(&key.as_str()));
    ignored.extend(unknown.map(|key| format!("model_list[].{key}")));

    let model_name = part("model_name").ok_or_else(|| missing("model_name"))?;
    let mut deployment =
        Deployment { model_name: String::read(model_name, &format!("{path}.model_name"))?, ..Deployment::default() };
    let params_path = format!("{path}.litellm_params");
    let params = part("litellm_params").ok_or_else(|| missing("litellm_params"))?;
    let params = mapping(params, &params_path)?.ok_or_else(|| missing("litellm_params"))?;
    let info_path = format!("{path}.model_info");
    let info = mapping(entry.get("model_info").unwrap_or(&Value::Null), &info_path)?.cloned().unwrap_or_default();

    let mut references = References { env, warnings, missing: Vec::new() };
    deployment.model_info = references.resolve(&info, &info_path)?;
    deployment.id = match deployment.model_info.get("id") {
        None | Some(Value::Null) => identify(&deployment.model_name, params),
        Some(id) => String::read(id, &format!("{info_path}.id"))?,
    };
    let resolved = references.resolve(&credentials.complete(params), &params_path)?;
    deployment.missing_variables = references.missing;
    for (name, value) in resolved {
        let at = format!("{params_path}.{name}");
        if IGNORED_PARAMS.contains(&name.as_str()) {
            ignored.push(format!("model_list[].litellm_params.{name}"));
        }
        if name == "model" {
            deployment.model = String::read(&value, &at)?;
        } else if is_secret(&name) {
            // Vertex credentials may be written as a mapping instead of JSON text.
            let text = if value.is_object() { value.to_string() } else { String::read(&value, &at)? };
            deployment.secrets.insert(name, Secret::new(text));
        } else {
            deployment.params.insert(name, value);
        }
    }
    if deployment.model.is_empty() {
        return Err(missing("litellm_params.model"));
    }
    let without_effect = deployment.model_info.keys().filter(|name| IGNORED_INFO.contains(&name.as_str()));
    ignored.extend(without_effect.map(|name| format!("model_list[].model_info.{name}")));

    // Every other key has its effect elsewhere: it is a parameter of the call, or a price.
    let (params, info) = (Value::Object(deployment.params.clone()), Value::Object(deployment.model_info.clone()));
    deployment.settings = DeploymentSettings::read(&params, &params_path, env, &mut Vec::new())?;
    deployment.info_settings = InfoSettings::read(&info, &info_path, env, &mut Vec::new())?;
    Ok(deployment)
}

/// Resolves the references of one deployment. A variable that is not set spoils the deployment, not the gateway.
struct References<'a> {
    env: Lookup<'a>,
    warnings: &'a mut Vec<Warning>,
    missing: Vec<String>,
}

impl References<'_> {
    /// `map` with its references resolved, without nulls and without what cannot be resolved.
    fn resolve(&mut self, map: &Map<String, Value>, path: &str) -> Result<Map<String, Value>, ConfigError> {
        let mut resolved = Map::new();
        for (name, value) in map.iter().filter(|(_, value)| !value.is_null()) {
            match resolve(value, &format!("{path}.{name}"), self.env) {
                Err(ConfigError::MissingVariable { path, variable }) if name != "model" => {
                    self.warnings.push(Warning::MissingVariable { path, variable: variable.clone() });
                    self.missing.push(variable);
                }
                other => {
                    resolved.insert(name.clone(), other?);
                }
            }
        }
        Ok(resolved)
    }
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
