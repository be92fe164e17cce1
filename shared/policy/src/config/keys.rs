//! The settings about who may make keys, and where their secrets are stored.

use serde_json::Value;

use super::ConfigError;
use super::read::{Setting, mapping, wrong_type};

/// `litellm_settings.key_generation_settings`: who may make keys. What is not given restricts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyGeneration {
    /// Keys of teams; the roles are `admin` and `user`.
    pub team_key_generation: Option<KeyGenerationRules>,
    /// Keys without a team; the roles are those of users, such as `internal_user`.
    pub personal_key_generation: Option<KeyGenerationRules>,
}

/// Who may make one sort of key, and what a request must say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyGenerationRules {
    /// The roles that may; every one when not given.
    pub allowed_roles: Option<Vec<String>>,
    /// Fields that a request must carry.
    pub required_params: Vec<String>,
}

impl KeyGeneration {
    /// Whether anything is restricted.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self != Self::default()
    }
}

impl Setting for KeyGeneration {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let rules = |name: &str, roles: &str| {
            let at = format!("{path}.{name}");
            let map = match mapping(value, path)?.and_then(|map| map.get(name)) {
                Some(rules) => mapping(rules, &at)?,
                None => None,
            };
            let Some(map) = map else { return Ok(None) };
            let list = |name: &str| match map.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(list) => Vec::read(list, &format!("{at}.{name}")).map(Some),
            };
            let required_params = list("required_params")?.unwrap_or_default();
            Ok(Some(KeyGenerationRules { allowed_roles: list(roles)?, required_params }))
        };
        Ok(Self {
            team_key_generation: rules("team_key_generation", "allowed_team_member_roles")?,
            personal_key_generation: rules("personal_key_generation", "allowed_user_roles")?,
        })
    }
}

/// `general_settings.service_account_settings`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceAccounts {
    /// Fields that calls with their keys must have.
    pub enforced_params: Vec<String>,
}

impl Setting for ServiceAccounts {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let params = mapping(value, path)?.and_then(|map| map.get("enforced_params")).filter(|it| !it.is_null());
        let params = params.map(|list| Vec::read(list, &format!("{path}.enforced_params"))).transpose()?;
        Ok(Self { enforced_params: params.unwrap_or_default() })
    }
}

/// `general_settings.key_management_settings`: what is stored in the secret manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyManagement {
    /// Whether the secrets of keys are stored there.
    pub store_virtual_keys: bool,
    /// What the names of stored secrets begin with.
    pub prefix_for_stored_virtual_keys: String,
    /// `read_only`, `write_only` or `read_and_write`.
    pub access_mode: String,
}

impl Default for KeyManagement {
    fn default() -> Self {
        Self {
            store_virtual_keys: false,
            prefix_for_stored_virtual_keys: "litellm/".to_owned(),
            access_mode: "read_only".to_owned(),
        }
    }
}

impl Setting for KeyManagement {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        for (name, value) in mapping(value, path)?.into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            let at = format!("{path}.{name}");
            match name.as_str() {
                "store_virtual_keys" => settings.store_virtual_keys = bool::read(value, &at)?,
                "prefix_for_stored_virtual_keys" => {
                    settings.prefix_for_stored_virtual_keys = String::read(value, &at)?;
                }
                "access_mode" => {
                    settings.access_mode = String::read(value, &at)?;
                    if !matches!(settings.access_mode.as_str(), "read_only" | "write_only" | "read_and_write") {
                        return Err(wrong_type(&at, "read_only, write_only or read_and_write", value));
                    }
                }
                _ => {}
            }
        }
        Ok(settings)
    }
}

impl KeyManagement {
    /// Whether the secrets of keys are written to the secret manager.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.store_virtual_keys && self.access_mode != "read_only"
    }
}
