//! Which names are OpenAI's parameters, which are the gateway's, which are the deployment's own settings.

use serde_json::Value;

use super::Known;

/// Who takes one of OpenAI's chat parameters, unless a row or a model's own rule says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// OpenAI's models and the servers compatible with them.
    Compatible,
    /// OpenAI's models.
    OpenAi,
    /// Only those that say so.
    Some,
}

/// Chat parameters of OpenAI's API (and those LiteLLM treats alike); others belong to a provider and pass. Sorted.
pub(super) static OPENAI: &[(&str, Reach)] = &[
    ("audio", Reach::Compatible),
    ("context_management", Reach::Some),
    ("frequency_penalty", Reach::Compatible),
    ("function_call", Reach::Compatible),
    ("functions", Reach::Compatible),
    ("logit_bias", Reach::Compatible),
    ("logprobs", Reach::Compatible),
    ("max_completion_tokens", Reach::Compatible),
    ("max_retries", Reach::Some),
    ("max_tokens", Reach::Compatible),
    ("metadata", Reach::Some),
    ("modalities", Reach::Compatible),
    ("n", Reach::Compatible),
    ("parallel_tool_calls", Reach::Compatible),
    ("prediction", Reach::Compatible),
    ("presence_penalty", Reach::Compatible),
    ("prompt_cache_key", Reach::Compatible),
    ("prompt_cache_retention", Reach::Some),
    ("reasoning_effort", Reach::Some),
    ("response_format", Reach::Compatible),
    ("safety_identifier", Reach::Compatible),
    ("seed", Reach::Compatible),
    ("service_tier", Reach::Compatible),
    ("stop", Reach::Compatible),
    ("store", Reach::Compatible),
    ("stream", Reach::Compatible),
    ("stream_options", Reach::Compatible),
    ("temperature", Reach::Compatible),
    ("thinking", Reach::Some),
    ("tool_choice", Reach::Compatible),
    ("tools", Reach::Compatible),
    ("top_logprobs", Reach::Compatible),
    ("top_p", Reach::Compatible),
    ("user", Reach::OpenAi),
    ("verbosity", Reach::Some),
    ("web_search_options", Reach::Compatible),
];

/// Body fields that the gateway takes for itself. Sorted.
pub(super) static GATEWAY: &[&str] = &[
    "additional_drop_params",
    "allowed_openai_params",
    "api_base",
    "api_key",
    "api_version",
    "base_url",
    "cache",
    "cache_control_injection_points",
    "caching",
    "content_policy_fallbacks",
    "context_window_fallbacks",
    "custom_llm_provider",
    "disable_fallbacks",
    "drop_params",
    "enable_json_schema_validation",
    "extra_body",
    "extra_headers",
    "fallbacks",
    "guardrails",
    "headers",
    "keepalive_seconds",
    "litellm_metadata",
    "litellm_session_id",
    "litellm_trace_id",
    "max_retries",
    "mock_response",
    "mock_testing_content_policy_fallbacks",
    "mock_testing_context_fallbacks",
    "mock_testing_fallbacks",
    "mock_testing_rate_limit_error",
    "mock_timeout",
    "modify_params",
    "no-log",
    "num_retries",
    "priority",
    "proxy_server_request",
    "request_timeout",
    "secret_fields",
    "stream_timeout",
    "tags",
    "timeout",
];

/// `litellm_params` that configure a deployment; its other keys are defaults of the request. Sorted.
pub(super) static DEPLOYMENT: &[&str] = &[
    "additional_drop_params",
    "allowed_fails",
    "allowed_fails_policy",
    "allowed_openai_params",
    "api_base",
    "api_key",
    "api_version",
    "auto_router_config",
    "base_model",
    "base_url",
    "blocked",
    "budget_duration",
    "cache_control_injection_points",
    "client_id",
    "client_secret",
    "complexity_router_config",
    "configurable_clientside_auth_params",
    "content_policy_fallbacks",
    "context_window_fallbacks",
    "cooldown_time",
    "credential_name",
    "custom_llm_provider",
    "default_api_key_rpm_limit",
    "default_api_key_tpm_limit",
    "default_fallbacks",
    "deployment_id",
    "drop_params",
    "extra_body",
    "extra_headers",
    "fallbacks",
    "guardrails",
    "headers",
    "id",
    "itpm",
    "keepalive_seconds",
    "litellm_credential_name",
    "litellm_trace_id",
    "max_budget",
    "max_file_size_mb",
    "max_parallel_requests",
    "max_retries",
    "merge_reasoning_content_in_choices",
    "mock_response",
    "mock_timeout",
    "model",
    "model_id",
    "model_info",
    "modify_params",
    "num_retries",
    "order",
    "organization",
    "otpm",
    "project",
    "region_name",
    "request_timeout",
    "retry_policy",
    "rpm",
    "s3_bucket_name",
    "ssl_verify",
    "stream_timeout",
    "supports_system_message",
    "tags",
    "team_id",
    "tenant_id",
    "timeout",
    "tpm",
    "use_chat_completions_api",
    "use_in_pass_through",
    "use_litellm_proxy",
    "use_psc_endpoint_format",
    "vector_store_id",
    "vector_store_ids",
    "weight",
];

/// Families of `litellm_params`: credentials, places and prices.
static DEPLOYMENT_PREFIXES: &[&str] = &[
    "adaptive_router_",
    "auto_router_",
    "aws_",
    "azure_",
    "cache_creation_",
    "cache_read_",
    "complexity_router_",
    "cost_per_",
    "gcs_",
    "health_check_",
    "input_cost_",
    "litellm_",
    "milvus_",
    "output_cost_",
    "s3_",
    "vertex_",
    "watsonx_",
];

/// Headers that frame a message or prove an identity: the sender's, never a client's.
pub(super) static RESERVED_HEADERS: &[&str] = &[
    "api-key",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-amz-security-token",
    "x-api-key",
    "x-goog-api-key",
];

pub(crate) fn is_openai(name: &str) -> bool {
    reach(name).is_some()
}

/// Who takes a parameter of OpenAI's API; `None` for names that are not OpenAI's.
pub(crate) fn reach(name: &str) -> Option<Reach> {
    let at = OPENAI.binary_search_by_key(&name, |(it, _)| it).ok()?;
    OPENAI.get(at).map(|(_, reach)| *reach)
}

pub(crate) fn is_gateway_extra(name: &str) -> bool {
    GATEWAY.binary_search(&name).is_ok()
}

pub(super) fn is_deployment_setting(name: &str) -> bool {
    DEPLOYMENT.binary_search(&name).is_ok() || DEPLOYMENT_PREFIXES.iter().any(|it| name.starts_with(it))
}

pub(super) fn is_reserved_header(name: &str) -> bool {
    RESERVED_HEADERS.binary_search(&name).is_ok()
}

/// Fields of a provider's body that `extra_body` may not replace.
pub(super) fn is_reserved_field(name: &str) -> bool {
    matches!(name, "messages" | "model" | "stream" | "stream_options")
}

/// Chat completions.
pub(super) static CHAT: Known = Known { knows: is_openai, is_idle: is_never_an_error };

/// Parameters that do nothing where they are not supported, so leaving them out changes no answer.
fn is_never_an_error(name: &str, value: Option<&Value>) -> bool {
    match name {
        "max_retries" | "metadata" | "prompt_cache_retention" | "stream" | "stream_options" | "user" => true,
        "n" => value.and_then(Value::as_u64) == Some(1),
        _ => false,
    }
}
