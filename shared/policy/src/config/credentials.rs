//! `credential_list`: values of `litellm_params` that several deployments share by a name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ConfigError;
use super::read::{Setting, mapping};

/// Where a deployment names its entry.
const NAME: &str = "litellm_credential_name";

/// The entries by name, their references not yet resolved: one that is not set concerns only who uses it.
#[derive(Debug, Default)]
pub(super) struct CredentialList(BTreeMap<String, Map<String, Value>>);

impl CredentialList {
    /// Reads the section.
    pub(super) fn read(section: &Value, ignored: &mut Vec<String>) -> Result<Self, ConfigError> {
        const KEYS: [&str; 3] = ["credential_name", "credential_values", "credential_info"];
        let mut list = Self::default();
        if section.is_null() {
            return Ok(list);
        }
        for (index, entry) in Vec::<Value>::read(section, "credential_list")?.iter().enumerate() {
            let path = format!("credential_list[{index}]");
            let entry = Map::read(entry, &path)?;
            let name_path = format!("{path}.credential_name");
            let name = entry.get("credential_name").filter(|it| !it.is_null());
            let name = name.ok_or_else(|| ConfigError::Missing { path: name_path.clone() })?;
            let values = entry.get("credential_values").unwrap_or(&Value::Null);
            let values = mapping(values, &format!("{path}.credential_values"))?.cloned().unwrap_or_default();
            list.0.insert(String::read(name, &name_path)?, values);
            let unknown = entry.keys().filter(|key| !KEYS.contains(&key.as_str()));
            ignored.extend(unknown.map(|key| format!("credential_list[].{key}")));
        }
        Ok(list)
    }

    /// `params` with what the entry that they name adds to them; what they say themselves stays. An entry that is not in
    /// the list leaves the name where it is.
    pub(super) fn complete<'a>(&self, params: &'a Map<String, Value>) -> Cow<'a, Map<String, Value>> {
        let name = params.get(NAME).and_then(Value::as_str);
        let Some(values) = name.and_then(|name| self.0.get(name)) else { return Cow::Borrowed(params) };
        let mut completed = params.clone();
        completed.shift_remove(NAME);
        for (name, value) in values {
            let own = completed.entry(name.clone()).or_insert(Value::Null);
            if own.is_null() {
                own.clone_from(value);
            }
        }
        Cow::Owned(completed)
    }
}
