//! The routing rules of a whole configuration.

use std::collections::BTreeMap;

use super::{AllowedFails, Fallback, Fallbacks, RetryPolicy};
use crate::config::Config;

/// What routing goes by, from `router_settings` and, where that says nothing, `litellm_settings`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Retries of a model group, where nothing more specific is said.
    pub num_retries: u32,
    /// The least wait before a retry, in seconds.
    pub retry_after: f64,
    /// Retries by class of error.
    pub retry_policy: RetryPolicy,
    /// Retries by model group and class of error.
    pub group_retry_policy: BTreeMap<String, RetryPolicy>,
    /// The most fallbacks, one after another.
    pub max_fallbacks: u32,
    /// By model group.
    pub fallbacks: Fallbacks,
    /// For groups without own fallbacks.
    pub default_fallbacks: Vec<Fallback>,
    /// By model group, when the prompt does not fit.
    pub context_window_fallbacks: Fallbacks,
    /// By model group, when a content filter refused.
    pub content_policy_fallbacks: Fallbacks,
    /// Failures within the cooldown time after which a deployment rests; none means the usual rules.
    pub allowed_fails: Option<u32>,
    /// The same by class of error.
    pub allowed_fails_policy: AllowedFails,
    /// How long a failing deployment rests, in seconds; 0 means never.
    pub cooldown_time: f64,
    /// Never let a deployment rest.
    pub disable_cooldowns: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self::of(&Config::default())
    }
}

impl Rules {
    /// The rules of a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let (router, general) = (&config.router_settings, &config.litellm_settings);
        let table = |own: &Fallbacks, other: &Fallbacks| if own.is_empty() { other.clone() } else { own.clone() };
        let default =
            if router.default_fallbacks.is_empty() { &general.default_fallbacks } else { &router.default_fallbacks };
        Self {
            num_retries: router.num_retries.or(general.num_retries).unwrap_or(2),
            retry_after: router.retry_after,
            retry_policy: router.retry_policy.clone().unwrap_or_default(),
            group_retry_policy: router.model_group_retry_policy.clone(),
            max_fallbacks: router.max_fallbacks.unwrap_or(5),
            fallbacks: table(&router.fallbacks, &general.fallbacks),
            default_fallbacks: default.iter().map(|group| Fallback::to(group)).collect(),
            context_window_fallbacks: table(&router.context_window_fallbacks, &general.context_window_fallbacks),
            content_policy_fallbacks: table(&router.content_policy_fallbacks, &general.content_policy_fallbacks),
            allowed_fails: router.allowed_fails.or(general.allowed_fails),
            allowed_fails_policy: router.allowed_fails_policy.clone().unwrap_or_default(),
            cooldown_time: router.cooldown_time.or(general.cooldown_time).unwrap_or(5.0),
            disable_cooldowns: router.disable_cooldowns,
        }
    }
}
