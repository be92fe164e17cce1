//! Which values of `anthropic-beta` a host takes; any other is left out, since hosts refuse what they do not know.
//!
//! Source: LiteLLM's table of beta headers.

use crate::provider::claude::Betas;

/// Anthropic's own API.
pub(crate) static ANTHROPIC: Betas = Betas {
    taken: &[
        "advanced-tool-use-2025-11-20",
        "advisor-tool-2026-03-01",
        "code-execution-2025-05-22",
        "code-execution-2025-08-25",
        "compact-2026-01-12",
        "compact-2026-09-04",
        "computer-use-2024-10-22",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "dangerous-tool-use-2026-09-03",
        "effort-2025-11-24",
        "fast-mode-2026-02-01",
        "files-api-2025-04-14",
        "fine-grained-tool-streaming-2025-05-14",
        "inline-tools-2026-09-15",
        "interleaved-thinking-2025-05-14",
        "mcp-client-2025-04-04",
        "mcp-client-2025-11-20",
        "mid-conversation-output-config-2026-07-01",
        "mid-conversation-tool-changes-2026-07-01",
        "oauth-2025-04-20",
        "output-128k-2025-02-19",
        "per-turn-control-2026-07-01",
        "prompt-caching-scope-2026-01-05",
        "skills-2025-10-02",
        "structured-outputs-2025-11-13",
        "thinking-binding-controls-2026-08-01",
        "thinking-display-updates-2026-08-18",
        "token-efficient-tools-2025-02-19",
        "web-fetch-2025-09-10",
        "web-search-2025-03-05",
    ],
    renamed: &[],
};

/// Azure AI Foundry.
pub(crate) static AZURE_AI: Betas = Betas {
    taken: &[
        "advanced-tool-use-2025-11-20",
        "code-execution-2025-08-25",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "dangerous-tool-use-2026-09-03",
        "effort-2025-11-24",
        "files-api-2025-04-14",
        "interleaved-thinking-2025-05-14",
        "mcp-client-2025-04-04",
        "mcp-client-2025-11-20",
        "per-turn-control-2026-07-01",
        "prompt-caching-scope-2026-01-05",
        "skills-2025-10-02",
        "structured-outputs-2025-11-13",
        "thinking-display-updates-2026-08-18",
        "web-fetch-2025-09-10",
        "web-search-2025-03-05",
    ],
    renamed: &[],
};

/// Amazon Bedrock, InvokeModel.
pub(crate) static BEDROCK: Betas = Betas {
    taken: &[
        "compact-2026-01-12",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "dangerous-tool-use-2026-09-03",
        "effort-2025-11-24",
        "fine-grained-tool-streaming-2025-05-14",
        "mid-conversation-output-config-2026-07-01",
        "mid-conversation-tool-changes-2026-07-01",
        "thinking-binding-controls-2026-08-01",
        "thinking-display-updates-2026-08-18",
        "tool-search-tool-2025-10-19",
    ],
    renamed: &[("advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19")],
};

/// Amazon Bedrock, Converse.
pub(crate) static CONVERSE: Betas = Betas {
    taken: &[
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "effort-2025-11-24",
        "fine-grained-tool-streaming-2025-05-14",
        "structured-outputs-2025-11-13",
        "thinking-binding-controls-2026-08-01",
        "thinking-display-updates-2026-08-18",
    ],
    renamed: &[],
};

/// Vertex AI.
pub(crate) static VERTEX: Betas = Betas {
    taken: &[
        "compact-2026-01-12",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "dangerous-tool-use-2026-09-03",
        "inline-tools-2026-09-15",
        "interleaved-thinking-2025-05-14",
        "per-turn-control-2026-07-01",
        "thinking-binding-controls-2026-08-01",
        "thinking-display-updates-2026-08-18",
        "tool-search-tool-2025-10-19",
        "web-search-2025-03-05",
    ],
    renamed: &[("advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19")],
};
