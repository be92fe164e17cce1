//! Providers whose slugs begin with m to z, sorted.

use super::{DEFAULT, MAX_TOKENS, MISTRAL, OPENAI, ROUTER, VERSIONED, host};
use crate::cohere::rerank::CohereRerank;
use crate::dialect::Auth;
use crate::gemini::images::GeminiImages;
use crate::nvidia::NvidiaRerank;
use crate::ollama::embeddings::OllamaEmbeddings;
use crate::ollama::{OllamaChat, OllamaGenerate};
use crate::openai::audio::OpenAiTranscriptions;
use crate::openai::embeddings::OpenAiEmbeddings;
use crate::operation::Operations;
use crate::provider::quirks::{COMPATIBLE, NONE, RESPONSES};
use crate::provider::{
    Address, CacheMarks, ChatParams, Names, Provider, Quirks, ReasoningField, ResponsesApi, TextCompletions, TextParts,
};
use crate::vertex::embeddings::VertexEmbeddings;
use crate::vertex::rank::VertexRank;
use crate::vertex::{self, VertexChat};

const OLLAMA_BASE: &str = "http://localhost:11434";
const OLLAMA: Quirks = Quirks {
    chat_params: ChatParams::Only(&[
        "frequency_penalty",
        "function_call",
        "functions",
        "max_completion_tokens",
        "max_tokens",
        "reasoning_effort",
        "response_format",
        "seed",
        "stop",
        "stream",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
    ]),
    renames: &[("max_completion_tokens", "num_predict"), ("max_tokens", "num_predict")],
    ..COMPATIBLE
};

/// Of NVIDIA's models these take less than the others ("NVIDIA NIM API reference", each model's page).
const NVIDIA_MODELS: &[(&str, &[&str])] = &[
    ("gemma-2-9b-it", GEMMA),
    ("google/codegemma-1.1-7b", CODEGEMMA),
    ("google/gemma-2-27b-it", GEMMA),
    ("google/gemma-2-9b-it", GEMMA),
    ("google/recurrentgemma-2b", GEMMA),
    ("nvidia/nemotron-4-340b-instruct", &["max_completion_tokens", "max_tokens", "stream", "temperature", "top_p"]),
    ("nvidia/nemotron-4-340b-reward", &["stream"]),
];
const GEMMA: &[&str] = &["max_tokens", "seed", "stop", "stream", "temperature", "top_p"];
const CODEGEMMA: &[&str] = &[
    "frequency_penalty",
    "max_completion_tokens",
    "max_tokens",
    "presence_penalty",
    "stop",
    "stream",
    "temperature",
    "top_p",
];

