//! A spend row as `/spend/logs` shows it.

use jiff::Timestamp;
use policy::money::Usd;
use policy::spend::{CostParts, SpendEvent};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// One call, with LiteLLM's field names.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    request_id: String,
    call_type: String,
    api_key: String,
    spend: Usd,
    total_tokens: u64,
    prompt_tokens: u64,
    completion_tokens: u64,
    #[serde(rename = "startTime")]
    start_time: String,
    #[serde(rename = "endTime")]
    end_time: String,
    #[serde(rename = "completionStartTime")]
    completion_start_time: Option<String>,
    request_duration_ms: u64,
    model: String,
    model_id: String,
    model_group: String,
    custom_llm_provider: String,
    api_base: String,
    user: String,
    team_id: Option<String>,
    organization_id: Option<String>,
    end_user: Option<String>,
    agent_id: Option<String>,
    metadata: Metadata,
    cache_hit: &'static str,
    cache_key: String,
    request_tags: Vec<String>,
    messages: Value,
    response: Value,
    proxy_server_request: Value,
    session_id: Option<String>,
    litellm_call_id: String,
    requester_ip_address: Option<String>,
    status: &'static str,
    mcp_namespaced_tool_name: Option<String>,
}

#[derive(Debug, Serialize)]
struct Metadata {
    status: &'static str,
    cost_breakdown: CostBreakdown,
    usage_object: Value,
    additional_usage_values: Value,
    error_information: Option<Value>,
    attempted_retries: u32,
    attempted_fallbacks: u32,
    user_api_key: String,
    user_api_key_alias: Option<String>,
    user_api_key_user_id: Option<String>,
    user_api_key_team_id: Option<String>,
    user_api_key_org_id: Option<String>,
    user_api_key_end_user_id: Option<String>,
    requester_ip_address: Option<String>,
    user_agent: Option<String>,
    /// The provider gave no usage: tokens and spend are an estimate.
    usage_estimated: bool,
    /// Nobody says what the model costs: a spend of zero says nothing.
    unpriced: bool,
    event_id: String,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// What a cost is made of, with LiteLLM's field names, in USD.
#[derive(Debug, Serialize)]
struct CostBreakdown {
    input_cost: Usd,
    output_cost: Usd,
    cache_read_cost: Usd,
    cache_creation_cost: Usd,
    reasoning_cost: Usd,
    tool_usage_cost: Usd,
    discount_amount: Usd,
    margin_total_amount: Usd,
    total_cost: Usd,
}

impl CostBreakdown {
    fn of(parts: &CostParts, total: Usd) -> Self {
        Self {
            input_cost: parts.input,
            output_cost: parts.output,
            cache_read_cost: parts.cache_read,
            cache_creation_cost: parts.cache_creation,
            reasoning_cost: parts.reasoning,
            tool_usage_cost: parts.tool_usage,
            discount_amount: parts.discount,
            margin_total_amount: parts.margin,
            total_cost: total,
        }
    }
}

impl From<SpendEvent> for Row {
    fn from(event: SpendEvent) -> Self {
        let tokens = event.tokens;
        Self {
            request_duration_ms: event.duration(),
            // A call without an answer has no id of the provider's.
            request_id: if event.request_id.is_empty() { event.id.clone() } else { event.request_id },
            call_type: event.call_type,
            spend: event.spend,
            total_tokens: tokens.total,
            prompt_tokens: tokens.prompt,
            completion_tokens: tokens.completion,
            start_time: time(event.started),
            end_time: time(event.ended),
            completion_start_time: event.first_token.map(time),
            model: event.model,
            model_id: event.model_id,
            model_group: event.model_group,
            custom_llm_provider: event.provider,
            api_base: event.api_base,
            metadata: Metadata {
                status: event.status.as_str(),
                usage_object: json!({
                    "prompt_tokens": tokens.prompt,
                    "completion_tokens": tokens.completion,
                    "total_tokens": tokens.total,
                }),
                cost_breakdown: CostBreakdown::of(&event.breakdown, event.spend),
                additional_usage_values: json!({
                    "cache_read_input_tokens": tokens.cache_read,
                    "cache_creation_input_tokens": tokens.cache_write,
                    "reasoning_tokens": tokens.reasoning,
                }),
                error_information: event.error.map(|error| {
                    json!({
                        "error_class": error.class, "error_code": error.code, "error_message": error.message,
                    })
                }),
                attempted_retries: event.retries,
                attempted_fallbacks: event.fallbacks,
                user_api_key: event.api_key.clone(),
                user_api_key_alias: event.key_alias,
                user_api_key_user_id: event.user.clone(),
                user_api_key_team_id: event.team_id.clone(),
                user_api_key_org_id: event.organization_id.clone(),
                user_api_key_end_user_id: event.end_user.clone(),
                requester_ip_address: event.requester_ip.clone(),
                user_agent: event.user_agent,
                usage_estimated: event.estimated,
                unpriced: event.unpriced,
                event_id: event.id,
                more: event.metadata,
            },
            user: event.user.unwrap_or_default(),
            team_id: event.team_id,
            organization_id: event.organization_id,
            end_user: event.end_user,
            agent_id: event.agent_id,
            api_key: event.api_key,
            cache_hit: if event.cache_hit { "True" } else { "False" },
            cache_key: event.cache_key.unwrap_or_default(),
            request_tags: event.tags,
            messages: json!({}),
            response: json!({}),
            proxy_server_request: json!({}),
            session_id: event.session_id,
            litellm_call_id: event.call_id,
            requester_ip_address: event.requester_ip,
            status: event.status.as_str(),
            mcp_namespaced_tool_name: None,
        }
    }
}

fn time(milliseconds: u64) -> String {
    let moment = i64::try_from(milliseconds).ok().and_then(|it| Timestamp::from_millisecond(it).ok());
    moment.unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
