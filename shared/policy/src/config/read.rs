//! Reads one typed setting out of the YAML tree; every error names the setting's path.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{ConfigError, Secret};
use crate::duration::Length;
use crate::money::Usd;

/// The environment, then the secret store: a variable's value by its name.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A type that a setting can have.
pub(super) trait Setting: Sized {
    /// Reads `value`, whose place is `path`.
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError>;
}

/// The name of a value's type, for messages that must not show the value.
pub(super) const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// A [`ConfigError::WrongType`] for the value at `path`.
pub(super) fn wrong_type(path: &str, expected: &'static str, value: &Value) -> ConfigError {
    ConfigError::WrongType { path: path.to_owned(), expected, found: type_name(value) }
}

/// The mapping at `path`; nothing counts as an empty one.
pub(super) fn mapping<'a>(value: &'a Value, path: &str) -> Result<Option<&'a Map<String, Value>>, ConfigError> {
    match value {
        Value::Null => Ok(None),
        Value::Object(map) => Ok(Some(map)),
        other => Err(wrong_type(path, "a mapping", other)),
    }
}

/// Replaces every `os.environ/NAME` in `value`, however deep.
///
/// # Errors
/// [`ConfigError::MissingVariable`] for the first name that is not set.
pub(super) fn resolve(value: &Value, path: &str, env: Lookup<'_>) -> Result<Value, ConfigError> {
    Ok(match value {
        Value::String(text) => match text.strip_prefix("os.environ/") {
            None => value.clone(),
            Some(variable) => Value::String(env(variable).ok_or_else(|| ConfigError::MissingVariable {
                path: path.to_owned(),
                variable: variable.to_owned(),
            })?),
        },
        Value::Array(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| resolve(item, &format!("{path}[{index}]"), env))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, item)| Ok((key.clone(), resolve(item, &format!("{path}.{key}"), env)?)))
                .collect::<Result<_, ConfigError>>()?,
        ),
        other => other.clone(),
    })
}

impl Setting for Value {
    fn read(value: &Value, _path: &str) -> Result<Self, ConfigError> {
        Ok(value.clone())
    }
}

impl Setting for bool {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let word = match value {
            Value::Bool(flag) => return Ok(*flag),
            Value::String(text) => text.trim().to_ascii_lowercase(),
            Value::Number(number) => number.to_string(),
            other => return Err(wrong_type(path, "true or false", other)),
        };
        match word.as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err(wrong_type(path, "true or false", value)),
        }
    }
}

impl Setting for u64 {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let number = match value {
            Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) => text.trim().parse().ok().or_else(|| text.trim().parse::<f64>().ok().and_then(whole)),
            _ => None,
        };
        number.ok_or_else(|| wrong_type(path, "a whole number of at least 0", value))
    }
}

/// `600.0` and `1e6` are whole numbers too.
fn whole(number: f64) -> Option<u64> {
    let fits = number.fract() == 0.0 && (0.0..9.0e15).contains(&number);
    fits.then(|| format!("{number:.0}").parse().ok()).flatten()
}

impl Setting for u32 {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        Self::try_from(u64::read(value, path)?)
            .map_err(|_| ConfigError::Invalid { path: path.to_owned(), reason: "the number is too large".to_owned() })
    }
}

impl Setting for u16 {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        Self::try_from(u64::read(value, path)?)
            .map_err(|_| ConfigError::Invalid { path: path.to_owned(), reason: "the number is too large".to_owned() })
    }
}

impl Setting for f64 {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number
            .filter(|number| number.is_finite() && *number >= 0.0)
            .ok_or_else(|| wrong_type(path, "a number of at least 0", value))
    }
}

impl Setting for String {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(wrong_type(path, "a string", other)),
        }
    }
}

impl Setting for Secret {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        String::read(value, path).map(Self::new)
    }
}

impl Setting for Usd {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        String::read(value, path)?.parse().map_err(|_| wrong_type(path, "an amount of money", value))
    }
}

impl Setting for Length {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        String::read(value, path)?.parse().map_err(|_| wrong_type(path, "a duration such as 30d", value))
    }
}

impl<T: Setting> Setting for Option<T> {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        if value.is_null() { Ok(None) } else { T::read(value, path).map(Some) }
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let items = value.as_array().ok_or_else(|| wrong_type(path, "a list", value))?;
        items.iter().enumerate().map(|(index, item)| T::read(item, &format!("{path}[{index}]"))).collect()
    }
}

impl<T: Setting> Setting for BTreeMap<String, T> {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let map = value.as_object().ok_or_else(|| wrong_type(path, "a mapping", value))?;
        map.iter().map(|(key, item)| Ok((key.clone(), T::read(item, &format!("{path}.{key}"))?))).collect()
    }
}

impl Setting for Map<String, Value> {
    fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        value.as_object().cloned().ok_or_else(|| wrong_type(path, "a mapping", value))
    }
}
