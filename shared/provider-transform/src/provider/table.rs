//! The providers, sorted by slug: adding one that is compatible with a protocol is adding a row here.

use super::quirks::{COMPATIBLE, NONE, RESPONSES};
use super::{Address, CacheMarks, ChatParams, Provider, Quirks, ResponsesApi};
use crate::anthropic::AnthropicChat;
use crate::bedrock::BedrockChat;
use crate::bedrock_converse::ConverseChat;
use crate::dialect::Auth;
use crate::openai::OpenAiChat;

const DEFAULT: Provider = Provider {
    slug: "",
    base_url: "",
    auth: Auth::Bearer,
    api_key_env: &[],
    api_base_env: &[],
    chat: Some(&OpenAiChat),
    quirks: COMPATIBLE,
};

const MAX_TOKENS_ONLY: &[(&str, &str)] = &[("max_completion_tokens", "max_tokens")];

pub(crate) static PROVIDERS: &[Provider] = &[
    Provider {
        slug: "anthropic",
        base_url: "https://api.anthropic.com",
        auth: Auth::Header("x-api-key"),
        api_key_env: &["ANTHROPIC_API_KEY"],
        api_base_env: &["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"],
        chat: Some(&AnthropicChat),
        quirks: NONE,
    },
    Provider {
        slug: "azure",
        auth: Auth::Header("api-key"),
        api_key_env: &["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"],
        api_base_env: &["AZURE_API_BASE"],
        quirks: Quirks {
            address: Address::AzureDeployment,
            developer_as_system: true,
            cache_marks: CacheMarks::Keep,
            responses: Some(RESPONSES),
            ..NONE
        },
        ..DEFAULT
    },
    Provider {
        slug: "bedrock",
        auth: Auth::Aws { service: "bedrock", region: String::new() },
        api_key_env: &["AWS_BEARER_TOKEN_BEDROCK"],
        api_base_env: &["AWS_BEDROCK_RUNTIME_ENDPOINT"],
        chat: Some(&BedrockChat),
        quirks: NONE,
        ..DEFAULT
    },
    Provider {
        slug: "bedrock_converse",
        auth: Auth::Aws { service: "bedrock", region: String::new() },
        api_key_env: &["AWS_BEARER_TOKEN_BEDROCK"],
        api_base_env: &["AWS_BEDROCK_RUNTIME_ENDPOINT"],
        chat: Some(&ConverseChat),
        quirks: NONE,
        ..DEFAULT
    },
    Provider {
        slug: "cerebras",
        base_url: "https://api.cerebras.ai/v1",
        api_key_env: &["CEREBRAS_API_KEY"],
        api_base_env: &["CEREBRAS_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::Only(&[
                "max_completion_tokens",
                "max_tokens",
                "response_format",
                "seed",
                "stop",
                "stream",
                "temperature",
                "tool_choice",
                "tools",
                "top_p",
                "user",
            ]),
            if_reasoning: &["reasoning_effort"],
            renames: MAX_TOKENS_ONLY,
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "databricks",
        api_key_env: &["DATABRICKS_API_KEY"],
        api_base_env: &["DATABRICKS_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::Only(&[
                "max_completion_tokens",
                "max_tokens",
                "n",
                "reasoning_effort",
                "response_format",
                "stop",
                "stream",
                "temperature",
                "thinking",
                "tool_choice",
                "tools",
                "top_p",
            ]),
            renames: MAX_TOKENS_ONLY,
            cache_marks: CacheMarks::Keep,
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "deepinfra",
        base_url: "https://api.deepinfra.com/v1/openai",
        api_key_env: &["DEEPINFRA_API_KEY"],
        api_base_env: &["DEEPINFRA_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::Only(&[
                "frequency_penalty",
                "function_call",
                "functions",
                "logit_bias",
                "max_completion_tokens",
                "max_tokens",
                "n",
                "presence_penalty",
                "response_format",
                "stop",
                "stream",
                "temperature",
                "tool_choice",
                "tools",
                "top_p",
            ]),
            tool_choice_words: &["auto", "none"],
            renames: MAX_TOKENS_ONLY,
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "deepseek",
        base_url: "https://api.deepseek.com/beta",
        api_key_env: &["DEEPSEEK_API_KEY"],
        api_base_env: &["DEEPSEEK_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::CommonAnd(&["reasoning_effort", "thinking"]),
            effort_as_thinking: true,
            takes_thinking_back: true,
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "fireworks_ai",
        base_url: "https://api.fireworks.ai/inference/v1",
        api_key_env: &["FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"],
        api_base_env: &["FIREWORKS_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::Only(&[
                "frequency_penalty",
                "logprobs",
                "max_completion_tokens",
                "max_tokens",
                "n",
                "parallel_tool_calls",
                "presence_penalty",
                "response_format",
                "seed",
                "stop",
                "stream",
                "stream_options",
                "temperature",
                "tools",
                "top_p",
                "user",
            ]),
            if_reasoning: &["reasoning_effort"],
            tool_choice_by_model: true,
            renames: MAX_TOKENS_ONLY,
            tool_keys_dropped: &["strict"],
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "groq",
        base_url: "https://api.groq.com/openai/v1",
        api_key_env: &["GROQ_API_KEY"],
        api_base_env: &["GROQ_API_BASE"],
        quirks: Quirks { if_reasoning: &["reasoning_effort"], renames: MAX_TOKENS_ONLY, ..COMPATIBLE },
        ..DEFAULT
    },
    Provider {
        slug: "hosted_vllm",
        api_key_env: &["HOSTED_VLLM_API_KEY"],
        api_base_env: &["HOSTED_VLLM_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::CommonAnd(&["reasoning_effort"]),
            tool_keys_dropped: &["additionalProperties", "strict"],
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "mistral",
        base_url: "https://api.mistral.ai/v1",
        api_key_env: &["MISTRAL_API_KEY"],
        api_base_env: &["MISTRAL_API_BASE", "MISTRAL_AZURE_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::Only(&[
                "max_completion_tokens",
                "max_tokens",
                "parallel_tool_calls",
                "response_format",
                "seed",
                "stop",
                "stream",
                "temperature",
                "tool_choice",
                "tools",
                "top_p",
            ]),
            if_reasoning: &["reasoning_effort"],
            tool_choice_required: "any",
            renames: &[("max_completion_tokens", "max_tokens"), ("seed", "random_seed")],
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "nvidia_nim",
        base_url: "https://integrate.api.nvidia.com/v1",
        api_key_env: &["NVIDIA_NIM_API_KEY"],
        api_base_env: &["NVIDIA_NIM_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::Only(&[
                "frequency_penalty",
                "max_completion_tokens",
                "max_tokens",
                "parallel_tool_calls",
                "presence_penalty",
                "response_format",
                "seed",
                "stop",
                "stream",
                "temperature",
                "tool_choice",
                "tools",
                "top_p",
            ]),
            renames: MAX_TOKENS_ONLY,
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "openai",
        base_url: "https://api.openai.com/v1",
        api_key_env: &["OPENAI_API_KEY"],
        api_base_env: &["OPENAI_BASE_URL", "OPENAI_API_BASE"],
        quirks: Quirks { responses: Some(RESPONSES), ..NONE },
        ..DEFAULT
    },
    Provider {
        slug: "openrouter",
        base_url: "https://openrouter.ai/api/v1",
        api_key_env: &["OPENROUTER_API_KEY", "OR_API_KEY"],
        api_base_env: &["OPENROUTER_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::CommonAnd(&["reasoning_effort", "thinking"]),
            asks_for_cost: true,
            cache_marks: CacheMarks::OnParts,
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "perplexity",
        base_url: "https://api.perplexity.ai",
        api_key_env: &["PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"],
        api_base_env: &["PERPLEXITY_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::Only(&[
                "frequency_penalty",
                "max_completion_tokens",
                "max_tokens",
                "presence_penalty",
                "response_format",
                "stream",
                "temperature",
                "top_p",
                "web_search_options",
            ]),
            if_reasoning: &["reasoning_effort"],
            renames: MAX_TOKENS_ONLY,
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "sambanova",
        base_url: "https://api.sambanova.ai/v1",
        api_key_env: &["SAMBANOVA_API_KEY"],
        api_base_env: &["SAMBANOVA_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::Only(&[
                "max_completion_tokens",
                "max_tokens",
                "parallel_tool_calls",
                "response_format",
                "stop",
                "stream",
                "stream_options",
                "temperature",
                "tool_choice",
                "tools",
                "top_p",
            ]),
            renames: MAX_TOKENS_ONLY,
            ..COMPATIBLE
        },
        ..DEFAULT
    },
    Provider {
        slug: "together_ai",
        base_url: "https://api.together.ai/v1",
        api_key_env: &["TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"],
        api_base_env: &["TOGETHER_AI_API_BASE"],
        ..DEFAULT
    },
    Provider {
        slug: "xai",
        base_url: "https://api.x.ai/v1",
        api_key_env: &["XAI_API_KEY"],
        api_base_env: &["XAI_API_BASE"],
        quirks: Quirks {
            chat_params: ChatParams::Only(&[
                "frequency_penalty",
                "logit_bias",
                "logprobs",
                "max_completion_tokens",
                "max_tokens",
                "n",
                "parallel_tool_calls",
                "presence_penalty",
                "response_format",
                "seed",
                "stop",
                "stream",
                "stream_options",
                "temperature",
                "tool_choice",
                "tools",
                "top_logprobs",
                "top_p",
                "user",
                "web_search_options",
            ]),
            if_reasoning: &["reasoning_effort"],
            unless_reasoning: &["frequency_penalty", "stop"],
            renames: MAX_TOKENS_ONLY,
            tool_keys_dropped: &["strict"],
            names_users_only: true,
            responses: Some(ResponsesApi {
                searches: true,
                search_keys_dropped: &["search_context_size", "user_location"],
            }),
            ..COMPATIBLE
        },
        ..DEFAULT
    },
];
