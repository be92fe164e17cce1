//! The settings that this gateway acts on: one table a section, each line a setting with its type and default.
//! A key that is not in its section's table is reported, never obeyed.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::jwt::{RolePermission, Unsupported, Words};
use super::read::{Lookup, Setting, mapping, resolve};
use super::{ConfigError, KeyGeneration, KeyManagement, Secret, ServiceAccounts, UserHeaders};
use crate::access::Addresses;
use crate::duration::{ClockTime, Length};
use crate::limits::TokenKind;
use crate::money::Usd;
use crate::routing::{AllowedFails, Fallbacks, GroupAlias, RetryPolicy};

/// Declares a section: the struct, its defaults, and the reader that reports every other key.
macro_rules! settings {
    ($(#[$doc:meta])* pub struct $Name:ident { $( $(#[$field_doc:meta])* $field:ident : $Type:ty = $default:expr, )* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $Name { $( $(#[$field_doc])* pub $field: $Type, )* }

        impl Default for $Name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        impl $Name {
            /// The section's keys that this gateway acts on.
            pub const KEYS: &'static [&'static str] = &[$( stringify!($field), )*];

            /// Reads the section at `path`; keys without effect are added to `ignored`.
            pub(super) fn read(
                section: &Value,
                path: &str,
                env: Lookup<'_>,
                ignored: &mut Vec<String>,
            ) -> Result<Self, ConfigError> {
                let mut settings = Self::default();
                let Some(map) = mapping(section, path)? else { return Ok(settings) };
                for (key, value) in map {
                    let at = format!("{path}.{key}");
                    match key.as_str() {
                        $( stringify!($field) => {
                            if !value.is_null() {
                                settings.$field = Setting::read(&resolve(value, &at, env)?, &at)?;
                            }
                        } )*
                        _ => ignored.push(at),
                    }
                }
                Ok(settings)
            }
        }
    };
}

pub(super) use settings;

settings! {
    /// `litellm_settings`.
    pub struct LitellmSettings {
        /// Leave out request parameters that the provider does not take, instead of refusing the call.
        drop_params: bool = false,
        /// Repair requests that a provider would refuse, such as an empty list of messages.
        modify_params: bool = false,
        /// Retries of one model group, unless something more specific says otherwise.
        num_retries: Option<u32> = None,
        /// The longest a call may take, in seconds.
        request_timeout: Option<f64> = None,
        /// Model groups to try when a group has failed.
        fallbacks: Fallbacks = Fallbacks::default(),
        /// Model groups to try when the prompt does not fit.
        context_window_fallbacks: Fallbacks = Fallbacks::default(),
        /// Model groups to try when a provider's content filter refused.
        content_policy_fallbacks: Fallbacks = Fallbacks::default(),
        /// Model groups to try for every group without own fallbacks.
        default_fallbacks: Vec<String> = Vec::new(),
        /// Failures within the cooldown time after which a deployment rests.
        allowed_fails: Option<u32> = None,
        /// How long a failing deployment rests, in seconds.
        cooldown_time: Option<f64> = None,
        /// Values for what a `/key/generate` request leaves out.
        default_key_generate_params: Map<String, Value> = Map::new(),
        /// The most that a `/key/generate` request may ask for.
        upperbound_key_generate_params: crate::key::UpperBounds = crate::key::UpperBounds::default(),
        /// Values for what a `/user/new` request leaves out, and `available_teams`: ids of teams that anyone may join.
        default_internal_user_params: Map<String, Value> = Map::new(),
        /// The most that an internal user may spend, in US dollars, where nothing else says.
        max_internal_user_budget: Option<Usd> = None,
        /// Length of an internal user's budget period, where nothing else says.
        internal_user_budget_duration: Option<Length> = None,
        /// Who may make keys.
        key_generation_settings: KeyGeneration = KeyGeneration::default(),
        /// Values for what a `/team/new` request leaves out.
        default_team_params: Map<String, Value> = Map::new(),
        /// Settings of teams, of which the first one's `max_budget` is for every team without another.
        default_team_settings: Vec<Map<String, Value>> = Vec::new(),
        /// HTTP status of a refusal for lack of budget.
        budget_exceeded_status_code: u16 = 422,
        /// The share of its rate limits that is left to a key whose budget is used up, if the key has
        /// `throttle_on_budget_exceeded`: above 0, at most 1. Without it such keys are refused, too.
        budget_exceeded_throttle_percentage: Option<f64> = None,
        /// The most that all calls together may cost in a budget period, in USD.
        max_budget: Option<Usd> = None,
        /// Length of the budget period of all calls together, such as `30d`; without one it is for ever.
        budget_duration: Option<Length> = None,
        /// The budget of every customer without one of its own.
        max_end_user_budget_id: Option<String> = None,
        /// Time zone in which budget periods begin.
        timezone: TimeZone = TimeZone::UTC,
        /// Time of day at which daily budget periods begin.
        budget_reset_time: ClockTime = ClockTime::MIDNIGHT,
        /// Ask Azure's managed identity for a token where a deployment has no other credentials.
        enable_azure_ad_token_refresh: bool = false,
        /// The project of Google Cloud, where a deployment names none.
        vertex_project: Option<String> = None,
        /// The region of Google Cloud, where a deployment names none.
        vertex_location: Option<String> = None,
        /// Download files that callers name only from public addresses.
        user_url_validation: bool = true,
        /// Hosts, as they stand in URLs, that files are downloaded from whatever their addresses.
        user_url_allowed_hosts: Vec<String> = Vec::new(),
        /// Answer `/v1/messages` over chat completions at providers that are otherwise reached by the Responses API.
        use_chat_completions_url_for_anthropic_messages: bool = false,
        /// Discount on the cost by provider, as a share of 1.
        cost_discount_config: Map<String, Value> = Map::new(),
        /// Margin on the cost by provider (or `global`): a share of 1, or `{percentage, fixed_amount}`.
        cost_margin_config: Map<String, Value> = Map::new(),
        /// Refuse calls of models of which nobody says what they cost.
        block_requests_for_models_without_pricing: bool = false,
    }
}

