//! How single settings are read: words for choices, times, tables.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::ConfigError;
use super::read::{Setting, wrong_type};
use crate::access::Addresses;
use crate::duration::ClockTime;
use crate::limits::TokenKind;
use crate::routing::{AllowedFails, Fallbacks, GroupAlias, RetryPolicy};

/// Headers that name whom a call is made for: `user_header_mappings`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserHeaders {
    /// Those that name the end user, in the configuration's order.
    pub customers: Vec<String>,
    /// Those that name an internal user.
    pub internal_users: Vec<String>,
    /// Headers of entries that have no effect here: those of other roles.
    pub ignored: Vec<String>,
}

impl Setting for UserHeaders {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let one = [value.clone()];
        let entries = value.as_array().map_or(one.as_slice(), Vec::as_slice);
        let mut headers = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            let text = |name: &str| match entry.get(name) {
                None | Some(Value::Null) => Err(ConfigError::Missing { path: format!("{path}[{index}].{name}") }),
                Some(text) => String::read(text, &format!("{path}[{index}].{name}")),
            };
            let header = text("header_name")?.to_ascii_lowercase();
            match text("litellm_user_role")?.as_str() {
                "customer" => headers.customers.push(header),
                "internal_user" => headers.internal_users.push(header),
                _ => headers.ignored.push(header),
            }
        }
        Ok(headers)
    }
}

impl Setting for TokenKind {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        match String::read(value, path)?.as_str() {
            "total" => Ok(Self::Total),
            "input" => Ok(Self::Input),
            "output" => Ok(Self::Output),
            _ => Err(wrong_type(path, "total, input or output", value)),
        }
    }
}

impl Setting for TimeZone {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let name = String::read(value, path)?;
        crate::duration::time_zone(&name).ok_or_else(|| ConfigError::Invalid {
            path: path.to_owned(),
            reason: format!("{name:?} is not a time zone name such as Europe/Paris"),
        })
    }
}

impl Setting for ClockTime {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let text = String::read(value, path)?;
        Self::parse(&text).ok_or_else(|| ConfigError::Invalid {
            path: path.to_owned(),
            reason: format!("{text:?} is not a time of day such as 09:30"),
        })
    }
}

impl Setting for Addresses {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let entries = super::jwt::Words::read(value, path)?.0;
        let entries = entries.iter().flat_map(|it| it.split(','));
        Self::parse(entries.filter(|it| !it.trim().is_empty())).map_err(|entry| ConfigError::Invalid {
            path: path.to_owned(),
            reason: format!("{entry:?} is neither an address nor a network such as 10.0.0.0/8"),
        })
    }
}

impl Setting for RetryPolicy {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        BTreeMap::read(value, path).map(Self::new)
    }
}

impl Setting for AllowedFails {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        BTreeMap::read(value, path).map(Self::new)
    }
}

impl Setting for GroupAlias {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let Value::Object(map) = value else {
            return Ok(Self { model: String::read(value, path)?, hidden: false });
        };
        let model = map.get("model").ok_or_else(|| ConfigError::Missing { path: format!("{path}.model") })?;
        let hidden = map.get("hidden").filter(|value| !value.is_null());
        Ok(Self {
            model: String::read(model, &format!("{path}.model"))?,
            hidden: hidden.map_or(Ok(false), |value| bool::read(value, &format!("{path}.hidden")))?,
        })
    }
}

impl Setting for Fallbacks {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        Self::parse(value).map_err(|place| ConfigError::Invalid {
            path: format!("{path}{}", place.path),
            reason: place.reason.to_owned(),
        })
    }
}

impl Setting for crate::key::UpperBounds {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let map = Map::read(value, path)?;
        Self::parse(&map).map_err(|refusal| ConfigError::Invalid {
            path: format!("{path}.{}", refusal.field),
            reason: refusal.reason,
        })
    }
}
