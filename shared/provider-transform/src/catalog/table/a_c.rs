//! Providers whose slugs begin with a to c, sorted.

use super::{DEFAULT, MAX_TOKENS, MISTRAL, OPENAI, ROUTER, host};
use crate::anthropic::{AnthropicChat, host as claude};
use crate::azure_ai::{self, AzureAiChat};
use crate::bedrock::chat::BedrockChat;
use crate::bedrock::embeddings::BedrockEmbeddings;
use crate::bedrock::images::BedrockImages;
use crate::bedrock::rerank::BedrockRerank;
use crate::bedrock_converse::ConverseChat;
use crate::bedrock_invoke;
use crate::cohere::CohereChat;
use crate::cohere::embeddings::CohereEmbeddings;
use crate::cohere::rerank::CohereRerank;
use crate::dialect::Auth;
use crate::operation::Operations;
use crate::provider::{
    Address, COMPATIBLE, CacheMarks, ChatParams, NONE, Provider, Quirks, RESPONSES, Schemas, TextCompletions, TextParts,
};

/// Parameters of AI21's "Jamba chat completions".
const AI21: Quirks = Quirks {
    chat_params: ChatParams::Only(&[
        "max_completion_tokens",
        "max_tokens",
        "n",
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
    ..MAX_TOKENS
};

const COHERE_BASE: &str = "https://api.cohere.com";
const COHERE: Quirks = Quirks {
    chat_params: ChatParams::Only(&[
        "frequency_penalty",
        "max_completion_tokens",
        "max_tokens",
        "n",
        "presence_penalty",
        "seed",
        "stop",
        "stream",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
    ]),
    renames: &[
        ("max_completion_tokens", "max_tokens"),
        ("n", "num_generations"),
        ("stop", "stop_sequences"),
        ("top_p", "p"),
    ],
    ..COMPATIBLE
};

const BEDROCK: Operations = Operations {
    embeddings: Some(&BedrockEmbeddings),
    rerank: Some(&BedrockRerank),
    images: Some(&BedrockImages),
    ..Operations::NONE
};
const COHERE_OPERATIONS: Operations =
    Operations { embeddings: Some(&CohereEmbeddings), rerank: Some(&CohereRerank::COHERE), ..Operations::NONE };

pub(super) static ROWS: &[Provider] = &[
    host("abliteration", "https://api.abliteration.ai/v1", &["ABLITERATION_API_KEY"], &["ABLITERATION_API_BASE"]),
    host("ai21", "https://api.ai21.com/studio/v1", &["AI21_API_KEY"], &["AI21_API_BASE"]).with(AI21),
    host("ai21_chat", "https://api.ai21.com/studio/v1", &["AI21_API_KEY"], &["AI21_API_BASE"]).with(AI21),
    host("aihubmix", "https://aihubmix.com/v1", &["AIHUBMIX_API_KEY"], &["AIHUBMIX_API_BASE"]).with(ROUTER),
    host("aiml", "https://api.aimlapi.com/v1", &["AIML_API_KEY"], &["AIML_API_BASE"]).with(ROUTER),
    host("aiohttp_openai", "", &["OPENAI_API_KEY"], &["OPENAI_BASE_URL", "OPENAI_API_BASE"]).with(NONE),
    host("amazon_nova", "https://api.nova.amazon.com/v1", &["AMAZON_NOVA_API_KEY"], &["AMAZON_NOVA_API_BASE"]).with(
        Quirks {
            chat_params: ChatParams::Only(&[
                "max_completion_tokens",
                "max_tokens",
                "reasoning_effort",
                "stop",
                "stream",
                "stream_options",
                "temperature",
                "tool_choice",
                "tools",
                "top_p",
            ]),
            ..COMPATIBLE
        },
    ),
    Provider {
        slug: "anthropic",
        base_url: "https://api.anthropic.com",
        auth: Auth::Header("x-api-key"),
        api_key_env: &["ANTHROPIC_API_KEY"],
        api_base_env: &["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"],
        chat: Some(&AnthropicChat(&claude::ANTHROPIC)),
        messages: Some(|_| Some(&claude::ANTHROPIC)),
        google: None,
        count: None,
        operations: Operations::NONE,
        quirks: NONE,
    },
    host("anyscale", "https://api.endpoints.anyscale.com/v1", &["ANYSCALE_API_KEY"], &["ANYSCALE_API_BASE"]),
    host("apertis", "https://api.stima.tech/v1", &["STIMA_API_KEY"], &["STIMA_API_BASE"]).with(MAX_TOKENS),
    host("assemblyai", "https://llm-gateway.assemblyai.com/v1", &["ASSEMBLYAI_API_KEY"], &["ASSEMBLYAI_API_BASE"]),
    Provider {
        slug: "azure",
        auth: Auth::Azure,
        api_key_env: &["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"],
        api_base_env: &["AZURE_API_BASE"],
        quirks: Quirks {
            address: Address::AzureDeployment,
            developer_as_system: true,
            cache_marks: CacheMarks::Keep,
            schemas: Schemas::AzureByVersion,
            responses: Some(RESPONSES),
            text_completions: TextCompletions::TextModels,
            ..NONE
        },
        ..DEFAULT
    },
    Provider {
        slug: "azure_ai",
        api_key_env: &["AZURE_AI_API_KEY"],
        api_base_env: &["AZURE_AI_API_BASE"],
        chat: Some(&AzureAiChat),
        messages: Some(azure_ai::claude_host),
        operations: Operations { rerank: Some(&CohereRerank::AZURE), ..OPENAI },
        quirks: Quirks { address: Address::AzureAi, text: TextParts::Joined, ..ROUTER },
        ..DEFAULT
    },
    host("baseten", "https://inference.baseten.co/v1", &["BASETEN_API_KEY"], &["BASETEN_API_BASE"]).with(Quirks {
        chat_params: ChatParams::Only(&[
            "frequency_penalty",
            "max_completion_tokens",
            "max_tokens",
            "presence_penalty",
            "response_format",
            "seed",
            "stop",
            "stream",
            "stream_options",
            "temperature",
            "tool_choice",
            "tools",
            "top_p",
            "user",
        ]),
        ..MAX_TOKENS
    }),
    Provider {
        slug: "bedrock",
        auth: Auth::Aws { service: "bedrock", region: String::new() },
        api_key_env: &["AWS_BEARER_TOKEN_BEDROCK"],
        api_base_env: &["AWS_BEDROCK_RUNTIME_ENDPOINT"],
        chat: Some(&BedrockChat),
        messages: Some(bedrock_invoke::claude_host),
        operations: BEDROCK,
        quirks: NONE,
        ..DEFAULT
    },
    Provider {
        slug: "bedrock_converse",
        auth: Auth::Aws { service: "bedrock", region: String::new() },
        api_key_env: &["AWS_BEARER_TOKEN_BEDROCK"],
        api_base_env: &["AWS_BEDROCK_RUNTIME_ENDPOINT"],
        chat: Some(&ConverseChat),
        operations: Operations::NONE,
        quirks: NONE,
        ..DEFAULT
    },
    host("cerebras", "https://api.cerebras.ai/v1", &["CEREBRAS_API_KEY"], &["CEREBRAS_API_BASE"]).with(Quirks {
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
        ..MAX_TOKENS
    }),
    host(
        "charity_engine",
        "https://api.charityengine.services/remotejobs/v2/inference",
        &["CHARITY_ENGINE_API_KEY"],
        &["CHARITY_ENGINE_API_BASE"],
    )
    .with(MAX_TOKENS),
    host("chutes", "https://llm.chutes.ai/v1", &["CHUTES_API_KEY"], &["CHUTES_API_BASE"]).with(MAX_TOKENS),
    host(
        "clarifai",
        "https://api.clarifai.com/v2/ext/openai/v1",
        &["CLARIFAI_API_KEY", "CLARIFAI_PAT"],
        &["CLARIFAI_API_BASE"],
    ),
    host("codestral", "https://codestral.mistral.ai/v1", &["CODESTRAL_API_KEY"], &["CODESTRAL_API_BASE"]).with(MISTRAL),
    host("cohere", COHERE_BASE, &["COHERE_API_KEY", "CO_API_KEY"], &["COHERE_API_BASE"])
        .over(&CohereChat)
        .with(COHERE)
        .doing(COHERE_OPERATIONS),
    host("cohere_chat", COHERE_BASE, &["COHERE_API_KEY", "CO_API_KEY"], &["COHERE_API_BASE"])
        .over(&CohereChat)
        .with(COHERE)
        .doing(COHERE_OPERATIONS),
    host("cometapi", "https://api.cometapi.com/v1", &["COMETAPI_KEY", "COMETAPI_API_KEY"], &["COMETAPI_API_BASE"])
        .with(ROUTER),
    host("compactifai", "https://api.compactif.ai/v1", &["COMPACTIFAI_API_KEY"], &["COMPACTIFAI_API_BASE"]),
    host("coralbricks", "https://inference.coralbricks.ai/v1", &["CORALBRICKS_API_KEY"], &["CORALBRICKS_API_BASE"]),
    host("crusoe", "https://managed-inference-api-proxy.crusoecloud.com/v1", &["CRUSOE_API_KEY"], &["CRUSOE_API_BASE"])
        .with(MAX_TOKENS),
    host("custom_openai", "", &["OPENAI_API_KEY"], &[]).with(ROUTER),
];