settings! {
    /// `general_settings`.
    pub struct GeneralSettings {
        /// The key that may do everything.
        master_key: Option<Secret> = None,
        /// Start even when the master key is missing or publicly known.
        dangerously_permit_weak_or_unset_master_key: bool = false,
        /// How long a warm process remembers a key, in seconds: so long a change may take to have an effect.
        user_api_key_cache_ttl: f64 = 10.0,
        /// How long the answer to a request with an `Idempotency-Key` is given again, in seconds; 0 to take no notice of
        /// such keys.
        idempotency_ttl: u64 = 86_400,
        /// Where skills are kept: `litellm`, which is here; `passthrough` is not supported.
        skills_mode: String = "litellm".to_owned(),
        /// The one header that carries the key, instead of the usual ones.
        litellm_key_header_name: Option<String> = None,
        /// Routes that need no key.
        public_routes: Vec<String> = Vec::new(),
        /// Routes that only the master key and proxy admins may call.
        admin_only_routes: Vec<String> = Vec::new(),
        /// When given, the only routes that anyone but an admin may call.
        allowed_routes: Vec<String> = Vec::new(),
        /// Take tokens of identity providers.
        enable_jwt_auth: bool = false,
        /// How they are read, as [`super::Config::jwt`] has it.
        litellm_jwtauth: Map<String, Value> = Map::new(),
        /// What callers of a role may do, with `litellm_jwtauth.enforce_rbac`.
        role_permissions: Vec<RolePermission> = Vec::new(),
        /// Ask an OAuth 2.0 endpoint whose a token is, on routes of inference and of information.
        enable_oauth2_auth: bool = false,
        /// Believe headers of trusted proxies that say who calls.
        enable_oauth2_proxy_auth: bool = false,
        /// Those headers, by what they say.
        oauth2_config_mappings: BTreeMap<String, String> = BTreeMap::new(),
        /// Proxies whose headers are believed.
        trusted_proxy_ranges: Addresses = Addresses::default(),
        /// When given, the only addresses from which anyone may call.
        allowed_ips: Option<Addresses> = None,
        /// Take a caller's address from `X-Forwarded-For`.
        use_x_forwarded_for: bool = false,
        /// Code of the operator's own.
        custom_auth: Unsupported = Unsupported,
        /// Fields of a team that its own admins may change: `max_budget`, `rpm_limit`, `tpm_limit`, `projects`.
        team_admin_editable_team_fields: Vec<String> = Vec::new(),
        /// Do not make a proxy admin a member of the teams that it makes.
        disable_auto_add_proxy_admin_to_teams: bool = false,
        /// The secret manager that keys' secrets are stored in; only `aws_secret_manager` is known here.
        key_management_system: Option<String> = None,
        /// What is stored there.
        key_management_settings: KeyManagement = KeyManagement::default(),
        /// Refuse keys that the caller chose.
        disable_custom_api_keys: bool = false,
        /// The tokens that token limits count.
        token_rate_limit_type: TokenKind = TokenKind::Total,
        /// The most calls of everyone together at the same time.
        global_max_parallel_requests: Option<u64> = None,
        /// Do not reserve a call's estimated cost before the call.
        disable_budget_reservation: bool = false,
        /// Serve keys that this process remembers, and calls whose budgets and limits cannot be asked, while the tables
        /// are unavailable. What such calls cost is accounted for; budgets can be overspent and limits passed meanwhile.
        allow_requests_on_db_unavailable: bool = false,
        /// Refuse calls whose budgets cannot be asked; when not set, the opposite of `allow_requests_on_db_unavailable`.
        fail_closed_budget_enforcement: Option<bool> = None,
        /// The same for calls whose rate limits cannot be asked.
        fail_closed_rate_limit_enforcement: Option<bool> = None,
        /// A user's budget holds for the user's calls with keys of teams, too.
        apply_user_budget_to_team_keys: bool = false,
        /// Fall back only to model groups that the caller may use, where the configuration names them.
        enforce_fallback_model_access: bool = false,
        /// Refuse calls that name no end user.
        enforce_user_param: bool = false,
        /// Fields that every call must have, such as `user` or `metadata.generation_name`.
        enforced_params: Vec<String> = Vec::new(),
        /// What is asked of calls with keys of service accounts.
        service_account_settings: ServiceAccounts = ServiceAccounts::default(),
        /// Refuse calls that bring tags: those of keys and teams count alone.
        reject_clientside_metadata_tags: bool = false,
        /// The header that names the end user.
        user_header_name: Option<String> = None,
        /// Further headers that name the end user, and those that name an internal user.
        user_header_mappings: UserHeaders = UserHeaders::default(),
        /// Ways to tell someone of budgets: `slack` and `webhook`.
        alerting: Vec<String> = Vec::new(),
        /// The kinds of alerts that someone wants; without it every kind.
        alert_types: Option<Vec<String>> = None,
        /// Addresses by the kind of alert, such as `budget_alerts`: they go before `SLACK_WEBHOOK_URL`.
        alert_to_webhook_url: BTreeMap<String, Words> = BTreeMap::new(),
        /// Ask providers for the usage of every stream.
        always_include_stream_usage: Option<bool> = None,
        /// Let everybody use ids of stored answers, and write them in the open.
        disable_responses_id_security: bool = false,
        /// Take ids of stored answers that this gateway did not issue.
        allow_unmanaged_response_ids: bool = false,
        /// How long a warm process keeps what was changed at run time before it looks again, in seconds.
        proxy_config_reload_interval_seconds: f64 = 30.0,
        /// How long spend rows are kept, such as `30d`; for ever when not set.
        maximum_spend_logs_retention_period: Option<Length> = None,
        /// Keep no spend rows: totals and reports alone.
        disable_spend_logs: bool = false,
        /// Keep no spend rows of calls that failed.
        disable_error_logs: bool = false,
        /// Count and keep nothing that calls cost, beside what budgets hold.
        disable_spend_updates: bool = false,
        /// The largest request body, in megabytes.
        max_request_size_mb: Option<f64> = None,
    }
}

