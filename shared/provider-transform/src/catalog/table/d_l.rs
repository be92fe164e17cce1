//! Providers whose slugs begin with d to l, sorted.

use super::{DEFAULT, MAX_TOKENS, ROUTER, VERSIONED, host};
use crate::cohere::rerank::CohereRerank;
use crate::dialect::Auth;
use crate::gemini::embeddings::GeminiEmbeddings;
use crate::gemini::images::GeminiImages;
use crate::gemini::{self, GeminiChat};
use crate::openai::embeddings::OpenAiEmbeddings;
use crate::operation::Operations;
use crate::provider::{
    Address, COMPATIBLE, CacheMarks, ChatParams, GoogleService, NONE, Names, Provider, Quirks, ReasoningField, Schemas,
    TextParts,
};

pub(super) static ROWS: &[Provider] = &[
    host(
        "dashscope",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        &["DASHSCOPE_API_KEY"],
        &["DASHSCOPE_API_BASE"],
    ),
    host("databricks", "", &["DATABRICKS_API_KEY"], &["DATABRICKS_API_BASE"])
        .with(Quirks {
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
            cache_marks: CacheMarks::Keep,
            schemas: Schemas::NativeUnlessClaude,
            thinks_as_anthropic: true,
            one_call_a_turn: true,
            names: Names::Users,
            strips_reasoning: true,
            ..MAX_TOKENS
        })
        .embedding(&OpenAiEmbeddings::DATABRICKS),
    host(
        "datarobot",
        "https://app.datarobot.com/api/v2/genai/llmgw",
        &["DATAROBOT_API_TOKEN"],
        &["DATAROBOT_ENDPOINT"],
    )
    .with(Quirks { address: Address::Under("/api/v2/genai/llmgw"), ..COMPATIBLE }),
    host("deepinfra", "https://api.deepinfra.com/v1/openai", &["DEEPINFRA_API_KEY"], &["DEEPINFRA_API_BASE"]).with(
        Quirks {
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
            text: TextParts::JoinedInResults,
            least_temperature: Some(("mistralai/Mistral-7B-Instruct-v0.1", 0.0001)),
            ..MAX_TOKENS
        },
    ),
    host("deepseek", "https://api.deepseek.com/beta", &["DEEPSEEK_API_KEY"], &["DEEPSEEK_API_BASE"]).with(Quirks {
        chat_params: ChatParams::CommonAnd(&["reasoning_effort", "thinking"]),
        effort_as_thinking: true,
        text: TextParts::Joined,
        takes_thinking_back: true,
        ..COMPATIBLE
    }),
    host(
        "docker_model_runner",
        "http://localhost:22088/engines/llama.cpp/v1",
        &["DOCKER_MODEL_RUNNER_API_KEY"],
        &["DOCKER_MODEL_RUNNER_API_BASE"],
    )
    .with(VERSIONED),
    host("empower", "https://app.empower.dev/api/v1", &["EMPOWER_API_KEY"], &["EMPOWER_API_BASE"]),
    host(
        "featherless_ai",
        "https://api.featherless.ai/v1",
        &["FEATHERLESS_API_KEY", "FEATHERLESS_AI_API_KEY"],
        &["FEATHERLESS_API_BASE"],
    )
    .with(Quirks {
        chat_params: ChatParams::Only(&[
            "frequency_penalty",
            "max_completion_tokens",
            "max_tokens",
            "presence_penalty",
            "stop",
            "stream",
            "stream_options",
            "temperature",
            "tool_choice",
            "tools",
            "top_p",
        ]),
        tool_choice_words: &["auto", "none"],
        ..MAX_TOKENS
    }),
    host(
        "fireworks_ai",
        "https://api.fireworks.ai/inference/v1",
        &["FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"],
        &["FIREWORKS_API_BASE"],
    )
    .with(Quirks {
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
        tool_keys_dropped: &["strict"],
        ..MAX_TOKENS
    }),
    host(
        "friendliai",
        "https://api.friendli.ai/serverless/v1",
        &["FRIENDLIAI_API_KEY", "FRIENDLI_TOKEN"],
        &["FRIENDLI_API_BASE"],
    ),
    host("galadriel", "https://api.galadriel.com/v1", &["GALADRIEL_API_KEY"], &["GALADRIEL_API_BASE"]),
    Provider {
        slug: "gemini",
        base_url: "https://generativelanguage.googleapis.com",
        auth: Auth::Header("x-goog-api-key"),
        api_key_env: &["GOOGLE_API_KEY", "GEMINI_API_KEY"],
        api_base_env: &["GEMINI_API_BASE"],
        chat: Some(&GeminiChat::AI_STUDIO),
        google: Some(|_| Some(GoogleService::AiStudio)),
        count: Some(gemini::count::at_ai_studio),
        operations: Operations {
            embeddings: Some(&GeminiEmbeddings),
            images: Some(&GeminiImages::AI_STUDIO),
            image_edits: Some(&GeminiImages::AI_STUDIO),
            ..Operations::NONE
        },
        quirks: Quirks { idle_tool_choice: true, ..NONE },
        ..DEFAULT
    },
    host("github", "https://models.inference.ai.azure.com", &["GITHUB_API_KEY"], &["GITHUB_API_BASE"]).with(ROUTER),
    host("gmi", "https://api.gmi-serving.com/v1", &["GMI_API_KEY"], &["GMI_API_BASE"]),
    host("gradient_ai", "https://inference.do-ai.run/v1", &["GRADIENT_AI_API_KEY"], &["GRADIENT_AI_AGENT_ENDPOINT"])
        .with(Quirks {
            address: Address::Under("/api/v1"),
            chat_params: ChatParams::Only(&[
                "frequency_penalty",
                "max_completion_tokens",
                "max_tokens",
                "presence_penalty",
                "stop",
                "stream",
                "stream_options",
                "temperature",
                "top_p",
            ]),
            ..COMPATIBLE
        }),
    host("groq", "https://api.groq.com/openai/v1", &["GROQ_API_KEY"], &["GROQ_API_BASE"]).with(Quirks {
        if_reasoning: &["reasoning_effort"],
        schemas: Schemas::NativeIfListed,
        reasoning: ReasoningField::KeptInWhole,
        ..MAX_TOKENS
    }),
    host("helicone", "https://ai-gateway.helicone.ai", &["HELICONE_API_KEY"], &["HELICONE_API_BASE"]).with(ROUTER),
    host("heroku", "", &["HEROKU_API_KEY"], &["HEROKU_API_BASE"]).with(Quirks {
        address: Address::Under("/v1"),
        chat_params: ChatParams::Only(&[
            "max_completion_tokens",
            "max_tokens",
            "stop",
            "stream",
            "temperature",
            "tool_choice",
            "tools",
            "top_p",
        ]),
        ..MAX_TOKENS
    }),
    host("hosted_vllm", "", &["HOSTED_VLLM_API_KEY"], &["HOSTED_VLLM_API_BASE"])
        .with(Quirks {
            chat_params: ChatParams::CommonAnd(&["reasoning_effort"]),
            tool_keys_dropped: &["additionalProperties", "strict"],
            ..COMPATIBLE
        })
        .completing(),
    host(
        "huggingface",
        "https://router.huggingface.co/v1",
        &["HF_TOKEN", "HUGGINGFACE_API_KEY"],
        &["HUGGINGFACE_API_BASE"],
    ),
    host("hyperbolic", "https://api.hyperbolic.xyz/v1", &["HYPERBOLIC_API_KEY"], &["HYPERBOLIC_API_BASE"]),
    host("inception", "https://api.inceptionlabs.ai/v1", &["INCEPTION_API_KEY"], &["INCEPTION_API_BASE"]),
    host("jina_ai", "https://api.jina.ai/v1", &["JINA_AI_API_KEY", "JINA_AI_TOKEN"], &["JINA_AI_API_BASE"])
        .doing(Operations {
            embeddings: Some(&OpenAiEmbeddings::JINA),
            rerank: Some(&CohereRerank::JINA),
            ..Operations::NONE
        })
        .silent(),
    host("lambda_ai", "https://api.lambda.ai/v1", &["LAMBDA_API_KEY"], &["LAMBDA_API_BASE"]),
    host("lemonade", "http://localhost:8000/api/v1", &["LEMONADE_API_KEY"], &["LEMONADE_API_BASE"]),
    host("libertai", "https://api.libertai.io/v1", &["LIBERTAI_API_KEY"], &["LIBERTAI_API_BASE"]),
    host("litellm_proxy", "", &["LITELLM_PROXY_API_KEY"], &["LITELLM_PROXY_API_BASE"]).with(Quirks {
        chat_params: ChatParams::CommonAnd(&["reasoning_effort", "thinking", "user"]),
        cache_marks: CacheMarks::Keep,
        takes_thinking_back: true,
        ..NONE
    }),
    host("llamafile", "http://127.0.0.1:8080/v1", &["LLAMAFILE_API_KEY"], &["LLAMAFILE_API_BASE"]),
    host("llamagate", "https://api.llamagate.dev/v1", &["LLAMAGATE_API_KEY"], &["LLAMAGATE_API_BASE"]).with(MAX_TOKENS),
    host("lm_studio", "", &["LM_STUDIO_API_KEY"], &["LM_STUDIO_API_BASE"]),
];
