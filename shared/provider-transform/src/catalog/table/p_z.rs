//! Providers whose slugs begin with p to z, sorted.

use super::{DEFAULT, MAX_TOKENS, ROUTER, host};
use crate::cohere::rerank::CohereRerank;
use crate::dialect::Auth;
use crate::gemini::images::GeminiImages;
use crate::openai::embeddings::OpenAiEmbeddings;
use crate::operation::Operations;
use crate::provider::{
    Address, COMPATIBLE, CacheMarks, ChatParams, NONE, Names, Provider, Quirks, ResponsesApi, TextParts,
};
use crate::vertex::embeddings::VertexEmbeddings;
use crate::vertex::rank::VertexRank;
use crate::vertex::{self, VertexChat};

pub(super) static ROWS: &[Provider] = &[
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
        google: Some(vertex::gemini_service),
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