settings! {
    /// `router_settings`.
    pub struct RouterSettings {
        /// How a deployment is picked; only `simple-shuffle` is known here.
        routing_strategy: String = "simple-shuffle".to_owned(),
        /// Retries of one model group.
        num_retries: Option<u32> = None,
        /// The least wait before a retry, in seconds.
        retry_after: f64 = 0.0,
        /// Retries by class of error.
        retry_policy: Option<RetryPolicy> = None,
        /// Retries by model group and class of error.
        model_group_retry_policy: BTreeMap<String, RetryPolicy> = BTreeMap::new(),
        /// The longest a call may take, in seconds.
        timeout: Option<f64> = None,
        /// The longest a stream may take to its first byte, in seconds.
        stream_timeout: Option<f64> = None,
        /// The most fallbacks, one after another.
        max_fallbacks: Option<u32> = None,
        /// Failures within the cooldown time after which a deployment rests.
        allowed_fails: Option<u32> = None,
        /// The same by class of error.
        allowed_fails_policy: Option<AllowedFails> = None,
        /// How long a failing deployment rests, in seconds.
        cooldown_time: Option<f64> = None,
        /// Never let a deployment rest.
        disable_cooldowns: bool = false,
        /// Model groups to try when a group has failed.
        fallbacks: Fallbacks = Fallbacks::default(),
        /// Model groups to try for every group without own fallbacks.
        default_fallbacks: Vec<String> = Vec::new(),
        /// Model groups to try when the prompt does not fit.
        context_window_fallbacks: Fallbacks = Fallbacks::default(),
        /// Model groups to try when a provider's content filter refused.
        content_policy_fallbacks: Fallbacks = Fallbacks::default(),
        /// Other names of model groups.
        model_group_alias: BTreeMap<String, GroupAlias> = BTreeMap::new(),
    }
}

settings! {
    /// The part of a deployment's `litellm_params` that routing reads.
    pub struct DeploymentSettings {
        /// Requests a minute, used as a weight.
        rpm: Option<f64> = None,
        /// Tokens a minute, used as a weight.
        tpm: Option<f64> = None,
        /// Share of the group's calls, relative to the other deployments'.
        weight: Option<f64> = None,
        /// Deployments of the lowest order are used first.
        order: Option<u32> = None,
        /// The longest a call may take, in seconds.
        timeout: Option<f64> = None,
        /// The longest a stream may take to its first byte, in seconds.
        stream_timeout: Option<f64> = None,
        /// Retries of a call that this deployment failed.
        num_retries: Option<u32> = None,
        /// How long this deployment rests after it failed, in seconds.
        cooldown_time: Option<f64> = None,
        /// Leave out parameters that this deployment does not take.
        drop_params: Option<bool> = None,
    }
}

settings! {
    /// The part of a deployment's `model_info` that routing reads.
    pub struct InfoSettings {
        /// Failures within the cooldown time after which this deployment rests.
        allowed_fails: Option<u32> = None,
        /// The same by class of error.
        allowed_fails_policy: Option<AllowedFails> = None,
        /// How long this deployment rests after it failed, in seconds.
        cooldown_time: Option<f64> = None,
    }
}
