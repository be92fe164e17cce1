//! The routing rules as a configuration or a request writes them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::FailureClass;

/// Another name of a model group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupAlias {
    /// The group's name.
    pub model: String,
    /// Whether model lists leave the alias out.
    pub hidden: bool,
}

/// Retries by class of error: `retry_policy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryPolicy(BTreeMap<String, Option<u32>>);

impl RetryPolicy {
    /// Wraps LiteLLM's names (`RateLimitErrorRetries`, …, `DefaultRetries`).
    #[must_use]
    pub const fn new(by_name: BTreeMap<String, Option<u32>>) -> Self {
        Self(by_name)
    }

    /// The retries for a class of error, if the policy says.
    #[must_use]
    pub fn retries(&self, class: FailureClass) -> Option<u32> {
        let named = class.name().and_then(|name| self.0.get(&format!("{name}Retries")).copied().flatten());
        named.or_else(|| self.0.get("DefaultRetries").copied().flatten())
    }
}

/// Failures that a deployment may have before it rests, by class of error: `allowed_fails_policy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedFails(BTreeMap<String, Option<u32>>);

impl AllowedFails {
    /// Wraps LiteLLM's names (`RateLimitErrorAllowedFails`, …).
    #[must_use]
    pub const fn new(by_name: BTreeMap<String, Option<u32>>) -> Self {
        Self(by_name)
    }

    /// The allowed failures of a class of error, if the policy says.
    #[must_use]
    pub fn allowed(&self, class: FailureClass) -> Option<u32> {
        class.name().and_then(|name| self.0.get(&format!("{name}AllowedFails")).copied().flatten())
    }
}

/// A model group to try instead, with parameters that replace the request's.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallback {
    /// The model group.
    pub model: String,
    /// Parameters that replace the request's; usually none.
    pub params: Map<String, Value>,
}

/// Fallbacks by model group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fallbacks(Vec<(String, Vec<Fallback>)>);

/// Where a list of fallbacks is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFallbacks {
    /// The place within the list, such as `[1].gpt-4`.
    pub path: String,
    /// What is wrong there.
    pub reason: &'static str,
}

impl Fallbacks {
    /// Reads `[{group: [group, {model: group, …}]}]`.
    ///
    /// # Errors
    /// [`InvalidFallbacks`], naming the place.
    pub fn parse(value: &Value) -> Result<Self, InvalidFallbacks> {
        let refuse = |path: String, reason| InvalidFallbacks { path, reason };
        let items = value.as_array().ok_or_else(|| refuse(String::new(), "expected a list of mappings"))?;
        let mut table = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let groups = item.as_object().ok_or_else(|| refuse(format!("[{index}]"), "expected a mapping"))?;
            for (group, targets) in groups {
                let targets = Fallback::parse_list(targets)
                    .map_err(|inner| refuse(format!("[{index}].{group}{}", inner.path), inner.reason))?;
                table.push((group.clone(), targets));
            }
        }
        Ok(Self(table))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fallbacks of a group, written exactly so.
    #[must_use]
    pub fn of(&self, group: &str) -> Option<&[Fallback]> {
        self.0.iter().find(|(name, _)| name == group).map(|(_, targets)| targets.as_slice())
    }

    /// The groups that have fallbacks, with them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Fallback])> {
        self.0.iter().map(|(group, targets)| (group.as_str(), targets.as_slice()))
    }
}

impl Fallbacks {
    /// Every fallback, whichever group it is for.
    pub(super) fn targets_mut(&mut self) -> impl Iterator<Item = &mut Fallback> {
        self.0.iter_mut().flat_map(|(_, targets)| targets)
    }
}

impl Fallback {
    /// Another group with the same parameters.
    #[must_use]
    pub fn to(model: &str) -> Self {
        Self { model: model.to_owned(), params: Map::new() }
    }

    /// Reads `[group, {model: group, …}]`, as a request's `fallbacks` has it.
    ///
    /// # Errors
    /// [`InvalidFallbacks`], naming the place.
    pub fn parse_list(value: &Value) -> Result<Vec<Self>, InvalidFallbacks> {
        let refuse = |path: String, reason| InvalidFallbacks { path, reason };
        let items = value.as_array().ok_or_else(|| refuse(String::new(), "expected a list of model groups"))?;
        let read = |(index, item): (usize, &Value)| match item {
            Value::String(model) => Ok(Self::to(model)),
            Value::Object(params) => match params.get("model") {
                Some(Value::String(model)) => {
                    let mut params = params.clone();
                    params.shift_remove("model");
                    Ok(Self { model: model.clone(), params })
                }
                _ => Err(refuse(format!("[{index}].model"), "expected a model group")),
            },
            _ => Err(refuse(format!("[{index}]"), "expected a model group")),
        };
        items.iter().enumerate().map(read).collect()
    }
}
