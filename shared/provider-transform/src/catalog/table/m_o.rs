//! Providers whose slugs begin with m to o, sorted.

use super::{MAX_TOKENS, MISTRAL, OPENAI, ROUTER, VERSIONED, host};
use crate::nvidia::NvidiaRerank;
use crate::ollama::embeddings::OllamaEmbeddings;
use crate::ollama::{OllamaChat, OllamaGenerate};
use crate::openai::audio::OpenAiTranscriptions;
use crate::openai::embeddings::OpenAiEmbeddings;
use crate::operation::Operations;
use crate::provider::{
    COMPATIBLE, CacheMarks, ChatParams, NONE, Provider, Quirks, RESPONSES, ReasoningField, ResponsesApi,
    TextCompletions, TextParts,
};

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
];