pub(super) static ROWS: &[Provider] = &[
    host("maritalk", "https://chat.maritaca.ai/api", &["MARITALK_API_KEY"], &["MARITALK_API_BASE"]).with(Quirks {
        chat_params: ChatParams::Only(&[
            "frequency_penalty",
            "max_completion_tokens",
            "max_tokens",
            "n",
            "presence_penalty",
            "stop",
            "stream",
            "stream_options",
            "temperature",
            "tool_choice",
            "tools",
            "top_p",
        ]),
        ..MAX_TOKENS
    }),
    host("meta_llama", "https://api.llama.com/compat/v1", &["LLAMA_API_KEY"], &["LLAMA_API_BASE"]),
    host("minimax", "https://api.minimax.io/v1", &["MINIMAX_API_KEY"], &["MINIMAX_API_BASE"])
        .with(Quirks { chat_params: ChatParams::CommonAnd(&["reasoning_split", "thinking"]), ..COMPATIBLE }),
    host("mistral", "https://api.mistral.ai/v1", &["MISTRAL_API_KEY"], &["MISTRAL_API_BASE", "MISTRAL_AZURE_API_BASE"])
        .with(MISTRAL)
        .embedding(&OpenAiEmbeddings::MISTRAL),
    host("moonshot", "https://api.moonshot.ai/v1", &["MOONSHOT_API_KEY"], &["MOONSHOT_API_BASE"]).with(Quirks {
        chat_params: ChatParams::CommonExcept(&["functions"]),
        unless_reasoning: &["temperature"],
        text: TextParts::Joined,
        ..MAX_TOKENS
    }),
    host("morph", "https://api.morphllm.com/v1", &["MORPH_API_KEY"], &["MORPH_API_BASE"]),
    host("nano-gpt", "https://nano-gpt.com/api/v1", &["NANOGPT_API_KEY"], &["NANOGPT_API_BASE"]).with(MAX_TOKENS),
    host("nebius", "https://api.studio.nebius.ai/v1", &["NEBIUS_API_KEY"], &["NEBIUS_API_BASE"]),
    host("novita", "https://api.novita.ai/v3/openai", &["NOVITA_API_KEY"], &["NOVITA_API_BASE"]),
    host("nscale", "https://inference.api.nscale.com/v1", &["NSCALE_API_KEY"], &["NSCALE_API_BASE"]).with(Quirks {
        chat_params: ChatParams::Only(&[
            "frequency_penalty",
            "logprobs",
            "max_completion_tokens",
            "max_tokens",
            "n",
            "presence_penalty",
            "response_format",
            "stop",
            "stream",
            "stream_options",
            "temperature",
            "top_logprobs",
            "top_p",
        ]),
        ..COMPATIBLE
    }),
    host("nvidia_nim", "https://integrate.api.nvidia.com/v1", &["NVIDIA_NIM_API_KEY"], &["NVIDIA_NIM_API_BASE"])
        .with(Quirks {
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
            model_params: NVIDIA_MODELS,
            ..MAX_TOKENS
        })
        .ranking(&NvidiaRerank),
    host("ollama", OLLAMA_BASE, &["OLLAMA_API_KEY"], &["OLLAMA_API_BASE"])
        .over(&OllamaGenerate)
        .with(OLLAMA)
        .embedding(&OllamaEmbeddings),
    host("ollama_chat", OLLAMA_BASE, &["OLLAMA_API_KEY"], &["OLLAMA_API_BASE"])
        .over(&OllamaChat)
        .with(OLLAMA)
        .embedding(&OllamaEmbeddings),
    host("oobabooga", "", &["OOBABOOGA_API_KEY"], &["OOBABOOGA_API_BASE"]).with(VERSIONED),
    host("openai", "https://api.openai.com/v1", &["OPENAI_API_KEY"], &["OPENAI_BASE_URL", "OPENAI_API_BASE"])
        .with(Quirks {
            responses: Some(ResponsesApi { messages: true, ..RESPONSES }),
            text_completions: TextCompletions::TextModels,
            ..NONE
        })
        .doing(Operations { transcriptions: Some(&OpenAiTranscriptions::OPENAI), rerank: None, ..OPENAI }),
    host("openai_like", "", &["OPENAI_LIKE_API_KEY"], &["OPENAI_LIKE_API_BASE"]).with(ROUTER),
    host("openrouter", "https://openrouter.ai/api/v1", &["OPENROUTER_API_KEY", "OR_API_KEY"], &["OPENROUTER_API_BASE"])
        .with(Quirks {
            chat_params: ChatParams::CommonAnd(&["reasoning_effort", "thinking"]),
            states_cost: true,
            reasoning: ReasoningField::BothInStreams,
            takes_thinking_back: true,
            asks_for_cost: true,
            cache_marks: CacheMarks::OnParts,
            ..COMPATIBLE
        }),
    host("ovhcloud", "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", &["OVHCLOUD_API_KEY"], &["OVHCLOUD_API_BASE"]),
    host(
        "perplexity",
        "https://api.perplexity.ai",
        &["PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"],
        &["PERPLEXITY_API_BASE"],
    )
    .with(Quirks {
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
        states_cost: true,
        ..MAX_TOKENS
    }),
    host("poe", "https://api.poe.com/v1", &["POE_API_KEY"], &["POE_API_BASE"]).with(MAX_TOKENS),
    host("publicai", "https://api.publicai.co/v1", &["PUBLICAI_API_KEY"], &["PUBLICAI_API_BASE"])
        .with(Quirks { text: TextParts::Joined, ..MAX_TOKENS }),
    host("sambanova", "https://api.sambanova.ai/v1", &["SAMBANOVA_API_KEY"], &["SAMBANOVA_API_BASE"]).with(Quirks {
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
        text: TextParts::Joined,
        ..MAX_TOKENS
    }),
    host("sarvam", "https://api.sarvam.ai/v1", &["SARVAM_API_KEY"], &["SARVAM_API_BASE"]).with(MAX_TOKENS),
    host("scaleway", "https://api.scaleway.ai/v1", &["SCW_SECRET_KEY"], &["SCALEWAY_API_BASE"]),
    host("snowflake", "", &["SNOWFLAKE_JWT", "SNOWFLAKE_API_KEY"], &["SNOWFLAKE_API_BASE"]).with(Quirks {
        address: Address::Under("/cortex/v1"),
        chat_params: ChatParams::Only(&[
            "max_completion_tokens",
            "max_tokens",
            "response_format",
            "stream",
            "temperature",
            "tool_choice",
            "tools",
            "top_p",
        ]),
        renames: &[("max_tokens", "max_completion_tokens")],
        ..COMPATIBLE
    }),
    host("synthetic", "https://api.synthetic.new/openai/v1", &["SYNTHETIC_API_KEY"], &["SYNTHETIC_API_BASE"])
        .with(MAX_TOKENS),
    host(
        "tensormesh",
        "https://serverless.tensormesh.ai/v1",
        &["TENSORMESH_INFERENCE_API_KEY", "TENSORMESH_API_KEY"],
        &["TENSORMESH_API_BASE"],
    ),
    host(
        "text-completion-openai",
        "https://api.openai.com/v1",
        &["OPENAI_API_KEY"],
        &["OPENAI_BASE_URL", "OPENAI_API_BASE"],
    )
    .with(NONE)
    .doing(Operations::NONE)
    .completing()
    .silent(),
    host(
        "together_ai",
        "https://api.together.ai/v1",
        &["TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"],
        &["TOGETHER_AI_API_BASE"],
    )
    .ranking(&CohereRerank::TOGETHER)
    .completing(),
    host("v0", "https://api.v0.dev/v1", &["V0_API_KEY"], &["V0_API_BASE"])
        .with(Quirks { chat_params: ChatParams::Only(&["stream", "tool_choice", "tools"]), ..COMPATIBLE }),
    host("veniceai", "https://api.venice.ai/api/v1", &["VENICE_AI_API_KEY"], &["VENICE_AI_API_BASE"]),
    host(
        "vercel_ai_gateway",
        "https://ai-gateway.vercel.sh/v1",
        &["VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"],
        &["VERCEL_AI_GATEWAY_API_BASE"],
    )
    .with(ROUTER),
    Provider {
        slug: "vertex_ai",
        auth: Auth::Google,
        api_base_env: &["VERTEXAI_API_BASE", "VERTEX_API_BASE"],
        chat: Some(&VertexChat),
        messages: Some(vertex::claude_host),
        count: Some(vertex::count),
        operations: Operations {
            embeddings: Some(&VertexEmbeddings),
            rerank: Some(&VertexRank),
            images: Some(&GeminiImages::VERTEX_AI),
            image_edits: Some(&GeminiImages::VERTEX_AI),
            ..Operations::NONE
        },
        quirks: Quirks { idle_tool_choice: true, ..NONE },
        ..DEFAULT
    },
    host(
        "volcengine",
        "https://ark.cn-beijing.volces.com/api/v3",
        &["ARK_API_KEY", "VOLCENGINE_API_KEY"],
        &["VOLCENGINE_API_BASE"],
    )
    .with(Quirks {
        chat_params: ChatParams::Only(&[
            "frequency_penalty",
            "function_call",
            "functions",
            "logit_bias",
            "logprobs",
            "max_completion_tokens",
            "max_tokens",
            "n",
            "presence_penalty",
            "seed",
            "stop",
            "stream",
            "stream_options",
            "temperature",
            "thinking",
            "tool_choice",
            "tools",
            "top_logprobs",
            "top_p",
        ]),
        ..MAX_TOKENS
    }),
    host(
        "voyage",
        "https://api.voyageai.com/v1",
        &["VOYAGE_API_KEY", "VOYAGE_AI_API_KEY", "VOYAGE_AI_TOKEN"],
        &["VOYAGE_API_BASE"],
    )
    .doing(Operations {
        embeddings: Some(&OpenAiEmbeddings::VOYAGE),
        rerank: Some(&CohereRerank::VOYAGE),
        ..Operations::NONE
    })
    .silent(),
    host("wandb", "https://api.inference.wandb.ai/v1", &["WANDB_API_KEY"], &["WANDB_API_BASE"]),
    host("xai", "https://api.x.ai/v1", &["XAI_API_KEY"], &["XAI_API_BASE"]).with(Quirks {
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
        tool_keys_dropped: &["strict"],
        names: Names::Users,
        responses: Some(ResponsesApi {
            messages: false,
            searches: true,
            search_keys_dropped: &["search_context_size", "user_location"],
        }),
        states_cost: true,
        ..MAX_TOKENS
    }),
    host("xiaomi_mimo", "https://api.xiaomimimo.com/v1", &["XIAOMI_MIMO_API_KEY"], &["XIAOMI_MIMO_API_BASE"])
        .with(MAX_TOKENS),
    host("xinference", "", &["XINFERENCE_API_KEY"], &["XINFERENCE_API_BASE"]),
    host("zai", "https://api.z.ai/api/paas/v4", &["ZAI_API_KEY"], &["ZAI_API_BASE"]).with(Quirks {
        chat_params: ChatParams::Only(&[
            "max_completion_tokens",
            "max_tokens",
            "stop",
            "stream",
            "stream_options",
            "temperature",
            "tool_choice",
            "tools",
            "top_p",
        ]),
        if_reasoning: &["thinking"],
        cache_marks: CacheMarks::Keep,
        text: TextParts::JoinedInAnswers,
        ..MAX_TOKENS
    }),
];
